using System.Numerics;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Integers, dates, times and decimals: base and offset per vector, or codes where few distant values come again and again.</summary>
internal sealed unsafe class IntegerEncoder<T>(TableColumn definition, int column) : ColumnEncoder(definition, column)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Offsets are summed and compared as they are, codes are not: so codes must save at least this share.</summary>
    private const double MostOfNarrow = 0.6;

    private readonly T[] _bases = new T[RowId.VectorsPerSegment];
    private readonly DistinctEstimate _distinct = new();
    private DistinctValues<T>? _dictionary;

    protected override int DictionaryEntries => _dictionary?.Count ?? 0;

    protected override void Look(int vector, ref ColumnPiece piece, in ColumnInput input)
    {
        var values = (T*)input.Values;
        T min = T.MaxValue, max = T.MinValue;
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            var value = values[row];
            min = T.Min(min, value);
            max = T.Max(max, value);
            _distinct.Add(long.CreateTruncating(value));
        }
        _bases[vector] = min;
        piece.Min = Key(min);
        piece.Max = Key(max);
        var range = Int128.CreateTruncating(max) - Int128.CreateTruncating(min); // may pass 127 bits: then it is negative, and plain
        var wide = Int128.CreateTruncating(min);
        piece.Width = (byte)(range < 0 || wide < long.MinValue || wide > long.MaxValue ? 16 : range <= byte.MaxValue ? 1 : range <= ushort.MaxValue ? 2 : range <= uint.MaxValue ? 4 : 16);
        if (min == max && piece.NullCount == 0)
        {
            piece.Encoding = SealedEncoding.Constant;
        }
        else if (piece.Width < sizeof(T))
        {
            piece.Encoding = SealedEncoding.Narrow;
            piece.Base = (long)wide;
        }
        else
        {
            piece.Encoding = SealedEncoding.Plain;
            piece.Width = (byte)sizeof(T);
        }
    }

    private static ulong Key(T value) => typeof(T) == typeof(Int128) ? ZoneKey.Of(Int128.CreateTruncating(value)) : ZoneKey.Of(long.CreateTruncating(value));

    protected override void Choose(ColumnInputs inputs)
    {
        long rows = 0, bytes = 0;
        var live = 0;
        foreach (ref readonly var piece in Pieces.AsSpan())
        {
            if (!piece.IsPresent || piece.LiveCount == 0)
                continue;
            live += piece.LiveCount;
            if (piece.Encoding == SealedEncoding.Constant)
                continue;
            rows += piece.Rows;
            bytes += (long)piece.Rows * piece.Width;
        }
        DistinctCount = _distinct.Result(live);
        if (bytes <= rows * 2 || DistinctCount > DistinctValues<T>.MaxEntries * 1.1 || DistinctCount * (long)sizeof(T) > bytes)
            return;
        var dictionary = new DistinctValues<T>();
        for (var v = 0; v < Pieces.Length; v++)
        {
            if (Pieces[v].LiveCount > 0 && inputs.TryOpen(v, Column, out var input) && !dictionary.Add(v, input))
                return;
        }
        var width = CodeWidth(dictionary.Count);
        if (rows * width + dictionary.Count * (long)sizeof(T) > bytes * MostOfNarrow)
            return;
        DistinctCount = dictionary.Count;
        dictionary.Sort(static (a, b) => a.CompareTo(b));
        _dictionary = dictionary;
        foreach (ref var piece in Pieces.AsSpan())
        {
            if (piece.LiveCount == 0 || piece.Encoding == SealedEncoding.Constant)
                continue;
            piece.Encoding = SealedEncoding.Dictionary;
            piece.Width = width;
        }
    }

    protected override void WriteValues(int vector, in ColumnPiece piece, in ColumnInput input, byte* target, StringBlocks strings)
    {
        var values = (T*)input.Values;
        switch (piece.Encoding)
        {
            case SealedEncoding.Constant:
                *(T*)target = _bases[vector];
                break;
            case SealedEncoding.Dictionary:
                WriteCodes(_dictionary!.Ids(vector), _dictionary.CodeOfId, piece.Width, input, target);
                break;
            case SealedEncoding.Narrow when piece.Width == 1:
                Offsets(values, _bases[vector], input, target);
                break;
            case SealedEncoding.Narrow when piece.Width == 2:
                Offsets(values, _bases[vector], input, (ushort*)target);
                break;
            case SealedEncoding.Narrow:
                Offsets(values, _bases[vector], input, (uint*)target);
                break;
            default:
                Offsets(values, T.Zero, input, (T*)target);
                break;
        }
    }

    private static void Offsets<TCode>(T* values, T from, in ColumnInput input, TCode* target) where TCode : unmanaged, IBinaryInteger<TCode>
    {
        for (var row = 0; row < input.Rows; row++)
        {
            if (input.Counts(row))
                target[row] = TCode.CreateTruncating(unchecked(values[row] - from));
        }
    }

    protected override void WriteDictionary(byte* target, StringBlocks strings) =>
        _dictionary!.Sorted.CopyTo(new Span<T>((T*)target, _dictionary.Count)); // in range: placed with room for all entries
}
