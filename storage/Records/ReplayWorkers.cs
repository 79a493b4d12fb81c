using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace OmenDb.Storage.Records;

/// <summary>Threads that apply row records at recovery. What concerns one segment goes to one thread, in the order of the log; segments share
/// nothing else.</summary>
/// <remarks>The caller is one thread. Definitions are not for these threads: <see cref="Drain"/> comes first.</remarks>
internal sealed class ReplayWorkers : IDisposable
{
    private const int BatchBytes = 256 << 10;
    private const int QueuedBatches = 8; // per thread: reading stays ahead, memory bounded
    private const int HeaderBytes = 5;

    /// <param name="kind">Of rows.</param>
    /// <param name="body">As <see cref="RedoReader"/> reads it.</param>
    internal delegate void Applier(RecordKind kind, ReadOnlySpan<byte> body);

    private sealed class Worker : IDisposable
    {
        public readonly BlockingCollection<(byte[] Bytes, int Length)> Queue = new(QueuedBatches);
        public byte[] Open = [];
        public int Used;
        public Thread? Thread;

        public void Dispose()
        {
            Queue.CompleteAdding();
            Thread!.Join();
            Queue.Dispose();
        }
    }

    private readonly Worker[] _workers;
    private readonly Applier _apply;
    private readonly object _progress = new(); // guards what follows
    private int _unfinished;
    private ExceptionDispatchInfo? _failure;

    public ReplayWorkers(int count, Applier apply)
    {
        _apply = apply;
        _workers = new Worker[count];
        for (var i = 0; i < count; i++)
        {
            var worker = _workers[i] = new Worker();
            worker.Thread = new Thread(() => Run(worker)) { IsBackground = true, Name = $"replay {i}" };
            worker.Thread.Start();
        }
    }

    /// <summary>Hands a record over; the bytes are copied.</summary>
    /// <param name="kind">Of rows.</param>
    /// <param name="body">Begins with storage id and row id, as all row records do.</param>
    public void Post(RecordKind kind, ReadOnlySpan<byte> body)
    {
        var storage = BinaryPrimitives.ReadInt64LittleEndian(body);
        var row = new RowId(BinaryPrimitives.ReadUInt64LittleEndian(body[8..]));
        var worker = _workers[(int)((uint)HashCode.Combine(storage, row.Segment) % (uint)_workers.Length)];
        if (worker.Used + HeaderBytes + body.Length > worker.Open.Length)
        {
            Send(worker);
            worker.Open = ArrayPool<byte>.Shared.Rent(Math.Max(BatchBytes, HeaderBytes + body.Length));
        }
        var target = worker.Open.AsSpan(worker.Used);
        target[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(target[1..], body.Length);
        body.CopyTo(target[HeaderBytes..]);
        worker.Used += HeaderBytes + body.Length;
    }

    /// <summary>Returns when everything handed over is applied.</summary>
    public void Drain()
    {
        foreach (var worker in _workers)
            Send(worker);
        lock (_progress)
        {
            while (_unfinished > 0)
                Monitor.Wait(_progress);
            _failure?.Throw();
        }
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
            worker.Dispose();
    }

    private void Send(Worker worker)
    {
        if (worker.Used == 0)
            return;
        lock (_progress)
        {
            _failure?.Throw();
            _unfinished++;
        }
        worker.Queue.Add((worker.Open, worker.Used));
        (worker.Open, worker.Used) = ([], 0);
    }

    private void Run(Worker worker)
    {
        foreach (var (bytes, length) in worker.Queue.GetConsumingEnumerable())
        {
            try
            {
                var rest = bytes.AsSpan(0, length);
                while (!rest.IsEmpty)
                {
                    var size = BinaryPrimitives.ReadInt32LittleEndian(rest[1..]);
                    _apply((RecordKind)rest[0], rest.Slice(HeaderBytes, size));
                    rest = rest[(HeaderBytes + size)..];
                }
            }
            catch (Exception e) // thrown again on the opening thread
            {
                lock (_progress)
                    _failure ??= ExceptionDispatchInfo.Capture(e);
            }
            ArrayPool<byte>.Shared.Return(bytes);
            lock (_progress)
            {
                _unfinished--;
                Monitor.PulseAll(_progress);
            }
        }
    }
}
