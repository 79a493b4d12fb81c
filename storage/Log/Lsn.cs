namespace OmenDb.Storage.Log;

/// <summary>A position in the redo log: bytes since the log's notional beginning. Segment number = Value / segment size.</summary>
/// <remarks>0 is before every frame, since segments are numbered from 1.</remarks>
public readonly record struct Lsn(long Value) : IComparable<Lsn>
{
    public static readonly Lsn Zero;

    public static readonly Lsn Max = new(long.MaxValue);

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    public static Lsn Min(Lsn left, Lsn right) => left < right ? left : right;

    /// <summary>PostgreSQL's spelling of a log position: two hexadecimal halves.</summary>
    public override string ToString() => $"{Value >> 32:X}/{Value & 0xFFFF_FFFF:X}";
}
