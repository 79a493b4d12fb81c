using OmenDb.Workload.Sql;

namespace OmenDb.Ycsb.Targets;

/// <summary>Prepared statements of one connection.</summary>
internal sealed class SqlYcsbClient : YcsbClient
{
    private readonly WorkloadConnection _connection;
    private readonly int _fields;
    private readonly SqlBatch _read;
    private readonly SqlBatch[] _updates;
    private readonly SqlBatch _insert;
    private readonly SqlBatch _scan;
    private readonly SqlBatch _beginAndRead;
    private readonly SqlBatch[] _updatesAndCommits;

    public SqlYcsbClient(WorkloadConnection connection, YcsbTable table)
    {
        _connection = connection;
        _fields = table.Fields;
        var columns = string.Join(", ", Enumerable.Range(0, _fields).Select(i => $"field{i}"));
        var texts = Enumerable.Repeat(SqlField.Text, _fields).ToArray();
        var read = new SqlStatement($"SELECT {columns} FROM {YcsbTable.Name} WHERE ycsb_key = $1", [SqlField.Text], texts);
        var updates = Enumerable.Range(0, _fields).Select(i =>
            new SqlStatement($"UPDATE {YcsbTable.Name} SET field{i} = $2 WHERE ycsb_key = $1", [SqlField.Text, SqlField.Text], [])).ToArray();
        _read = connection.CreateBatch([read]);
        _updates = [.. updates.Select(update => connection.CreateBatch([update]))];
        _insert = connection.CreateBatch(
        [
            new SqlStatement($"INSERT INTO {YcsbTable.Name} (ycsb_key, {columns}) VALUES ({string.Join(", ", Enumerable.Range(1, _fields + 1).Select(i => $"${i}"))})",
                [SqlField.Text, .. texts], []),
        ]);
        _scan = connection.CreateBatch(
            [new SqlStatement($"SELECT ycsb_key, {columns} FROM {YcsbTable.Name} WHERE ycsb_key >= $1 ORDER BY ycsb_key LIMIT $2", [SqlField.Text, SqlField.BigInt], [SqlField.Text, .. texts])]);
        _beginAndRead = connection.CreateBatch([SqlStatement.Begin, read with { Text = read.Text + " FOR UPDATE" }]);
        _updatesAndCommits = [.. updates.Select(update => connection.CreateBatch([update, SqlStatement.Commit]))];
    }

    public override long Read(string key)
    {
        _read[0].Text(key);
        _read.Execute();
        return LengthOf(_read.Rows(0));
    }

    public override bool Update(string key, int field, string value)
    {
        var update = _updates[field];
        update[0].Text(key).Text(value);
        update.Execute();
        return update.Rows(0).Affected == 1;
    }

    public override void Insert(string key, string[] values)
    {
        var parameters = _insert[0].Text(key);
        foreach (var value in values)
            parameters.Text(value);
        _insert.Execute();
    }

    public override int Scan(string key, int count)
    {
        _scan[0].Text(key).Long(count);
        _scan.Execute();
        return _scan.Rows(0).Count;
    }

    public override bool ReadModifyWrite(string key, int field, string value)
    {
        _beginAndRead[1].Text(key);
        _beginAndRead.Execute();
        var isThere = LengthOf(_beginAndRead.Rows(1)) >= 0;
        var update = _updatesAndCommits[field];
        update[0].Text(key).Text(value);
        update.Execute();
        return isThere;
    }

    public override void Rollback() => _connection.Rollback();

    public override void Dispose() => _connection.Dispose();

    private long LengthOf(SqlRows rows)
    {
        if (rows.Count == 0)
            return -1;
        var length = 0L;
        for (var i = 0; i < _fields; i++)
            length += rows.Text(0, i).Length;
        return length;
    }
}
