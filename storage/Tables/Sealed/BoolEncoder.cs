namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Booleans: constant, or a bit per row.</summary>
internal sealed unsafe class BoolEncoder(TableColumn definition, int column) : ColumnEncoder(definition, column)
{
    private readonly bool[] _first = new bool[RowId.VectorsPerSegment];
    private int _seen; // bit 0: false, bit 1: true

    protected override void Look(int vector, ref ColumnPiece piece, in ColumnInput input)
    {
        var seen = 0;
        for (var row = 0; row < input.Rows; row++)
        {
            if (input.Counts(row))
                seen |= ColumnCopy.GetBit((ulong*)input.Values, row) ? 2 : 1;
        }
        _first[vector] = seen == 2;
        _seen |= seen;
        piece.Encoding = seen != 3 && piece.NullCount == 0 ? SealedEncoding.Constant : SealedEncoding.Plain;
    }

    protected override void Choose(ColumnInputs inputs) => DistinctCount = _seen == 3 ? 2 : _seen == 0 ? 0 : 1;

    protected override void WriteValues(int vector, in ColumnPiece piece, in ColumnInput input, byte* target, StringBlocks strings)
    {
        if (piece.Encoding == SealedEncoding.Constant)
        {
            *(ulong*)target = _first[vector] ? 1UL : 0;
            return;
        }
        for (var row = 0; row < input.Rows; row++)
        {
            if (input.Counts(row) && ColumnCopy.GetBit((ulong*)input.Values, row))
                ColumnCopy.SetBit((ulong*)target, row, true);
        }
    }
}
