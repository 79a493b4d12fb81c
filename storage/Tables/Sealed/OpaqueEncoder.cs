using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Floats, uuids, intervals and bytes: constant, codes where values repeat much, else as they are.</summary>
/// <typeparam name="T">As wide as the values; compared as bits.</typeparam>
internal sealed unsafe class OpaqueEncoder<T>(TableColumn definition, int column) : ColumnEncoder(definition, column) where T : unmanaged, IEquatable<T>
{
    /// <summary>Plain values need no look-up: codes must be worth it.</summary>
    private const double MostOfPlain = 0.6;

    private readonly T[] _first = new T[RowId.VectorsPerSegment];
    private DistinctValues<T>? _dictionary;
    private bool _hasEqualBits = definition.Stored != PhysicalType.Interval; // a month equals 30 days

    protected override int DictionaryEntries => _dictionary?.Count ?? 0;

    protected override void Look(int vector, ref ColumnPiece piece, in ColumnInput input)
    {
        var values = (T*)input.Values;
        var isFirst = true;
        var isConstant = piece.NullCount == 0;
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            if (isFirst)
                _first[vector] = values[row];
            isConstant &= isFirst || values[row].Equals(_first[vector]);
            isFirst = false;
            if (Definition.KeepsZones)
            {
                var key = ZoneKey.At(Physical, (byte*)(values + row), null);
                piece.Min = Math.Min(piece.Min, key);
                piece.Max = Math.Max(piece.Max, key);
            }
            if (Physical is PhysicalType.Float32 or PhysicalType.Float64)
                _hasEqualBits &= !IsAmbiguous((byte*)(values + row));
        }
        piece.Encoding = isConstant ? SealedEncoding.Constant : SealedEncoding.Plain;
        piece.Width = (byte)sizeof(T);
    }

    /// <summary>Values that equal others of other bits: entries of a dictionary must be distinct.</summary>
    private bool IsAmbiguous(byte* value)
    {
        var number = Physical == PhysicalType.Float32 ? *(float*)value : *(double*)value;
        return double.IsNaN(number) || (number == 0 && double.IsNegative(number));
    }

    protected override void Choose(ColumnInputs inputs)
    {
        long rows = 0;
        foreach (ref readonly var piece in Pieces.AsSpan())
        {
            DistinctCount += piece.LiveCount;
            if (piece.IsPresent && piece.LiveCount > 0 && piece.Encoding == SealedEncoding.Plain)
                rows += piece.Rows;
        }
        if (!_hasEqualBits || sizeof(T) < 4 || rows == 0)
            return;
        var dictionary = new DistinctValues<T>();
        for (var v = 0; v < Pieces.Length; v++)
        {
            if (Pieces[v].LiveCount > 0 && inputs.TryOpen(v, Column, out var input) && !dictionary.Add(v, input))
                return;
        }
        DistinctCount = dictionary.Count;
        var width = CodeWidth(dictionary.Count);
        if (rows * width + dictionary.Count * (long)sizeof(T) > rows * sizeof(T) * MostOfPlain)
            return;
        dictionary.Sort(Order);
        _dictionary = dictionary;
        foreach (ref var piece in Pieces.AsSpan())
        {
            if (!piece.IsPresent || piece.LiveCount == 0 || piece.Encoding == SealedEncoding.Constant)
                continue;
            piece.Encoding = SealedEncoding.Dictionary;
            piece.Width = width;
        }
    }

    private int Order(T left, T right) => Physical switch
    {
        PhysicalType.Float32 => (*(float*)&left).CompareTo(*(float*)&right),
        PhysicalType.Float64 => (*(double*)&left).CompareTo(*(double*)&right),
        _ => new ReadOnlySpan<byte>(&left, sizeof(T)).SequenceCompareTo(new ReadOnlySpan<byte>(&right, sizeof(T))),
    };

    protected override void WriteValues(int vector, in ColumnPiece piece, in ColumnInput input, byte* target, StringBlocks strings)
    {
        switch (piece.Encoding)
        {
            case SealedEncoding.Constant:
                *(T*)target = _first[vector];
                break;
            case SealedEncoding.Dictionary:
                WriteCodes(_dictionary!.Ids(vector), _dictionary.CodeOfId, piece.Width, input, target);
                break;
            default:
                for (var row = 0; row < input.Rows; row++)
                {
                    if (input.Counts(row))
                        ((T*)target)[row] = ((T*)input.Values)[row];
                }
                break;
        }
    }

    protected override void WriteDictionary(byte* target, StringBlocks strings) =>
        _dictionary!.Sorted.CopyTo(new Span<T>((T*)target, _dictionary.Count)); // in range: placed with room for all entries
}
