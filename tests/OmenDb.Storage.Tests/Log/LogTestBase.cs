using System.Buffers.Binary;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;

namespace OmenDb.Storage.Tests.Log;

/// <summary>Collects what recovery delivers.</summary>
internal sealed class Collected : IRedoConsumer
{
    public List<(Lsn Start, Lsn End, byte[] Record)> Records { get; } = [];

    public void Replay(Lsn start, Lsn end, ReadOnlySpan<byte> record) => Records.Add((start, end, record.ToArray()));

    public List<int> Ids => [.. Records.Select(r => BinaryPrimitives.ReadInt32LittleEndian(r.Record))];
}

internal static class LogTest
{
    public static readonly LogOptions Small = new() { SegmentSize = 16384, BufferSize = 4096, MaxBufferedBytes = 65536, StreamAbove = 20000, PrepareInBackground = false };

    /// <summary>A record that begins with <paramref name="id"/> and whose other bytes follow from it.</summary>
    public static byte[] Record(int id, int length)
    {
        var record = new byte[Math.Max(4, length)];
        new Random(id).NextBytes(record);
        BinaryPrimitives.WriteInt32LittleEndian(record, id);
        return record;
    }

    public static RedoLog Open(IFileSystem files, out Collected collected, Lsn from = default, LogOptions? options = null)
    {
        collected = new Collected();
        return RedoLog.Open(files, "/db/log", options ?? Small, from, collected);
    }
}
