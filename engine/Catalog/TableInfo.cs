using System.Collections.Immutable;
using OmenDb.Engine.Constraints;
using OmenDb.Planner.Catalog;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>A stored table to the planner.</summary>
internal sealed class TableInfo : ITableInfo
{
    private readonly StoredTable _table;
    private BoxedStatistics? _statistics;

    /// <param name="reader">What a statement sees, when indexes may be newer than that; null: they are not.</param>
    public TableInfo(TableEntry entry, SchemaEntry schema, CatalogSnapshot catalog, StorageEngine storage, Storage.Mvcc.Snapshot? reader = null)
    {
        Entry = entry;
        SchemaName = schema.Name;
        Columns = [.. entry.Columns.Select(c => Column(c, catalog)), .. SystemColumns.All];
        Indexes = [.. catalog.IndexesOf(entry.Oid).Select(i => Index(entry, i))];
        if (reader is not null)
            Indexes = [.. Indexes.Select(i => i with { Readable = storage.GetTable(entry).FindIndex(((IndexEntry)i.Handle!).Oid, reader)?.IsUsableBy(reader) == true })];
        Checks = [.. entry.Constraints.Where(c => c.Kind == ConstraintKind.Check).Select(c => new CheckInfo(c.Name, c.CheckSql!))];
        _table = new StoredTable(entry, storage.GetTable(entry), schema.Name) 
        {
            Indexes = Indexes,
            References = [.. entry.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey).Select(c => ForeignKey.Of(catalog, entry, c)).OfType<ForeignKey>()],
            ReferencedBy = [.. catalog.ReferencesTo(entry.Oid).Select(r => ForeignKey.Of(catalog, r.Table, r.Constraint)).OfType<ForeignKey>()],
        };
    }

    public TableEntry Entry { get; }

    public int Oid => Entry.Oid;

    public string SchemaName { get; }

    public string Name => Entry.Name;

    public TableKind Kind => TableKind.Table;

    public ImmutableArray<ColumnInfo> Columns { get; }

    public double RowCount => _table.Rows.RowCount;

    public ColumnStatistics? Statistics(int ordinal)
    {
        if (_table.Rows.Statistics is not { } analysis || _table.Physical(ordinal) is not (>= 0 and var physical))
            return null;
        // Two threads may convert the same analysis at the same time: they come to the same.
        var statistics = _statistics;
        if (!ReferenceEquals(statistics?.Analysis, analysis))
            _statistics = statistics = new BoxedStatistics(analysis, Columns.Length);
        return statistics.Column(ordinal, physical, Columns[ordinal].Type);
    }

    public ImmutableArray<IndexInfo> Indexes { get; private init; }

    public ImmutableArray<CheckInfo> Checks { get; }

    public string? ViewSql => null;

    public object Handle => _table;

    public StoredTable Table => _table;

    private static ColumnInfo Column(ColumnEntry column, CatalogSnapshot catalog) => new(column.Name, column.Type, column.NotNull)
    {
        Number = column.Id,
        // The sequence is named by OID: the default goes on working when it is renamed.
        DefaultSql = column.DefaultSql ?? (column.Identity != ColumnIdentity.None && catalog.Find(column.SequenceOid) is not null
            ? $"pg_catalog.nextval('{column.SequenceOid}'::pg_catalog.regclass)" : null),
        GeneratedSql = column.GeneratedSql,
        Identity = (IdentityKind)column.Identity,
        Hidden = column.IsHidden,
    };

    public static IndexInfo Index(TableEntry table, IndexEntry index) => new(index.Name,
        [.. index.Keys.Select(k => new IndexColumnInfo(Ordinal(table, k.ColumnId), k.Descending, k.NullsFirst) { ExpressionSql = k.ExpressionSql })], index.IsUnique)
    {
        Primary = index.IsPrimary,
        NullsNotDistinct = index.NullsNotDistinct,
        Constraint = table.Constraints.Any(c => c.IndexOid == index.Oid),
        Deferrable = table.Constraints.Any(c => c.IndexOid == index.Oid && c.IsDeferrable),
        PredicateSql = index.PredicateSql,
        Handle = index,
    };

    private static int Ordinal(TableEntry table, int columnId)
    {
        for (var i = 0; i < table.Columns.Length; i++)
        {
            if (table.Columns[i].Id == columnId)
                return i;
        }
        throw Types.SqlException.Internal($"column {columnId} of table \"{table.Name}\" does not exist");
    }
}

/// <summary>A view, a sequence read as a table, or a computed system table.</summary>
internal sealed record RelationInfo(int Oid, string SchemaName, string Name, TableKind Kind, ImmutableArray<ColumnInfo> Columns) : ITableInfo
{
    public double RowCount { get; init; } = 100;

    public string? ViewSql { get; init; }

    public object? Handle { get; init; }

    public ColumnStatistics? Statistics(int ordinal) => null;

    public ImmutableArray<IndexInfo> Indexes => [];

    public ImmutableArray<CheckInfo> Checks => [];
}
