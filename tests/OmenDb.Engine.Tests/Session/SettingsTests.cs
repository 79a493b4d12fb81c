namespace OmenDb.Engine.Tests.Session;

public class SettingsTests
{
    [Fact]
    public void Set_show_reset_and_rollback()
    {
        using var db = new SessionFixture();
        Assert.Equal("15.0 (OmenDb 0.1.0)", db.Run("show server_version"));
        db.Run("set statement_timeout = '2s'");
        Assert.Equal("2s", db.Run("show statement_timeout"));
        db.Run("begin; set statement_timeout = 5; rollback");
        Assert.Equal("2s", db.Run("show statement_timeout"));
        db.Run("begin; set local statement_timeout = 5; commit");
        Assert.Equal("2s", db.Run("show statement_timeout"));
        db.Run("reset statement_timeout");
        Assert.Equal("0", db.Run("show statement_timeout"));
        Assert.Equal("42704", db.Fails("set nonsense = 1").SqlState);
        Assert.Equal("55P02", db.Fails("set server_version = 'x'").SqlState);
        var error = db.Fails("set client_min_messages = loud");
        Assert.Equal("invalid value for parameter \"client_min_messages\": \"loud\"", error.Message);
        db.Run("set my.own = 'v'");
        Assert.Equal("v", db.Run("show my.own"));
    }

    [Fact]
    public void Reported_parameters_change()
    {
        using var db = new SessionFixture();
        var told = new List<string>();
        db.Session.Settings.ParameterChanged += (name, value) => told.Add($"{name}={value}");
        db.Run("set application_name = 'x'; set time zone 'Europe/Berlin'; set datestyle = german; set search_path = a");
        Assert.Equal(["application_name=x", "TimeZone=Europe/Berlin", "DateStyle=German, DMY"], told);
        Assert.Contains(db.Session.Settings.ReportedParameters, p => p.Key == "server_encoding" && p.Value == "UTF8");
    }

    [Fact]
    public void Isolation_and_read_only()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int)");
        Assert.Equal("read committed", db.Run("show transaction_isolation"));
        db.Run("begin isolation level repeatable read read only");
        Assert.Equal("repeatable read\non", db.Run("show transaction_isolation; show transaction_read_only"));
        var error = db.Fails("insert into t values (1)");
        Assert.Equal(("25006", "cannot execute INSERT in a read-only transaction"), (error.SqlState, error.Message));
        db.Run("rollback");
        Assert.Equal("COMMIT", db.Run("commit"));
        Assert.Contains("WARNING: there is no transaction in progress", db.Notices);
    }

    [Fact]
    public void Cursors_and_prepared_statements()
    {
        using var db = new SessionFixture();
        db.Run("begin; declare c scroll cursor for select * from generate_series(1, 5)");
        Assert.Equal("1\n2", db.Run("fetch 2 from c"));
        Assert.Equal("3", db.Run("fetch c"));
        Assert.Equal("2\n1", db.Run("fetch backward 5 from c"));
        Assert.Equal("5", db.Run("fetch last from c"));
        Assert.Equal("MOVE 0", db.Run("move next from c"));
        db.Run("close c; commit");
        Assert.Equal("34000", db.Fails("fetch c").SqlState);
        db.Run("prepare p (int) as select $1 + 1");
        Assert.Equal("42", db.Run("execute p (41)"));
        Assert.Equal("42P05", db.Fails("prepare p as select 1").SqlState);
        db.Run("deallocate p");
        Assert.Equal("26000", db.Fails("execute p (1)").SqlState);
        Assert.Contains("Result", db.Run("explain select 1"), StringComparison.Ordinal);
    }
}
