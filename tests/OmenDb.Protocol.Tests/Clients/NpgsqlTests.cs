using System.Data;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace OmenDb.Protocol.Tests.Clients;

/// <summary>Npgsql, which speaks the extended protocol in binary throughout.</summary>
public class NpgsqlTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private NpgsqlConnection Open() => server.DataSource.OpenConnection();

    private static object? Scalar(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return command.ExecuteScalar();
    }

    private static int Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteNonQuery();
    }

    [Fact]
    public void A_connection_has_its_server_version_and_a_database_that_must_exist()
    {
        using var connection = Open();
        Assert.Equal(15, connection.PostgreSqlVersion.Major);
        Assert.Equal(1, Scalar(connection, "select 1"));
        using var other = new NpgsqlConnection(server.ConnectionString.Replace("Database=omendb", "Database=nowhere", StringComparison.Ordinal));
        var error = Assert.Throws<PostgresException>(other.Open);
        Assert.Equal("3D000", error.SqlState);
        Assert.Equal("database \"nowhere\" does not exist", error.MessageText);
    }

    public static TheoryData<string, object> Values() => new()
    {
        { "bool", true },
        { "int2", (short)-7 },
        { "int4", int.MinValue },
        { "int8", long.MaxValue },
        { "float4", 1.5f },
        { "float8", -0.1 },
        { "numeric", 12345678901234567890.123456789m },
        { "numeric(12,2)", -42.50m },
        { "text", "häßlich 😀" },
        { "varchar(10)", "abc" },
        { "bytea", new byte[] { 0, 1, 255 } },
        { "uuid", Guid.Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8") },
        { "date", new DateOnly(1999, 12, 31) },
        { "time", new TimeOnly(23, 59, 58, 123, 456) },
        { "timestamp", new DateTime(2024, 2, 29, 12, 30, 15, DateTimeKind.Unspecified).AddTicks(1234560) },
        { "timestamptz", new DateTime(1969, 7, 20, 20, 17, 40, DateTimeKind.Utc) },
        { "interval", new TimeSpan(1, 2, 3, 4, 500) },
        { "int4[]", new[] { 1, 2, 3 } },
        { "text[]", new[] { "a", "b c" } },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_go_and_come_back_in_binary(string type, object value)
    {
        using var connection = Open();
        Assert.Equal(value, Scalar(connection, $"select $1::{type}", value));
        Assert.Equal(DBNull.Value, Scalar(connection, $"select null::{type}"));
    }

    [Fact]
    public void Json_keeps_its_text()
    {
        using var connection = Open();
        using var command = new NpgsqlCommand("select $1::jsonb", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = """{"b": [1, null], "a": "x"}""", NpgsqlDbType = NpgsqlDbType.Jsonb });
        Assert.Equal("""{"a": "x", "b": [1, null]}""", command.ExecuteScalar());
    }

    [Fact]
    public void A_prepared_statement_runs_again_and_again()
    {
        using var connection = Open();
        Run(connection, "create table prepared_run (id int primary key, name text)");
        using var insert = new NpgsqlCommand("insert into prepared_run values ($1, $2)", connection);
        insert.Parameters.Add(new NpgsqlParameter<int>());
        insert.Parameters.Add(new NpgsqlParameter<string>());
        insert.Prepare();
        for (var i = 0; i < 100; i++)
        {
            ((NpgsqlParameter<int>)insert.Parameters[0]).TypedValue = i;
            ((NpgsqlParameter<string>)insert.Parameters[1]).TypedValue = "name " + i.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(1, insert.ExecuteNonQuery());
        }
        using var select = new NpgsqlCommand("select name from prepared_run where id = $1", connection);
        select.Parameters.Add(new NpgsqlParameter<int>());
        select.Prepare();
        for (var i = 0; i < 100; i++)
        {
            ((NpgsqlParameter<int>)select.Parameters[0]).TypedValue = i;
            Assert.Equal("name " + i.ToString(CultureInfo.InvariantCulture), select.ExecuteScalar());
        }
        select.Unprepare();
        insert.Unprepare();
    }

    [Fact]
    public void Columns_say_where_they_come_from()
    {
        using var connection = Open();
        Run(connection, "create table described (id int primary key, price numeric(12,2), name varchar(20))");
        using var command = new NpgsqlCommand("select id, price, name, id + 1 as next from described", connection);
        using var reader = command.ExecuteReader(CommandBehavior.SchemaOnly);
        var columns = reader.GetColumnSchema();
        Assert.Equal(["id", "price", "name", "next"], columns.Select(column => column.ColumnName));
        Assert.Equal(["integer", "numeric", "character varying", "integer"], columns.Select(column => column.DataTypeName));
        Assert.Equal((12, 2, 20), (columns[1].NumericPrecision, columns[1].NumericScale, columns[2].ColumnSize));
        Assert.NotEqual(0u, columns[0].TableOID);
        Assert.Equal([1, 2, 3], columns.Take(3).Select(column => (int)column.ColumnAttributeNumber!));
        Assert.Equal(0u, columns[3].TableOID);
    }

    [Theory]
    [InlineData("select nothing", "42703", 8)]
    [InlineData("select * from no_such_table", "42P01", 15)]
    [InlineData("selec 1", "42601", 1)]
    [InlineData("select 'x'::int", "22P02", 8)]
    public void Errors_have_their_state_and_place(string sql, string sqlState, int position)
    {
        using var connection = Open();
        var error = Assert.Throws<PostgresException>(() => Scalar(connection, sql));
        Assert.Equal(sqlState, error.SqlState);
        Assert.Equal(position, error.Position);
        Assert.Equal(1, Scalar(connection, "select 1"));
    }

    [Fact]
    public void A_unique_violation_names_its_constraint()
    {
        using var connection = Open();
        Run(connection, "create table uniq (id int primary key); insert into uniq values (1)");
        var error = Assert.Throws<PostgresException>(() => Run(connection, "insert into uniq values (1)"));
        Assert.Equal(("23505", "uniq_pkey", "uniq", "public"), (error.SqlState, error.ConstraintName, error.TableName, error.SchemaName));
        Assert.Equal("Key (id)=(1) already exists.", error.Detail);
    }

    [Fact]
    public void Transactions_commit_roll_back_and_fail()
    {
        using var connection = Open();
        Run(connection, "create table tx (id int)");
        using (var transaction = connection.BeginTransaction())
        {
            Run(connection, "insert into tx values (1)");
            transaction.Save("s");
            Run(connection, "insert into tx values (2)");
            transaction.Rollback("s");
            transaction.Commit();
        }
        using (var transaction = connection.BeginTransaction())
        {
            Run(connection, "insert into tx values (3)");
            Assert.Throws<PostgresException>(() => Run(connection, "select 1/0"));
            Assert.Equal("25P02", Assert.Throws<PostgresException>(() => Run(connection, "select 1")).SqlState);
            transaction.Rollback();
        }
        Assert.Equal(1L, Scalar(connection, "select count(*) from tx"));
    }

    [Fact]
    public void A_batch_is_one_transaction_in_one_round_trip()
    {
        using var connection = Open();
        Run(connection, "create table batched (id int primary key)");
        using (var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new("insert into batched values (1)"), new("insert into batched values (2)"), new("select count(*) from batched") },
        })
        {
            Assert.Equal(2L, batch.ExecuteScalar());
        }
        using (var failing = new NpgsqlBatch(connection) { BatchCommands = { new("insert into batched values (3)"), new("insert into batched values (1)"), new("select 1") } })
        {
            var error = Assert.Throws<PostgresException>(() => failing.ExecuteNonQuery());
            Assert.Equal("23505", error.SqlState);
        }
        Assert.Equal(2L, Scalar(connection, "select count(*) from batched"));
    }

    [Fact]
    public void Copy_goes_in_and_out_as_text()
    {
        using var connection = Open();
        Run(connection, "create table loaded (id int, name text)");
        using (var writer = connection.BeginTextImport("copy loaded from stdin"))
            writer.Write("1\tone\n2\t\\N\n3\ttab\\there\n");
        Assert.Equal(3L, Scalar(connection, "select count(*) from loaded"));
        using (var reader = connection.BeginTextExport("copy loaded to stdout (format csv)"))
            Assert.Equal("1,one\n2,\n3,tab\there\n", reader.ReadToEnd());
        var failing = connection.BeginTextImport("copy loaded from stdin");
        failing.Write("x\ty\n");
        var error = Assert.Throws<PostgresException>(failing.Dispose);
        Assert.Equal("22P02", error.SqlState);
        Assert.Equal(3L, Scalar(connection, "select count(*) from loaded"));
    }

    [Fact]
    public void A_running_statement_is_cancelled()
    {
        using var connection = Open();
        using var command = new NpgsqlCommand("select generate_series(1, 100000000000)", connection) { CommandTimeout = 0 };
        using (var reader = command.ExecuteReader())
        {
            // The statement runs for sure once its first row is here.
            Assert.True(reader.Read());
            command.Cancel();
            var error = Assert.Throws<OperationCanceledException>(() =>
            {
                while (reader.Read())
                {
                }
            });
            Assert.Equal("57014", Assert.IsType<PostgresException>(error.InnerException).SqlState);
        }
        Assert.Equal(1, Scalar(connection, "select 1"));
    }

    [Fact]
    public void A_long_result_arrives_whole()
    {
        using var connection = Open();
        using var command = new NpgsqlCommand("select n, 'row ' || n from generate_series(1, 100000) as g(n)", connection);
        using var reader = command.ExecuteReader();
        var sum = 0L;
        while (reader.Read())
        {
            Assert.Equal("row " + reader.GetInt32(0).ToString(CultureInfo.InvariantCulture), reader.GetString(1));
            sum += reader.GetInt32(0);
        }
        Assert.Equal(5_000_050_000, sum);
    }

    [Fact]
    public void A_statement_of_a_megabyte_and_deep_nesting_are_survived()
    {
        using var connection = Open();
        Assert.Equal(1 << 20, ((string)Scalar(connection, "select '" + new string('x', 1 << 20) + "'")!).Length);
        var error = Assert.Throws<PostgresException>(() => Scalar(connection, "select " + new string('(', 200_000) + "1" + new string(')', 200_000)));
        Assert.Equal("54001", error.SqlState);
        Assert.Equal(1, Scalar(connection, "select 1"));
    }

    [Fact]
    public void Pooled_connections_are_reset_and_changed_settings_are_reported()
    {
        object? usual;
        using (var connection = Open())
        {
            usual = Scalar(connection, "show timezone");
            Run(connection, "set timezone = 'Europe/Berlin'");
            Assert.Equal("Europe/Berlin", connection.Timezone);
        }
        using (var connection = Open())
            Assert.Equal(usual, Scalar(connection, "show timezone"));
    }

    [Fact]
    public void Garbage_does_not_disturb_the_others()
    {
        using var connection = Open();
        for (var seed = 0; seed < 20; seed++)
        {
            var bytes = new byte[1000];
            new Random(seed).NextBytes(bytes);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(server.Endpoint);
            socket.Send(seed % 2 == 0 ? bytes : [.. Encoding.ASCII.GetBytes("\0\0\0\u0016"), 0, 3, 0, 0, .. "user\0omendb\0\0"u8, 0, .. bytes]);
        }
        Assert.Equal(1, Scalar(connection, "select 1"));
        Assert.Empty(server.Log);
    }
}
