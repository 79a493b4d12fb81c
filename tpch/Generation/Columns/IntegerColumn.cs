using System.Buffers.Text;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>An integer column.</summary>
public sealed class IntegerColumn(TpchColumnDefinition definition, int capacity) : TpchColumn(definition)
{
    internal int[] Buffer { get; } = new int[capacity];

    public ReadOnlySpan<int> Values => Buffer.AsSpan(0, Count);

    public override int MaxTextBytes => 11;

    public override int FormatText(int row, Span<byte> target)
    {
        Utf8Formatter.TryFormat(Buffer[row], target, out var length);
        return length;
    }
}
