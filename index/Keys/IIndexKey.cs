using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Keys;

/// <summary>How one kind of key is stored in a slot, compared, and mapped to the number that models work on.</summary>
/// <remarks>A slot holds 8 bytes: the key itself, or the address of its bytes. The head is a monotone (not always injective) map of an
/// entry (key, row id) to 64 bits under a node's <see cref="Lens"/>; exact comparison settles what heads leave equal.</remarks>
internal unsafe interface IIndexKey<TSelf> where TSelf : unmanaged, IIndexKey<TSelf>
{
    /// <summary>Whether leaves carry a separate array of heads beside the stored keys.</summary>
    static abstract bool HasHeads { get; }

    /// <summary>What stands in the slots behind a leaf's last entry.</summary>
    static abstract ulong Sentinel { get; }

    /// <summary>The key as a number, for keys that have no separate heads; 0 for others.</summary>
    static abstract ulong Plain(in TSelf key);

    static abstract TSelf Load(ulong stored);

    /// <summary>Sign of stored minus probe; a <see cref="Sentinel"/> is greater than or equal to every probe.</summary>
    static abstract int CompareStored(ulong stored, in TSelf probe);

    static abstract ulong Head(in TSelf key, ulong rowId, in Lens lens);

    /// <summary>A lens under which the heads of entries from first to last spread as widely as they can; owns what it refers to.</summary>
    static abstract Lens ChooseLens(ulong firstStored, ulong lastStored, bool allowRow, NativePool pool);

    /// <summary>Gives back at once what a lens refers to that nobody else has seen.</summary>
    static abstract void FreeLens(in Lens lens, NativePool pool);

    static abstract void RetireLens(in Lens lens, RetireList retired);

    /// <summary>Makes the slot value of a key, copying its bytes where it has any.</summary>
    static abstract ulong Own(in TSelf key, NativePool pool);

    static abstract void RetireStored(ulong stored, RetireList retired);
}
