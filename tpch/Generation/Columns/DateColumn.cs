using System.Text;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>A date column as days since 1970-01-01.</summary>
public sealed class DateColumn(TpchColumnDefinition definition, int capacity) : TpchColumn(definition)
{
    private const int TextBytes = 10;

    private static readonly byte[] Texts = MakeTexts(); // yyyy-mm-dd of every day of the data set

    internal int[] Buffer { get; } = new int[capacity];

    public ReadOnlySpan<int> Values => Buffer.AsSpan(0, Count);

    public override int MaxTextBytes => TextBytes;

    public override int FormatText(int row, Span<byte> target)
    {
        Texts.AsSpan((Buffer[row] - TpchDates.First) * TextBytes, TextBytes).CopyTo(target);
        return TextBytes;
    }

    private static byte[] MakeTexts()
    {
        var texts = new byte[TpchDates.DayCount * TextBytes];
        for (var day = 0; day < TpchDates.DayCount; day++)
            Encoding.ASCII.GetBytes(TpchDates.Text(TpchDates.First + day), texts.AsSpan(day * TextBytes, TextBytes));
        return texts;
    }
}
