using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>A sequence in FROM: its one row.</summary>
internal static class SequenceTable
{
    public static ITableInfo Describe(SequenceEntry sequence, SchemaEntry schema) =>
        new RelationInfo(sequence.Oid, schema.Name, sequence.Name, TableKind.Sequence,
        [
            new ColumnInfo("last_value", SqlType.Int8, true), new ColumnInfo("log_cnt", SqlType.Int8, true), new ColumnInfo("is_called", SqlType.Bool, true),
        ])
        {
            RowCount = 1,
            Handle = new MemorySource([SqlType.Int8, SqlType.Int8, SqlType.Bool], context =>
            {
                var (value, called) = StatementScope.Of(context).Session.Database.Storage.CurrentValue(sequence);
                return [[value, 0L, called]];
            }),
        };
}
