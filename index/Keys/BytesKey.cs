using System.Buffers.Binary;
using OmenDb.Index.Memory;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Keys;

/// <summary>A normalised byte key, compared as unsigned bytes; its head is the 8 bytes after the node's common prefix.</summary>
/// <remarks>Stored form: address of <c>[int32 length][bytes]</c> in the pool. Slots are written 8 bytes at a time, so a reader that races
/// with a writer sees the old or the new address, never a mixture, and the epoch keeps both readable.</remarks>
internal readonly unsafe struct BytesKey(byte* bytes, int length) : IIndexKey<BytesKey>
{
    public readonly byte* Bytes = bytes;
    public readonly int Length = length;

    public ReadOnlySpan<byte> Span => new(Bytes, Length);

    public static bool HasHeads => true;

    public static ulong Sentinel => 0;

    public static ulong Plain(in BytesKey key) => 0;

    public static BytesKey Load(ulong stored) => new((byte*)stored + sizeof(int), *(int*)stored);

    public static int CompareStored(ulong stored, in BytesKey probe) =>
        stored == Sentinel ? 1 : Load(stored).Span.SequenceCompareTo(probe.Span);

    public static ulong Head(in BytesKey key, ulong rowId, in Lens lens)
    {
        if (lens.Kind == LensKind.Row)
        {
            var order = -CompareStored(lens.Reference, key);
            return order == 0 ? rowId : order < 0 ? 0 : ulong.MaxValue;
        }
        var rest = key.Span;
        if (lens.PrefixLength > 0)
        {
            var prefix = Load(lens.Reference).Span;
            var order = rest[..Math.Min(rest.Length, prefix.Length)].SequenceCompareTo(prefix);
            if (order != 0)
                return order < 0 ? 0 : ulong.MaxValue;
            rest = rest[prefix.Length..];
        }
        if (rest.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        ulong head = 0;
        for (var i = 0; i < rest.Length; i++)
            head |= (ulong)rest[i] << (56 - 8 * i);
        return head;
    }

    public static Lens ChooseLens(ulong firstStored, ulong lastStored, bool allowRow, NativePool pool)
    {
        var first = Load(firstStored);
        var common = first.Span.CommonPrefixLength(Load(lastStored).Span);
        if (allowRow && common == first.Length && common == Load(lastStored).Length)
            return new Lens(LensKind.Row, 0, Own(first, pool));
        return common == 0 ? new Lens(LensKind.Key, 0, 0) : new Lens(LensKind.Key, common, Own(new BytesKey(first.Bytes, common), pool));
    }

    public static void FreeLens(in Lens lens, NativePool pool)
    {
        if (lens.Reference != 0)
            pool.Free((void*)lens.Reference, sizeof(int) + *(int*)lens.Reference);
    }

    public static void RetireLens(in Lens lens, RetireList retired) => RetireStored(lens.Reference, retired);

    public static ulong Own(in BytesKey key, NativePool pool)
    {
        var block = pool.Allocate(sizeof(int) + key.Length);
        *(int*)block = key.Length;
        key.Span.CopyTo(new Span<byte>(block + sizeof(int), key.Length));
        return (ulong)block;
    }

    public static void RetireStored(ulong stored, RetireList retired)
    {
        if (stored != Sentinel)
            retired.Add((void*)stored, sizeof(int) + *(int*)stored);
    }
}
