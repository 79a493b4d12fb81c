using System.Text;
using OmenDb.Workload.Bulk;
using OmenDb.Workload.Sql;

namespace OmenDb.Ycsb.Targets;

/// <summary>OmenDB in this process, or a server over PostgreSQL's protocol.</summary>
/// <param name="system">Disposed with the target.</param>
public sealed class SqlYcsbTarget(WorkloadSystem system) : YcsbTarget
{
    public override string Description => system.Description;

    public override long CountRecords(YcsbTable table)
    {
        if (!system.HasTable(YcsbTable.Name))
            return -1;
        var columns = system.QueryNumber($"SELECT count(*) FROM information_schema.columns WHERE table_name = '{YcsbTable.Name}'");
        return columns == table.Fields + 1 ? system.QueryNumber($"SELECT count(*) FROM {YcsbTable.Name}") : -1;
    }

    public override void CreateTable(YcsbTable table)
    {
        system.Execute($"DROP TABLE IF EXISTS {YcsbTable.Name}");
        system.Execute($"CREATE TABLE {YcsbTable.Name} (ycsb_key text NOT NULL, {string.Join(", ", Enumerable.Range(0, table.Fields).Select(i => $"field{i} text"))})");
    }

    public override YcsbLoadSession OpenLoad(YcsbTable table) =>
        new LoadSession(system.OpenWriter(YcsbTable.Name, [.. Enumerable.Repeat(SqlField.Text, table.Fields + 1)]));

    public override void FinishLoad(YcsbTable table)
    {
        system.Execute($"ALTER TABLE {YcsbTable.Name} ADD PRIMARY KEY (ycsb_key)");
        system.Execute($"{system.AnalyzeCommand} {YcsbTable.Name}");
    }

    public override YcsbClient OpenClient(YcsbTable table) => new SqlYcsbClient(system.Open(), table);

    public override void Dispose() => system.Dispose();

    private sealed class LoadSession(TableWriter writer) : YcsbLoadSession
    {
        private readonly byte[] _key = new byte[64];

        public override void Add(string key, IReadOnlyList<ReadOnlyMemory<byte>> fields)
        {
            writer.Text(_key.AsMemory(0, Encoding.UTF8.GetBytes(key, _key)));
            foreach (var field in fields)
                writer.Text(field);
            writer.EndRow();
        }

        public override void Complete() => writer.Complete();

        public override void Dispose() => writer.Dispose();
    }
}
