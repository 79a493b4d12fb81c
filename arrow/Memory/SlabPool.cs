using System.Runtime.InteropServices;

namespace OmenDb.Arrow;

/// <summary>Blocks of 4 to 64 KiB, the sizes of column vectors, cut out of slabs of one huge page each.</summary>
/// <remarks>One by one from malloc they would stand on pages of 4 KiB, and a read of one value somewhere in a large table would miss the TLB as well as the
/// caches. A slab has blocks of one size; one that is wholly free goes back unless it is the last of its size with room.</remarks>
internal static unsafe class SlabPool
{
    private const int SlabBytes = (int)NativeMemoryBlocks.HugePageSize;
    private const int SmallestShift = 12;
    private const int LargestShift = 16;

    private static readonly SizeClass[] _classes = [.. Enumerable.Range(SmallestShift, LargestShift - SmallestShift + 1).Select(shift => new SizeClass(1 << shift))];

    /// <summary>Whether blocks of a size come from here: those that leave little of their block unused.</summary>
    public static bool Serves(long sizeBytes) => sizeBytes is > 3 << (SmallestShift - 2) and <= 1 << LargestShift && Class(sizeBytes).Size - sizeBytes < Class(sizeBytes).Size / 8;

    private static SizeClass Class(long sizeBytes) =>
        _classes[Math.Max(0, 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)(sizeBytes - 1)) - SmallestShift)];

    public static byte* Allocate(long sizeBytes) => Class(sizeBytes).Allocate();

    public static void Free(byte* block, long sizeBytes) => Class(sizeBytes).Free(block);

    private sealed class Slab(byte* start, int blocks)
    {
        private readonly short[] _free = new short[blocks]; // given back, as a stack
        private int _freeCount;
        private int _untouched; // blocks from here on were never given out

        public byte* Start => start;

        public bool IsFull => _freeCount == 0 && _untouched == blocks;

        public bool IsEmpty => _freeCount == _untouched;

        /// <summary>Where it stands among the slabs with room; -1: it is full.</summary>
        public int Place { get; set; } = -1;

        public byte* Take(int size) => start + (long)(_freeCount > 0 ? _free[--_freeCount] : _untouched++) * size;

        public void Return(byte* block, int size) => _free[_freeCount++] = (short)((block - start) / size);
    }

    private sealed class SizeClass(int size)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<nint, Slab> _slabs = [];
        private readonly List<Slab> _withRoom = [];

        public int Size => size;

        public byte* Allocate()
        {
            lock (_gate)
            {
                if (_withRoom.Count == 0)
                    Grow();
                var slab = _withRoom[^1];
                var block = slab.Take(size);
                if (slab.IsFull)
                    Remove(slab);
                return block;
            }
        }

        public void Free(byte* block)
        {
            lock (_gate)
            {
                var slab = _slabs[(nint)block & ~(nint)(SlabBytes - 1)];
                slab.Return(block, size);
                if (slab.Place < 0)
                    Add(slab);
                if (!slab.IsEmpty || _withRoom.Count == 1)
                    return;
                Remove(slab);
                _slabs.Remove((nint)slab.Start);
                NativeMemory.AlignedFree(slab.Start);
            }
        }

        private void Grow()
        {
            var start = (byte*)NativeMemory.AlignedAlloc(SlabBytes, SlabBytes);
            NativeMemoryBlocks.AdviseHuge(start, SlabBytes);
            var slab = new Slab(start, SlabBytes / size);
            _slabs.Add((nint)start, slab);
            Add(slab);
        }

        private void Add(Slab slab)
        {
            slab.Place = _withRoom.Count;
            _withRoom.Add(slab);
        }

        private void Remove(Slab slab)
        {
            var last = _withRoom[^1];
            _withRoom[slab.Place] = last;
            last.Place = slab.Place;
            _withRoom.RemoveAt(_withRoom.Count - 1);
            slab.Place = -1;
        }
    }
}
