using OmenDb.Arrow;
using OmenDb.Types;

namespace OmenDb.Storage.Tables;

/// <summary>A physical column of a table. Physical columns are only ever added; which of them the user sees, and under which
/// name, is the catalog's business (a type change adds a column and points the catalog at it).</summary>
public sealed class TableColumn
{
    /// <param name="type">With modifiers.</param>
    /// <param name="defaultImage">What rows hold that were there before the column: null for NULL, else the value's bytes as in a
    /// flat vector (bool: one byte; strings: the string's bytes).</param>
    public TableColumn(SqlType type, byte[]? defaultImage = null)
    {
        Type = type;
        DefaultImage = defaultImage;
        Stored = type.Physical == PhysicalType.List ? PhysicalType.View : type.Physical;
        KeepsZones = ZoneKey.IsKept(type.Arrow) && type.Id != TypeId.Char;
    }

    public SqlType Type { get; }

    public ArrowType Arrow => Type.Arrow;

    internal byte[]? DefaultImage { get; }

    /// <summary>What the segment holds; lists are stored as bytes.</summary>
    internal PhysicalType Stored { get; }

    internal bool IsList => Type.Physical == PhysicalType.List;

    internal bool KeepsZones { get; }
}
