using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OmenDb.Index.Nodes;

/// <summary>What a node is.</summary>
internal enum NodeKind : byte
{
    /// <summary>Holds entries, in one of the forms of <see cref="LeafFormat"/>.</summary>
    Leaf = 1,

    /// <summary>Routes by a linear model over equal-width parts of the key space; neighbouring slots may share a child.</summary>
    ModelInner = 2,

    /// <summary>Routes by explicit separators: the fallback where equal-width parts would not divide the entries.</summary>
    SortedInner = 3,
}

/// <summary>How a leaf's block stores its entries; chosen whenever a block is built, by what the entries allow.</summary>
internal enum LeafFormat : byte
{
    /// <summary>Slots of 8-byte keys and 8-byte row ids.</summary>
    Wide = 0,

    /// <summary>Slots of 8-byte keys and 4-byte row ids, relative to the leaf's row page.</summary>
    NarrowRows = 1,

    /// <summary>Slots of 4-byte keys, relative to the model's base, and 4-byte row ids.</summary>
    Narrow = 2,

    /// <summary>No slots: runs of entries whose keys and row ids advance by constant steps.</summary>
    Runs = 3,
}

/// <summary>Head of every node.</summary>
/// <remarks>
/// <code>
///  leaf (128 bytes, fixed address for its life)      inner node (64 bytes, then its arrays)
///   0 version      word of latch and change counter     model:  [child x fanout]
///   8 block        slots and bitmap, or runs            sorted: [sample x 16][separator key x n, to a multiple of 16]
///                                                       [separator row x n][child x (n + 1)]
///  16 base, slope, intercept   the model                immutable except for the child pointers, which change atomically;
///  40 capacity, kind, lens kind, format, sampled               changing anything else publishes a copy in the parent
///  48 lens reference, prefix length or runs, row page
///  64 what only writers look at
/// </code>
/// The range of entries that a leaf covers never shrinks while it is not obsolete; hence whoever latches a leaf that is not obsolete
/// holds the right one, however old the path is by which it came.
/// Lock order: structure lock, then leaf latches from left to right. Nobody waits for the structure lock with a latch held.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = LeafBytes)]
internal unsafe struct Node
{
    public const int LeafBytes = 128;
    public const int InnerHeadBytes = 64;

    /// <summary>A writer changes the leaf in place: readers wait.</summary>
    public const ulong Latched = 1;

    /// <summary>Replaced: start again from the root.</summary>
    public const ulong Obsolete = 2;

    /// <summary>A writer builds the replacement: other writers wait, readers go on.</summary>
    public const ulong Frozen = 4;

    /// <summary>One change of content.</summary>
    public const ulong Step = 8;

    [FieldOffset(0)] public ulong Version;
    [FieldOffset(8)] public ulong* Block;
    [FieldOffset(16)] public ulong Base;
    [FieldOffset(24)] public double Slope;
    [FieldOffset(32)] public double Intercept;
    /// <summary>Slots of a leaf (multiple of 64) or entries of its runs, fanout of a model node, children of a sorted node.</summary>
    [FieldOffset(40)] public int Capacity;
    [FieldOffset(44)] public NodeKind Kind;
    [FieldOffset(45)] public LensKind LensKind;
    [FieldOffset(46)] public LeafFormat Format;
    /// <summary>Searched by its samples instead of its model: 8-byte keys that lie without gaps or far from any line.</summary>
    [FieldOffset(47)] public bool IsSampled;
    [FieldOffset(48)] public ulong LensReference;
    /// <summary>Byte keys: length of the common prefix.</summary>
    [FieldOffset(56)] public int PrefixLength;
    /// <summary>8-byte keys: runs in the block.</summary>
    [FieldOffset(56)] public int RunCount;
    /// <summary>4-byte row ids count from this many times 2^31.</summary>
    [FieldOffset(60)] public uint RowPage;

    // Below: written and read under the latch only.
    /// <summary>Slot of the last entry, -1 when empty.</summary>
    [FieldOffset(64)] public int LastSlot;
    /// <summary>Inserts in a row that went behind the last entry.</summary>
    [FieldOffset(68)] public int AppendStreak;
    /// <summary>Inserts since the block was built, with the slots they moved and the search steps they took.</summary>
    [FieldOffset(72)] public int Inserts;
    [FieldOffset(76)] public int Expansions;
    [FieldOffset(80)] public long Shifts;
    [FieldOffset(88)] public long SearchSteps;
    /// <summary>Mean log2(1 + error) of the model over the entries when the block was built.</summary>
    [FieldOffset(96)] public float ModelError;
    /// <summary>Slots that an insert was expected to move when the block was built.</summary>
    [FieldOffset(100)] public float ExpectedShifts;
    /// <summary>An insert found no room and left the division to the structure lock's holder.</summary>
    [FieldOffset(104)] public bool WantsSplit;
    [FieldOffset(105)] public bool WantsMerge;
    /// <summary>Placed evenly, not by the model: the model is only the first guess of a search.</summary>
    [FieldOffset(106)] public bool IsPlain;
    /// <summary>Filled from the left without gaps: the leaf takes ascending appends.</summary>
    [FieldOffset(107)] public bool IsAppend;
    /// <summary>Runs that the block has room for.</summary>
    [FieldOffset(108)] public int RunRoom;
    /// <summary>Slots of gaps that removals rewrote since the block was built.</summary>
    [FieldOffset(112)] public long Fills;
    [FieldOffset(120)] public int Count;
    /// <summary>Inner nodes: children, counted once each.</summary>
    [FieldOffset(48 + 12)] public int ChildCount;

    public readonly Lens Lens
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(LensKind, PrefixLength, LensReference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Node** ModelChildren(Node* inner) => (Node**)((byte*)inner + InnerHeadBytes);

    public static long ModelBytes(int fanout) => InnerHeadBytes + (long)fanout * sizeof(Node*);

    /// <summary>Separators of 8-byte keys that one sample stands for, and samples of a sorted node: each the last separator of its block,
    /// so that two comparisons of two cache lines find the child. The greatest number fills what is not used of either.</summary>
    public const int SampleBlock = 16;

    public static ulong* SeparatorSamples(Node* inner) => (ulong*)((byte*)inner + InnerHeadBytes);

    public static ulong* SeparatorKeys(Node* inner) => SeparatorSamples(inner) + SampleBlock;

    public static ulong* SeparatorRows(Node* inner) => SeparatorKeys(inner) + SeparatorRoom(inner->Capacity);

    public static Node** SortedChildren(Node* inner) => (Node**)(SeparatorRows(inner) + inner->Capacity - 1);

    public static long SortedBytes(int children) => InnerHeadBytes + (SampleBlock + SeparatorRoom(children) + 2L * children - 1) * sizeof(ulong);

    public static int SeparatorRoom(int children) => (children - 1 + SampleBlock - 1) & -SampleBlock;

    public static long InnerBytes(Node* inner) => inner->Kind == NodeKind.ModelInner ? ModelBytes(inner->Capacity) : SortedBytes(inner->Capacity);

    /// <summary>Slot of a head in a model node. Monotone for every head: conversion and product only ever round monotonically.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ModelSlot(ulong head, ulong modelBase, double slope, int fanout)
    {
        var position = (head > modelBase ? head - modelBase : 0) * slope;
        return position >= fanout ? fanout - 1 : (int)position;
    }
}
