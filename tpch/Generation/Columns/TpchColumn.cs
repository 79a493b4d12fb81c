using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>One generated column of a chunk. Its arrays are allocated once for the largest chunk and filled again and again.</summary>
public abstract class TpchColumn(TpchColumnDefinition definition)
{
    public TpchColumnDefinition Definition { get; } = definition;

    /// <summary>Rows of the last fill.</summary>
    public int Count { get; internal set; }

    /// <summary>Upper bound of the bytes that <see cref="FormatText"/> writes.</summary>
    public abstract int MaxTextBytes { get; }

    /// <summary>Writes the field as dbgen prints it.</summary>
    /// <param name="target">At least <see cref="MaxTextBytes"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    public abstract int FormatText(int row, Span<byte> target);
}
