using System.Buffers.Binary;
using System.Diagnostics;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Simulation;
using OmenDb.Types;

namespace OmenDb.Storage.Log;

/// <summary>The append-only redo log: records in, positions out, durable after <see cref="WaitDurable"/>.</summary>
/// <remarks>
/// <para>Format: <see cref="LogFormat"/>. Who writes when: <see cref="FlushQueue"/>.</para>
/// <para>Locks, in the order in which they may be taken:</para>
/// <code>
///   leadership (FlushQueue)   held over write + fdatasync, by one thread
///     _append                 held for a copy into memory (while a record above StreamAbove streams: for its writes too)
///       LogSegments._gate     held over making a segment
/// </code>
/// <para>Waiting for durability holds none of them. Nobody flushes under <c>_append</c>, so commits go on entering the
/// buffers while the previous ones reach the device.</para>
/// <para>A failed write or flush is final: which bytes arrived is unknown, and a repeated flush would report success for pages
/// that the kernel has dropped. All later appends and waits fail with 58030 and the first cause. A full disk is found before
/// a record is accepted (53100): space is made ahead, so that one is not final.</para>
/// </remarks>
public sealed class RedoLog : IDisposable
{
    /// <summary>Below, a flush is over before others could join it.</summary>
    private static readonly long SlowFlushTicks = Stopwatch.Frequency / 2000; // half a millisecond

    // Room for what may follow a record before space is checked again: a mark, a header and the unused end of a segment.
    private const int SpaceReserve = 512;

    private readonly LogOptions _options;
    private readonly int _segmentSize;
    private readonly LogSegments _segments;
    private readonly FlushQueue _queue = new();
    private readonly ulong _run;

    // Guarded by _append.
    private readonly Lock _append = new();
    private readonly Stack<LogBuffer> _freeBuffers = new();
    private List<LogBuffer> _buffers = [];
    private LogBuffer? _last;
    private uint _chain;
    private bool _opened;
    private long _end; // written under _append, read anywhere

    // Belong to the leader.
    private readonly SortedSet<long> _unflushedSegments = [];
    private List<LogBuffer> _writing = [];

    private readonly List<LogHold> _holds = []; // guarded by itself
    private long _written;
    private long _durable;
    private long _flushCount;
    private long _flushTicks; // of a flush, smoothed; the leader's
    private SqlException? _failure;
    private bool _disposed;
    private int _preparing;

    private RedoLog(LogOptions options, LogSegments segments, int segmentSize, Lsn end, uint chain)
    {
        _options = options;
        _segments = segments;
        _segmentSize = segmentSize;
        _run = options.NewRunNumber();
        _chain = chain;
        _end = _written = _durable = end.Value;
        _queue.Enter(Lsn.Max);
        _queue.Leave(end, failed: false);
    }

    /// <summary>Everything below is on the device.</summary>
    public Lsn DurableLsn => new(Volatile.Read(ref _durable));

    /// <summary>Everything below was appended.</summary>
    public Lsn EndLsn => new(Volatile.Read(ref _end));

    /// <summary>Device flushes since opening.</summary>
    public long FlushCount => Volatile.Read(ref _flushCount);

    public int SegmentSize => _segmentSize;

    /// <summary>Committers that wait for the next flush, the one that leads it apart.</summary>
    internal int WaitingCount => _queue.WaitingCount;

    /// <summary>Why the log accepts nothing any more; null while it is sound.</summary>
    public SqlException? Failure => Volatile.Read(ref _failure);

    /// <summary>Called by the leader after each flush and before anyone waiting returns, with rising positions: the place to make
    /// commits visible in log order. It must not append, wait or throw.</summary>
    public Action<Lsn>? Durable { get; set; }

    /// <summary>Opens or makes the log and gives its records from <paramref name="replayFrom"/> on to <paramref name="consumer"/>.</summary>
    /// <remarks><paramref name="directory"/> belongs to the log alone and is made when missing. <paramref name="replayFrom"/> is a
    /// position that this log gave out (the manifest's), or <see cref="Lsn.Zero"/> for a log that never was truncated.</remarks>
    /// <exception cref="SqlException">XX001: damage to something that was durable, nothing is changed; 0A000: newer format;
    /// 53100, 58030; and whatever the consumer throws.</exception>
    public static RedoLog Open(IFileSystem files, string directory, LogOptions options, Lsn replayFrom, IRedoConsumer consumer)
    {
        files.CreateDirectory(directory);
        var segmentSize = options.SegmentSize;
        var numbers = new List<long>();
        foreach (var name in files.List(directory))
        {
            if (name.EndsWith(".new", StringComparison.Ordinal))
                files.Delete(FileExtensions.PathOf(directory, name)); // a segment whose making a crash interrupted
            else if (LogFormat.SegmentNumber(name) is > 0 and var number)
                numbers.Add(number);
        }
        if (numbers.Count > 0)
        {
            using var file = files.Open(FileExtensions.PathOf(directory, LogFormat.SegmentName(numbers.Min())), FileOpenMode.Read);
            if (file.Length is < 4096 or > int.MaxValue)
                throw SqlException.Corruption(file.Path, 0, $"a log segment of {file.Length} bytes");
            segmentSize = (int)file.Length;
        }
        var start = replayFrom == Lsn.Zero ? new Lsn(segmentSize) : replayFrom;
        var first = start.Value / segmentSize;
        if (replayFrom != Lsn.Zero && !numbers.Contains(first))
            throw Missing(directory, first, replayFrom);

        var reader = new LogReader(files, directory, segmentSize, start);
        while (reader.Next(out var from, out var to, out var record))
            consumer.Replay(from, to, record);
        if (reader.End < options.KnownDurable)
            throw SqlException.Corruption(FileExtensions.PathOf(directory, LogFormat.SegmentName(reader.End.Value / segmentSize)),
                reader.End.Value % segmentSize, $"the log ends at {reader.End}, although everything below {options.KnownDurable} was durable");

        var segments = new LogSegments(files, directory, segmentSize);
        var current = reader.End.Value / segmentSize;
        segments.Adopt(numbers.Count == 0 ? first : numbers.Min(), current);
        // What was read may exist in the kernel's cache only. Users are about to see it, so it must be durable first.
        for (var number = first; number <= current && number * segmentSize < segments.ReadyEnd; number++)
            segments.File(number).Flush();
        files.FlushDirectory(directory);
        return new RedoLog(options, segments, segmentSize, reader.End, reader.EndChain);
    }

    /// <summary>Copies a record into the log's memory. It is durable when <see cref="DurableLsn"/> reaches the result.</summary>
    /// <returns>The position after the record: to be given to <see cref="WaitDurable"/>, and, when the effects of everything up
    /// to here are kept elsewhere, to the next <see cref="Open"/> or to <see cref="TruncateBefore"/>.</returns>
    /// <exception cref="SqlException">53100: nothing of the record is in the log; 58030: the log has failed.</exception>
    public Lsn Append(ReadOnlySpan<byte> record)
    {
        if (record.Length > _options.StreamAbove)
            return Stream(record);
        return Append(record, Crc32C.Compute(record)); // outside the lock; most records fit into one frame
    }

    /// <summary>For callers that append under a lock of their own: waits, before they take it, until a record of that length can be appended
    /// without waiting for the device. Others may use up the room meanwhile; then appending waits after all.</summary>
    /// <exception cref="SqlException">53100, 58030.</exception>
    public void MakeRoom(long recordLength)
    {
        ThrowIfUnusable();
        if (Volatile.Read(ref _end) - Volatile.Read(ref _written) > _options.MaxBufferedBytes && _queue.Enter(Lsn.Max))
            Lead(flush: false);
        _segments.EnsureReady(EndLsn.Value + SpaceFor(recordLength));
    }

    private Lsn Append(ReadOnlySpan<byte> record, uint payloadCrc)
    {
        // Twice what MakeRoom waits for: only those who came without it wait here.
        if (Volatile.Read(ref _end) - Volatile.Read(ref _written) > 2L * _options.MaxBufferedBytes && _queue.Enter(Lsn.Max))
            Lead(flush: false);
        while (true)
        {
            var needed = SpaceFor(record.Length);
            _segments.EnsureReady(EndLsn.Value + needed);
            lock (_append)
            {
                ThrowIfUnusable();
                if (_end + needed > _segments.ReadyEnd)
                    continue; // others were faster
                OpenRun();
                AppendFrames(record, payloadCrc, stream: false);
                if (_segments.ReadyEnd - _end < _segmentSize / 2 && _options.PrepareInBackground)
                    PrepareNext();
                return new Lsn(_end);
            }
        }
    }

    private void PrepareNext()
    {
        if (Interlocked.Exchange(ref _preparing, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static log => log.Prepare(), this, preferLocal: false);
    }

    private void Prepare()
    {
        try
        {
            _segments.EnsureReady(_segments.ReadyEnd + 1);
        }
        catch (SqlException)
        {
            // Nobody asked for the space yet: whoever needs it tries again and gets the error.
        }
        finally
        {
            Volatile.Write(ref _preparing, 0);
        }
    }

    /// <summary>Returns when everything below <paramref name="lsn"/> is on the device, flushing for all who wait when nobody else does.</summary>
    /// <remarks><paramref name="cancellation"/> ends the wait, not the commit: the record stays in the log.</remarks>
    /// <exception cref="SqlException">58030: the log has failed; it is unknown whether the record is on the device.</exception>
    public void WaitDurable(Lsn lsn, CancellationToken cancellation = default)
    {
        while (DurableLsn < lsn)
        {
            ThrowIfUnusable();
            if (_queue.Enter(lsn, cancellation))
                Lead(flush: true);
        }
    }

    /// <summary>Makes everything appended so far durable; for those who commit without waiting, from time to time.</summary>
    public void Flush() => WaitDurable(EndLsn);

    /// <summary>Makes <paramref name="position"/> a safe beginning for recovery: behind it stands, durably, a frame of this log.</summary>
    /// <remarks>A reader that begins in the middle does not know the checksum of the frame before. Were the end of the log taken for a beginning as it
    /// is, it could take for the log's what a torn flush of an earlier run has left there: a whole frame, at its right place, of a
    /// transaction that never was. A reader that comes from the front knows better, by the chain.</remarks>
    /// <exception cref="SqlException">53100, 58030.</exception>
    public void Anchor(Lsn position)
    {
        if (DurableLsn <= position)
            Flush();
        if (DurableLsn > position)
            return;
        _segments.EnsureReady(EndLsn.Value + SpaceReserve);
        lock (_append)
        {
            ThrowIfUnusable();
            if (_opened)
                AppendMark();
            else
                OpenRun();
        }
        Flush();
    }

    /// <summary>Keeps the log from <paramref name="from"/> on until the hold is disposed of or moved forward.</summary>
    public LogHold Hold(Lsn from)
    {
        var hold = new LogHold(this, from);
        lock (_holds)
            _holds.Add(hold);
        return hold;
    }

    /// <summary>Gives up what is before <paramref name="lsn"/>, as far as nobody holds it. Costs some file operations, no flush of data.</summary>
    /// <remarks>Call it when whatever replaces the log (the manifest's new start of replay) is durable.</remarks>
    public void TruncateBefore(Lsn lsn)
    {
        ThrowIfUnusable();
        var limit = Lsn.Min(lsn, DurableLsn);
        lock (_holds)
        {
            foreach (var hold in _holds)
                limit = Lsn.Min(limit, hold.From);
        }
        _segments.Retire(limit.Value / _segmentSize, EndLsn.Value / _segmentSize, _options.SpareSegments);
    }

    /// <summary>Flushes, so that damage to any byte written so far will be seen as damage, and closes the files.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        if (_queue.Enter(Lsn.Max))
            Lead(flush: true, closing: true);
        lock (_append)
            _disposed = true;
        _segments.Dispose();
    }

    internal void Release(LogHold hold)
    {
        lock (_holds)
            _holds.Remove(hold);
    }

    private static SqlException Missing(string directory, long segment, Lsn replayFrom) => SqlException.Corruption(
        FileExtensions.PathOf(directory, LogFormat.SegmentName(segment)), 0, $"the file is missing, but replay starts at {replayFrom}");

    /// <summary>Upper bound of the log bytes that a record takes, with all frame and segment headers.</summary>
    private long SpaceFor(long length)
    {
        var frames = (length / Math.Min(_options.BufferSize - 64, _segmentSize - 128)) + 2;
        return length + (frames * 2 * (LogFormat.FrameHeaderSize + LogFormat.SegmentHeaderSize + LogFormat.MinimumRoom)) + SpaceReserve;
    }

    /// <summary>A large record goes from the caller's memory through one buffer to the file; the others wait meanwhile.</summary>
    private Lsn Stream(ReadOnlySpan<byte> record)
    {
        _segments.EnsureReady(EndLsn.Value + SpaceFor(record.Length));
        _queue.Enter(Lsn.Max);
        try
        {
            lock (_append)
            {
                ThrowIfUnusable();
                _segments.EnsureReady(_end + SpaceFor(record.Length));
                OpenRun();
                AppendFrames(record, 0, stream: true);
                return new Lsn(_end);
            }
        }
        finally
        {
            _queue.Leave(DurableLsn, Failure is not null);
        }
    }

    private void OpenRun()
    {
        if (_opened)
            return;
        _opened = true;
        AppendMark();
    }

    private void AppendMark()
    {
        Span<byte> mark = stackalloc byte[LogFormat.MarkPayloadSize];
        BinaryPrimitives.WriteInt64LittleEndian(mark, DurableLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(mark[8..], _run);
        if (Room() < LogFormat.MinimumRoom)
            SkipToNextSegment();
        AppendFrame(mark, Crc32C.Compute(mark), FrameKind.Mark);
    }

    private int Room() => _segmentSize - (int)(_end % _segmentSize);

    private void SkipToNextSegment()
    {
        _end += Room();
        _last = null;
    }

    private void AppendFrames(ReadOnlySpan<byte> record, uint payloadCrc, bool stream)
    {
        var kind = FrameKind.First;
        while (true)
        {
            if (Room() < LogFormat.MinimumRoom)
                SkipToNextSegment();
            var room = Math.Min(Room(), _options.BufferSize) - LogFormat.FrameHeaderSize;
            if (_end % _segmentSize == 0)
                room -= LogFormat.SegmentHeaderSize;
            if (record.Length <= room)
            {
                var whole = kind == FrameKind.First;
                AppendFrame(record, whole && !stream ? payloadCrc : Crc32C.Compute(record), whole ? FrameKind.Whole : FrameKind.Last);
                return;
            }
            AppendFrame(record[..room], Crc32C.Compute(record[..room]), kind);
            kind = FrameKind.Middle;
            record = record[room..];
            if (stream)
                Write(_buffers, keepLast: false);
        }
    }

    private void AppendFrame(ReadOnlySpan<byte> payload, uint payloadCrc, FrameKind kind)
    {
        var size = (int)(LogFormat.FrameHeaderSize + LogFormat.Align(payload.Length));
        if (_end % _segmentSize == 0)
        {
            _last = null; // a buffer belongs to one segment
            LogFormat.WriteSegmentHeader(Reserve(LogFormat.SegmentHeaderSize), _end / _segmentSize, _segmentSize);
            Volatile.Write(ref _end, _end + LogFormat.SegmentHeaderSize);
        }
        var frame = Reserve(size);
        payload.CopyTo(frame[LogFormat.FrameHeaderSize..]);
        frame[(LogFormat.FrameHeaderSize + payload.Length)..].Clear();
        _chain = LogFormat.SealFrame(frame, payload.Length, payloadCrc, new Lsn(_end), _chain, kind);
        Volatile.Write(ref _end, _end + size);
    }

    private Span<byte> Reserve(int size)
    {
        if (_last is null || _last.Room < size)
        {
            var buffer = _freeBuffers.TryPop(out var free) ? free : new LogBuffer(_options.BufferSize);
            _buffers.Add(_last = buffer.Reset(_end));
        }
        return _last.Take(size);
    }

    /// <summary>As the leader: writes what is buffered, flushes it when asked to, and gives the leadership away.</summary>
    private void Lead(bool flush, bool closing = false)
    {
        try
        {
            long end;
            if (flush && !closing && _flushTicks > SlowFlushTicks)
                _queue.Gather(_flushTicks / 4);
            lock (_append)
            {
                if (Failure is not null)
                    return;
                if (_buffers.Count > 0)
                    AppendMark();
                end = _end;
                (_buffers, _writing) = (_writing, _buffers);
                _last = null;
            }
            Write(_writing, keepLast: true);
            if (flush && end > _durable)
            {
                Flush(end);
                if (closing)
                    AppendClosingMark();
            }
        }
        catch (Exception e) // whatever it was, the state of the file is unknown from here on
        {
            Fail(e);
        }
        finally
        {
            _queue.Leave(DurableLsn, Failure is not null);
        }
    }

    private void Flush(long end)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var segment in _unflushedSegments)
        {
            if (!PlantedBugs.Has(PlantedBug.SkippedFlush))
                _segments.File(segment).Flush();
        }
        _unflushedSegments.Clear();
        _flushTicks += (Stopwatch.GetTimestamp() - began - _flushTicks) / 8;
        Volatile.Write(ref _flushCount, _flushCount + 1);
        Volatile.Write(ref _durable, end);
        Durable?.Invoke(new Lsn(end));
    }

    /// <summary>A mark of its own after the last flush: from now on damage to that flush is damage, not a torn end.</summary>
    private void AppendClosingMark()
    {
        long end;
        lock (_append)
        {
            if (_buffers.Count > 0 || _segments.ReadyEnd < _end + SpaceReserve)
                return; // someone still appends, or the disk is full: the mark is a courtesy
            AppendMark();
            end = _end;
            (_buffers, _writing) = (_writing, _buffers);
            _last = null;
        }
        Write(_writing, keepLast: true);
        Flush(end);
    }

    /// <summary>As the leader: to the files, and the buffers back to the pool.</summary>
    private void Write(List<LogBuffer> buffers, bool keepLast)
    {
        try
        {
            foreach (var buffer in buffers)
            {
                var segment = buffer.Start / _segmentSize;
                _unflushedSegments.Add(segment);
                _segments.File(segment).WriteAll(buffer.Start % _segmentSize, buffer.Bytes);
                Volatile.Write(ref _written, buffer.Start + buffer.Used);
            }
        }
        catch (Exception e) when (!keepLast)
        {
            Fail(e);
            throw Unusable(Failure!);
        }
        lock (_append)
        {
            if (!keepLast)
                _last = null;
            foreach (var buffer in buffers)
            {
                if (_freeBuffers.Count * (long)_options.BufferSize < _options.MaxBufferedBytes)
                    _freeBuffers.Push(buffer);
            }
            buffers.Clear();
        }
    }

    private void Fail(Exception cause) => Interlocked.CompareExchange(ref _failure,
        new SqlException(SqlState.IoError, $"could not write the redo log: {cause.Message}", cause), null);

    /// <exception cref="SqlException">58030: the log has failed.</exception>
    public void ThrowIfFailed()
    {
        if (Failure is { } failure)
            throw Unusable(failure);
    }

    private void ThrowIfUnusable()
    {
        ThrowIfFailed();
        ObjectDisposedException.ThrowIf(_disposed, this);
    }

    private static SqlException Unusable(SqlException failure) => new(SqlState.IoError, failure.Message, failure)
    {
        Hint = "The database accepts no more changes. Restart it: recovery goes on from what reached the disk.",
    };
}
