using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>One column of one vector. All access under the vector's latch, but the bounds may be read without it.</summary>
/// <remarks><see cref="Values"/> null: the column was added after these rows, and all of them have its default.</remarks>
internal struct ColumnChunk
{
    /// <summary>Arrow layout, capacity as the vector's.</summary>
    public NativeBuffer? Values;

    /// <summary>Null: no row is null.</summary>
    public NativeBuffer? Validity;

    /// <summary>Order-preserving keys (<see cref="ZoneKey"/>) that enclose all values of all versions; Min above Max: none yet.</summary>
    public ulong Min;

    public ulong Max;

    /// <summary>A row of some version is or was null.</summary>
    public bool HasNulls;

    /// <summary>The last commit that changed it: checkpoints write what is newer than the one before.</summary>
    public ulong LastChanged;

    public void Release()
    {
        Values?.Release();
        Validity?.Release();
        Values = Validity = null;
    }
}
