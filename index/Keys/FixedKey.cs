using System.Runtime.CompilerServices;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Keys;

/// <summary>An 8-byte key that stands in the slot itself; it is its own head unless the node holds one key only.</summary>
internal readonly struct FixedKey(ulong value) : IIndexKey<FixedKey>
{
    public readonly ulong Value = value;

    public static bool HasHeads => false;

    public static ulong Sentinel => ulong.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Plain(in FixedKey key) => key.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FixedKey Load(ulong stored) => new(stored);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CompareStored(ulong stored, in FixedKey probe) => stored < probe.Value ? -1 : stored > probe.Value ? 1 : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Head(in FixedKey key, ulong rowId, in Lens lens)
    {
        if (lens.Kind == LensKind.Key)
            return key.Value;
        return key.Value == lens.Reference ? rowId : key.Value < lens.Reference ? 0 : ulong.MaxValue;
    }

    public static Lens ChooseLens(ulong firstStored, ulong lastStored, bool allowRow, NativePool pool) =>
        allowRow && firstStored == lastStored ? new Lens(LensKind.Row, 0, firstStored) : new Lens(LensKind.Key, 0, 0);

    public static void FreeLens(in Lens lens, NativePool pool)
    {
    }

    public static void RetireLens(in Lens lens, RetireList retired)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Own(in FixedKey key, NativePool pool) => key.Value;

    public static void RetireStored(ulong stored, RetireList retired)
    {
    }
}
