using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Transactions;

internal enum UndoKind : byte
{
    Insert,
    Update,
    Delete,
}

/// <summary>One step of a transaction, in the order done: what rollback walks backwards, redo forwards, and the collector once
/// nobody needs the old versions.</summary>
internal struct UndoEntry
{
    public UndoKind Kind;
    public int Command;
    public Table Table;
    public VectorSlot Slot;

    /// <summary>Insert: first row in the vector.</summary>
    public int Start;

    /// <summary>Insert: rows.</summary>
    public int Count;

    /// <summary>Update: the before-images.</summary>
    public UndoRecord? Record;

    /// <summary>Delete: rows in the vector.</summary>
    public ushort[]? Rows;
}

/// <summary>A place in a transaction to go back to.</summary>
public readonly record struct UndoMark(int UndoCount, int CatalogVersion, int DeferredCount, int StaleCount, QueueMark Queue, int LockCount);
