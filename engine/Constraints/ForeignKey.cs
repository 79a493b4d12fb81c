using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>A foreign key with both of its tables, as one version of the catalog has them. Columns are in the constraint's order.</summary>
internal sealed class ForeignKey
{
    private readonly CatalogSnapshot _catalog;

    private ForeignKey(CatalogSnapshot catalog, TableEntry child, TableEntry parent, ConstraintEntry entry)
    {
        _catalog = catalog;
        Child = child;
        Parent = parent;
        Entry = entry;
        ChildOrdinals = [.. entry.ColumnIds.Select(id => Ordinal(child, id))];
        ParentOrdinals = [.. entry.ReferencedColumnIds.Select(id => Ordinal(parent, id))];
    }

    public ConstraintEntry Entry { get; }

    /// <summary>The table that has the constraint.</summary>
    public TableEntry Child { get; }

    /// <summary>The table that it refers to.</summary>
    public TableEntry Parent { get; }

    public int[] ChildOrdinals { get; }

    public int[] ParentOrdinals { get; }

    public int Width => ChildOrdinals.Length;

    /// <summary>Values of the child are keys of the parent's index as they stand.</summary>
    public bool HasSameTypes => ChildOrdinals.Zip(ParentOrdinals, (c, p) => SameForm(Child.Columns[c].Type, Parent.Columns[p].Type)).All(same => same);

    /// <summary>The quoted names, with their schemas.</summary>
    public string ChildName => Name(Child);

    public string ParentName => Name(Parent);

    /// <returns>Null: the referenced table is not in the catalog (it is being dropped).</returns>
    public static ForeignKey? Of(CatalogSnapshot catalog, TableEntry child, ConstraintEntry entry) =>
        catalog.Find<TableEntry>(entry.ReferencedTableOid) is { } parent ? new ForeignKey(catalog, child, parent, entry) : null;

    /// <summary>The same constraint in another version of the catalog; null: it is gone.</summary>
    public ForeignKey? In(CatalogSnapshot catalog) => ReferenceEquals(catalog, _catalog) ? this
        : catalog.Find<TableEntry>(Child.Oid) is { } child && child.Constraints.FirstOrDefault(c => c.Oid == Entry.Oid) is { } entry ? Of(catalog, child, entry) : null;

    public string ChildColumn(int i) => Identifiers.Quote(Child.Columns[ChildOrdinals[i]].Name);

    public string ParentColumn(int i) => Identifiers.Quote(Parent.Columns[ParentOrdinals[i]].Name);

    public SqlType ParentType(int i) => Parent.Columns[ParentOrdinals[i]].Type;

    /// <summary>23503: no row has the key that a row of the child refers to.</summary>
    public SqlException NotPresent(Func<int, Vector> key, int row, IoContext io) => ChildError(
        $"Key ({Names(Child, ChildOrdinals)})=({Values(Child, ChildOrdinals, key, row, io)}) is not present in table \"{Parent.Name}\".");

    /// <summary>23503 of MATCH FULL.</summary>
    public SqlException MixedNulls() => ChildError("MATCH FULL does not allow mixing of null and nonnull key values.");

    /// <summary>23503: somebody still refers to a key that is no more.</summary>
    public SqlException StillReferenced(Func<int, Vector> key, int row, IoContext io) => new(SqlState.ForeignKeyViolation,
        $"update or delete on table \"{Parent.Name}\" violates foreign key constraint \"{Entry.Name}\" on table \"{Child.Name}\"")
    {
        Detail = $"Key ({Names(Parent, ParentOrdinals)})=({Values(Parent, ParentOrdinals, key, row, io)}) is still referenced from table \"{Child.Name}\".",
        SchemaName = Schema(Child), TableName = Child.Name, ConstraintName = Entry.Name,
    };

    private SqlException ChildError(string detail) => new(SqlState.ForeignKeyViolation, $"insert or update on table \"{Child.Name}\" violates foreign key constraint \"{Entry.Name}\"")
    {
        Detail = detail, SchemaName = Schema(Child), TableName = Child.Name, ConstraintName = Entry.Name,
    };

    private static string Names(TableEntry table, int[] ordinals) => string.Join(", ", ordinals.Select(o => Identifiers.Quote(table.Columns[o].Name)));

    private static string Values(TableEntry table, int[] ordinals, Func<int, Vector> key, int row, IoContext io) =>
        string.Join(", ", ordinals.Select((o, i) => key(i).IsValid(row) ? TypeIo.FormatString(table.Columns[o].Type, key(i), row, io) : "null"));

    private string Schema(TableEntry table) => _catalog.Find(table.SchemaOid)!.Name;

    private string Name(TableEntry table) => Identifiers.Quote(Schema(table), table.Name);

    private static bool SameForm(SqlType left, SqlType right) =>
        left.Arrow.Id == right.Arrow.Id && left.Arrow.Scale == right.Arrow.Scale
        && (left.Id == right.Id || (left.Id is TypeId.Text or TypeId.Varchar && right.Id is TypeId.Text or TypeId.Varchar));

    private static int Ordinal(TableEntry table, int columnId)
    {
        for (var i = 0; i < table.Columns.Length; i++)
        {
            if (table.Columns[i].Id == columnId)
                return i;
        }
        throw SqlException.Internal($"a foreign key names column {columnId}, which table \"{table.Name}\" does not have");
    }
}
