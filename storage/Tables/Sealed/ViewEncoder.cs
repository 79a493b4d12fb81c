using OmenDb.Arrow;
using OmenDb.Types;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Strings: codes into a sorted dictionary of the segment where that is smaller, else views of strings packed one after the other.</summary>
internal sealed unsafe class ViewEncoder : ColumnEncoder
{
    /// <summary>Codes are as good to operators as views: any real saving is taken.</summary>
    private const double MostOfPlain = 0.8;

    private readonly bool _mayCode;
    private readonly DistinctStrings _strings = new();
    private bool _isCoded;
    private long _rows;
    private readonly long[] _longBytes = new long[RowId.VectorsPerSegment];

    public ViewEncoder(TableColumn definition, int column) : base(definition, column)
    {
        // Values of other types may be equal without the same bytes (1.0 and 1.00), and lists are decoded anyway.
        _mayCode = !definition.IsList && (definition.Arrow.Id == ArrowTypeId.Utf8View || definition.Type.Id == TypeId.Bytea);
    }

    protected override int DictionaryEntries => _isCoded ? _strings.Count : 0;

    protected override void Look(int vector, ref ColumnPiece piece, in ColumnInput input)
    {
        var views = (View*)input.Values;
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            if (Definition.KeepsZones)
            {
                var key = ZoneKey.Of(View.Bytes(views + row, input.Pointers));
                piece.Min = Math.Min(piece.Min, key);
                piece.Max = Math.Max(piece.Max, key);
            }
            if (!views[row].IsInline)
                _longBytes[vector] += views[row].Length;
        }
        _strings.Add(vector, input);
        _rows += piece.Rows;
    }

    protected override void Choose(ColumnInputs inputs)
    {
        var live = 0;
        foreach (ref readonly var piece in Pieces.AsSpan())
            live += piece.LiveCount;
        DistinctCount = _strings.DistinctCount(live);
        var width = CodeWidth(_strings.Count);
        _isCoded = _mayCode && _strings.IsComplete && _strings.Count > 0
            && (_rows * width) + (_strings.Count * 16L) + _strings.LongBytes <= ((_rows * 16) + _longBytes.Sum()) * MostOfPlain;
        if (_isCoded)
            _strings.Sort();
        for (var v = 0; v < Pieces.Length; v++)
        {
            ref var piece = ref Pieces[v];
            if (!piece.IsPresent || piece.LiveCount == 0)
                continue;
            if (piece.NullCount == 0 && _strings.IsComplete && inputs.TryOpen(v, Column, out var input) && _strings.IsOne(v, input))
            {
                piece.Encoding = SealedEncoding.Constant;
                continue;
            }
            piece.Encoding = _isCoded ? SealedEncoding.Dictionary : SealedEncoding.Plain;
            piece.Width = _isCoded ? width : (byte)16;
        }
    }

    protected override void WriteValues(int vector, in ColumnPiece piece, in ColumnInput input, byte* target, StringBlocks strings)
    {
        var views = (View*)input.Values;
        switch (piece.Encoding)
        {
            case SealedEncoding.Constant:
                for (var row = 0; ; row++)
                {
                    if (!input.Counts(row))
                        continue;
                    *(View*)target = strings.Append(views + row, input.Pointers);
                    return;
                }
            case SealedEncoding.Dictionary:
                WriteCodes(_strings.Ids(vector), _strings.CodeOfId, piece.Width, input, target);
                break;
            default:
                for (var row = 0; row < input.Rows; row++)
                {
                    if (input.Counts(row))
                        ((View*)target)[row] = strings.Append(views + row, input.Pointers);
                }
                break;
        }
    }

    protected override void WriteDictionary(byte* target, StringBlocks strings) => _strings.WriteSorted((View*)target, strings);

    protected override long ExpectedStringBytes
    {
        get
        {
            var bytes = _isCoded ? _strings.LongBytes : 0;
            for (var v = 0; v < Pieces.Length; v++)
            {
                bytes += Pieces[v].Encoding switch
                {
                    SealedEncoding.Plain => _longBytes[v],
                    SealedEncoding.Constant when Pieces[v].LiveCount > 0 => _longBytes[v] / Pieces[v].LiveCount,
                    _ => 0,
                };
            }
            return bytes;
        }
    }
}
