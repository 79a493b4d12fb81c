namespace OmenDb.Storage.Mvcc;

/// <summary>A point in the order of commits, or the id of a running transaction: the ids have the high bit set, so
/// they are later than every commit. Zero is before everything.</summary>
public readonly record struct Timestamp(ulong Value) : IComparable<Timestamp>
{
    public const ulong TransactionBit = 1UL << 63;

    /// <summary>Before every commit.</summary>
    public static readonly Timestamp Zero;

    /// <summary>True for the id of a transaction.</summary>
    public bool IsTransaction => (Value & TransactionBit) != 0;

    public int CompareTo(Timestamp other) => Value.CompareTo(other.Value);

    public static bool operator <(Timestamp left, Timestamp right) => left.Value < right.Value;

    public static bool operator >(Timestamp left, Timestamp right) => left.Value > right.Value;

    public static bool operator <=(Timestamp left, Timestamp right) => left.Value <= right.Value;

    public static bool operator >=(Timestamp left, Timestamp right) => left.Value >= right.Value;

    public override string ToString() => IsTransaction ? $"x{Value & ~TransactionBit}" : Value.ToString();
}
