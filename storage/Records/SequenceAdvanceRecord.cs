namespace OmenDb.Storage.Records;

/// <summary>A sequence may have given out everything up to a value.</summary>
/// <remarks><code>| oid i32 | value i64 | called u8: false = the value itself is still to come |</code></remarks>
internal static class SequenceAdvanceRecord
{
    public static void Write(int oid, long value, bool called, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.SequenceAdvance);
        target.I32(oid);
        target.I64(value);
        target.U8(called ? (byte)1 : (byte)0);
        target.EndRecord();
    }

    public static (int Oid, long Value, bool Called) Read(ref RedoReader source) => (source.I32(), source.I64(), source.U8() != 0);
}
