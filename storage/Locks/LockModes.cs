namespace OmenDb.Storage.Locks;

/// <summary>Strengths of row locks, weakest first. Source: PostgreSQL manual, "Row-Level Locks".</summary>
public enum RowLockMode : byte
{
    KeyShare = 1,
    Share = 2,
    /// <summary>Also held by whoever has updated the row without changing a unique key.</summary>
    NoKeyUpdate = 3,
    /// <summary>Also held by whoever has deleted the row, or changed a unique key of it.</summary>
    Update = 4,
}

/// <summary>Modes of all kinds of locks are small numbers: PostgreSQL's eight for relations and advisory locks (of which these use
/// <see cref="Share"/> and <see cref="Exclusive"/>), <see cref="RowLockMode"/> for rows.</summary>
public static class LockModes
{
    public const int AccessShare = 1;
    public const int RowShare = 2;
    public const int RowExclusive = 3;
    public const int ShareUpdateExclusive = 4;
    public const int Share = 5;
    public const int ShareRowExclusive = 6;
    public const int Exclusive = 7;
    public const int AccessExclusive = 8;

    /// <summary>By mode: the modes that it conflicts with, as bits. Source: PostgreSQL manual, "Conflicting Lock Modes".</summary>
    private static readonly int[] _relation =
    [
        0,
        Bits(AccessExclusive),
        Bits(Exclusive, AccessExclusive),
        Bits(Share, ShareRowExclusive, Exclusive, AccessExclusive),
        Bits(ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
        Bits(RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive),
        Bits(RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
        Bits(RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
        Bits(AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
    ];

    private static readonly int[] _row =
    [
        0,
        Bits((int)RowLockMode.Update),
        Bits((int)RowLockMode.NoKeyUpdate, (int)RowLockMode.Update),
        Bits((int)RowLockMode.Share, (int)RowLockMode.NoKeyUpdate, (int)RowLockMode.Update),
        Bits((int)RowLockMode.KeyShare, (int)RowLockMode.Share, (int)RowLockMode.NoKeyUpdate, (int)RowLockMode.Update),
    ];

    /// <summary>Modes that cannot be held by others beside a mode, bit n = mode n.</summary>
    public static int Conflicts(LockKind kind, int mode) => kind == LockKind.Row ? _row[mode] : _relation[mode];

    public static bool Conflict(RowLockMode left, RowLockMode right) => (_row[(int)left] & 1 << (int)right) != 0;

    /// <summary>As pg_locks names it: rows are locked with modes of their own there too.</summary>
    public static string Name(LockKind kind, int mode) => kind == LockKind.Row
        ? (RowLockMode)mode switch
        {
            RowLockMode.KeyShare => "AccessShareLock",
            RowLockMode.Share => "RowShareLock",
            RowLockMode.NoKeyUpdate => "ExclusiveLock",
            _ => "AccessExclusiveLock",
        }
        : mode switch
        {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            _ => "AccessExclusiveLock",
        };

    internal static int Bit(int mode) => 1 << mode;

    private static int Bits(params ReadOnlySpan<int> modes)
    {
        var bits = 0;
        foreach (var mode in modes)
            bits |= Bit(mode);
        return bits;
    }
}
