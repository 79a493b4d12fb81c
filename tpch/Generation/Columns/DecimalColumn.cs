using System.Buffers.Text;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>A numeric(15,2) column as hundredths.</summary>
/// <param name="wholeNumbers">dbgen prints l_quantity, whose values are whole, without decimals.</param>
public sealed class DecimalColumn(TpchColumnDefinition definition, int capacity, bool wholeNumbers = false) : TpchColumn(definition)
{
    /// <summary>Digits behind the point of every value.</summary>
    public const int Scale = 2;

    internal long[] Buffer { get; } = new long[capacity];

    /// <summary>Hundredths: 12.34 is 1234.</summary>
    public ReadOnlySpan<long> Values => Buffer.AsSpan(0, Count);

    public override int MaxTextBytes => 21;

    public override int FormatText(int row, Span<byte> target)
    {
        var value = Buffer[row];
        var length = 0;
        if (value < 0)
        {
            target[length++] = (byte)'-';
            value = -value;
        }
        var (whole, hundredths) = Math.DivRem(value, 100);
        Utf8Formatter.TryFormat(whole, target[length..], out var written);
        length += written;
        if (wholeNumbers)
            return length;
        target[length] = (byte)'.';
        target[length + 1] = (byte)('0' + hundredths / 10);
        target[length + 2] = (byte)('0' + hundredths % 10);
        return length + 3;
    }
}
