using System.Buffers.Text;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>A bigint column.</summary>
public sealed class BigIntColumn(TpchColumnDefinition definition, int capacity) : TpchColumn(definition)
{
    internal long[] Buffer { get; } = new long[capacity];

    public ReadOnlySpan<long> Values => Buffer.AsSpan(0, Count);

    public override int MaxTextBytes => 20;

    public override int FormatText(int row, Span<byte> target)
    {
        Utf8Formatter.TryFormat(Buffer[row], target, out var length);
        return length;
    }
}
