using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Index.Tests;

/// <summary>The two indexes behind one face, so that every test runs against both.</summary>
internal abstract class IndexModel : IDisposable
{
    public static IEnumerable<Func<AlexOptions?, IndexModel>> All =>
        [options => new Fixed(options), options => new Bytes(options), options => new Texts(options)];

    public abstract bool Insert(ulong key, ulong row);
    public abstract bool Remove(ulong key, ulong row);
    public abstract bool TryGetFirst(ulong key, out ulong row);
    public abstract ulong[] GetAll(ulong key);
    public abstract void BulkLoad((ulong Key, ulong Row)[] sorted);
    public abstract List<(ulong Key, ulong Row)> ReadForward(ulong lower, int limit);
    public abstract List<(ulong Key, ulong Row)> ReadBackward(ulong upper, int limit);
    public abstract AlexStatistics Statistics { get; }
    public abstract long Count { get; }
    public abstract void Dispose();

    public void AssertSameAs(SortedSet<(ulong Key, ulong Row)> reference)
    {
        Assert.Equal(reference.Count, Count);
        Assert.Equal(reference.Count, Statistics.Entries);
        Assert.Equal(reference, ReadForward(0, int.MaxValue));
        Assert.Equal(reference.Reverse(), ReadBackward(ulong.MaxValue, int.MaxValue));
    }

    private sealed class Fixed(AlexOptions? options) : IndexModel
    {
        private readonly AlexIndex _index = new(options);

        public override AlexStatistics Statistics => _index.GetStatistics();
        public override long Count => _index.Count;
        public override bool Insert(ulong key, ulong row) => _index.Insert(key, row);
        public override bool Remove(ulong key, ulong row) => _index.Remove(key, row);
        public override bool TryGetFirst(ulong key, out ulong row) => _index.TryGetFirst(key, out row);

        public override ulong[] GetAll(ulong key)
        {
            var rows = new RowIdList(stackalloc ulong[4]);
            var count = _index.GetAll(key, ref rows);
            var answer = rows.Span.ToArray();
            rows.Dispose();
            Assert.Equal(count, answer.Length);
            return answer;
        }

        public override void BulkLoad((ulong Key, ulong Row)[] sorted) =>
            _index.BulkLoad(sorted.Select(e => e.Key).ToArray(), sorted.Select(e => e.Row).ToArray());

        public override List<(ulong Key, ulong Row)> ReadForward(ulong lower, int limit)
        {
            var cursor = _index.Seek(lower);
            var entries = new List<(ulong, ulong)>();
            while (entries.Count < limit && cursor.MoveNext())
                entries.Add((cursor.Key, cursor.RowId));
            return entries;
        }

        public override List<(ulong Key, ulong Row)> ReadBackward(ulong upper, int limit)
        {
            var cursor = _index.SeekLast(upper);
            var entries = new List<(ulong, ulong)>();
            while (entries.Count < limit && cursor.MovePrevious())
                entries.Add((cursor.Key, cursor.RowId));
            return entries;
        }

        public override void Dispose() => _index.Dispose();
    }

    /// <summary>Byte keys of one form; the form keeps the order of the numbers.</summary>
    private abstract class ByBytes(AlexOptions? options) : IndexModel
    {
        private readonly AlexByteIndex _index = new(options);

        protected abstract byte[] Encode(ulong key);
        protected abstract ulong Decode(ReadOnlySpan<byte> bytes);

        public override AlexStatistics Statistics => _index.GetStatistics();
        public override long Count => _index.Count;
        public override bool Insert(ulong key, ulong row) => _index.Insert(Encode(key), row);
        public override bool Remove(ulong key, ulong row) => _index.Remove(Encode(key), row);
        public override bool TryGetFirst(ulong key, out ulong row) => _index.TryGetFirst(Encode(key), out row);

        public override ulong[] GetAll(ulong key)
        {
            var rows = new RowIdList(stackalloc ulong[4]);
            _index.GetAll(Encode(key), ref rows);
            var answer = rows.Span.ToArray();
            rows.Dispose();
            return answer;
        }

        public override void BulkLoad((ulong Key, ulong Row)[] sorted)
        {
            var bytes = new List<byte>();
            var ends = new List<int>();
            foreach (var (key, _) in sorted)
            {
                bytes.AddRange(Encode(key));
                ends.Add(bytes.Count);
            }
            _index.BulkLoad(bytes.ToArray(), ends.ToArray(), sorted.Select(e => e.Row).ToArray());
        }

        public override List<(ulong Key, ulong Row)> ReadForward(ulong lower, int limit)
        {
            var cursor = _index.Seek(Encode(lower));
            return Read(ref cursor, limit, true);
        }

        public override List<(ulong Key, ulong Row)> ReadBackward(ulong upper, int limit)
        {
            var cursor = upper == ulong.MaxValue ? _index.SeekEnd() : _index.SeekLast(Encode(upper));
            return Read(ref cursor, limit, false);
        }

        public override void Dispose() => _index.Dispose();

        /// <summary>Reads and disposes the very cursor: a copy that grew its pooled buffer would leave the original to return it twice.</summary>
        private List<(ulong, ulong)> Read(ref AlexByteCursor cursor, int limit, bool forward)
        {
            var entries = new List<(ulong, ulong)>();
            while (entries.Count < limit && (forward ? cursor.MoveNext() : cursor.MovePrevious()))
                entries.Add((Decode(cursor.Key), cursor.RowId));
            cursor.Dispose();
            return entries;
        }
    }

    /// <summary>Eight bytes behind a prefix.</summary>
    private sealed class Bytes(AlexOptions? options) : ByBytes(options)
    {
        protected override byte[] Encode(ulong key)
        {
            var bytes = new byte[12];
            "pfx:"u8.CopyTo(bytes);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(4), key);
            return bytes;
        }

        protected override ulong Decode(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes[4..]);
    }

    /// <summary>Long decimal texts that differ late, with lengths that differ: leading digits, a long filler, a tail of zero bytes.</summary>
    private sealed class Texts(AlexOptions? options) : ByBytes(options)
    {
        protected override byte[] Encode(ulong key) =>
            Encoding.ASCII.GetBytes($"{key / 1000:D17}/some-long-common-part/{key % 1000:D3}" + new string('\0', (int)(key % 3)));

        protected override ulong Decode(ReadOnlySpan<byte> bytes) =>
            ulong.Parse(bytes[..17]) * 1000 + ulong.Parse(bytes[40..43]);
    }
}
