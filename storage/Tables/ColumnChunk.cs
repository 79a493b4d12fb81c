using OmenDb.Arrow;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tables;

/// <summary>One column of one vector. All access under the vector's latch, but the bounds may be read without it.</summary>
/// <remarks>Hot (<see cref="Values"/>), sealed (<see cref="Sealed"/>) or neither: then the column was added after these rows, and all of them have
/// its default, or all of them are dead.</remarks>
internal struct ColumnChunk
{
    /// <summary>Arrow layout, capacity as the vector's.</summary>
    public NativeBuffer? Values;

    /// <summary>Null: no row is null.</summary>
    public NativeBuffer? Validity;

    /// <summary>The values in their narrow form, shared with the segment's other vectors; never together with <see cref="Values"/>.</summary>
    public SealedColumn? Sealed;

    /// <summary>Order-preserving keys (<see cref="ZoneKey"/>) that enclose all values of all versions; Min above Max: none yet.</summary>
    public ulong Min;

    public ulong Max;

    /// <summary>A row of some version is or was null.</summary>
    public bool HasNulls;

    /// <summary>The last commit that changed it: checkpoints write what is newer than the one before.</summary>
    public ulong LastChanged;

    public readonly bool HasMemory => Values is not null || Sealed is not null;

    public void Release()
    {
        Values?.Release();
        Validity?.Release();
        Sealed?.Release();
        Values = Validity = null;
        Sealed = null;
    }
}
