using OmenDb.Storage.FileSystem;
using OmenDb.Types;

namespace OmenDb.Storage.Log;

/// <summary>Reads a log's records in order, up to the torn end, and tells that apart from damage. See <see cref="LogFormat"/>.</summary>
internal sealed class LogReader
{
    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly int _segmentSize;
    private readonly byte[] _segment;
    private long _loaded; // number of the segment in _segment
    private int _loadedLength;
    private bool _loadedHeaderIsSound;

    private long _position;
    private bool _chainKnown;
    private uint _chain;

    private byte[] _record = [];
    private int _recordLength;
    private long _recordStart = -1; // >= 0 while a record is being put together from its frames

    /// <summary>Begins at <paramref name="start"/>: a position that <see cref="RedoLog"/> gave out, or the start of a segment.</summary>
    public LogReader(IFileSystem files, string directory, int segmentSize, Lsn start)
    {
        _files = files;
        _directory = directory;
        _segmentSize = segmentSize;
        _segment = new byte[segmentSize];
        _position = start.Value;
        End = start;
    }

    /// <summary>End of the last whole record or mark that was read: where the log goes on.</summary>
    public Lsn End { get; private set; }

    /// <summary>CRC of the frame that ends at <see cref="End"/>; 0 at the start of the log.</summary>
    public uint EndChain { get; private set; }

    /// <returns>False at the end of the log.</returns>
    /// <exception cref="SqlException">XX001: damage below a position that was durable; 58030.</exception>
    public bool Next(out Lsn start, out Lsn end, out ReadOnlySpan<byte> record)
    {
        while (ReadFrame(out var frame, out var at))
        {
            switch (frame.Kind)
            {
                case FrameKind.Mark:
                    if (_recordStart >= 0)
                        throw Corrupted(at, "a flush mark inside a record");
                    Accept();
                    continue;
                case FrameKind.Whole:
                    start = new Lsn(at);
                    end = new Lsn(_position);
                    record = frame.Payload;
                    Accept();
                    return true;
                case FrameKind.First:
                    _recordStart = at;
                    _recordLength = 0;
                    Collect(frame.Payload);
                    continue;
                default:
                    if (_recordStart < 0)
                        throw Corrupted(at, "the continuation of a record without its beginning");
                    Collect(frame.Payload);
                    if (frame.Kind == FrameKind.Middle)
                        continue;
                    start = new Lsn(_recordStart);
                    end = new Lsn(_position);
                    record = _record.AsSpan(0, _recordLength);
                    _recordStart = -1;
                    Accept();
                    return true;
            }
        }
        start = end = End;
        record = default;
        return false;
    }

    private void Accept() => (End, EndChain) = (new Lsn(_position), _chain);

    private void Collect(ReadOnlySpan<byte> payload)
    {
        if (_record.Length - _recordLength < payload.Length)
            Array.Resize(ref _record, (int)Math.Min(Array.MaxLength, Math.Max(_recordLength + (long)payload.Length, _record.Length * 2L)));
        payload.CopyTo(_record.AsSpan(_recordLength));
        _recordLength += payload.Length;
    }

    private bool ReadFrame(out FrameView frame, out long at)
    {
        var offset = (int)(_position % _segmentSize);
        if (offset > _segmentSize - LogFormat.MinimumRoom)
        {
            _position += _segmentSize - offset;
            offset = 0;
        }
        Load(_position / _segmentSize);
        if (offset == 0)
        {
            if (!_loadedHeaderIsSound)
                return Stop(out frame, out at, "the segment header is damaged or missing");
            _position += LogFormat.SegmentHeaderSize;
            offset = LogFormat.SegmentHeaderSize;
        }
        else if (!_loadedHeaderIsSound)
        {
            throw Corrupted(_position - offset, "the segment header is damaged or missing, although log positions inside were given out");
        }
        if (!LogFormat.TryReadFrame(_segment.AsSpan(offset, Math.Max(0, _loadedLength - offset)), new Lsn(_position), out frame))
            return Stop(out frame, out at, "a frame with a wrong checksum");
        if (_chainKnown && frame.PreviousCrc != _chain)
            return Stop(out frame, out at, "a frame that does not continue its predecessor");
        at = _position;
        _position += frame.Size;
        _chain = frame.Crc;
        _chainKnown = true;
        return true;
    }

    /// <summary>Nothing readable at the current position: the end, unless a later mark says that it was durable.</summary>
    private bool Stop(out FrameView frame, out long at, string what)
    {
        frame = default;
        at = _position;
        var number = _position / _segmentSize;
        var offset = (int)(_position % _segmentSize) & ~7;
        foreach (var segment in _files.List(_directory).Select(LogFormat.SegmentNumber).Where(n => n >= number).Order())
        {
            Load(segment);
            for (var i = segment == number ? offset : 0; i + LogFormat.FrameHeaderSize <= _loadedLength; i += 8)
            {
                // Only a mark can prove anything; its LSN field is compared first, so this loop costs next to nothing.
                if (LogFormat.TryReadFrame(_segment.AsSpan(i, _loadedLength - i), new Lsn((segment * _segmentSize) + i), out var later)
                    && later.Kind == FrameKind.Mark && later.Durable.Value > _position)
                    throw Corrupted(_position, $"{what}, although everything below {later.Durable} was durable");
            }
        }
        return false;
    }

    private void Load(long number)
    {
        if (_loaded == number)
            return;
        _loaded = number;
        _loadedLength = 0;
        _loadedHeaderIsSound = false;
        var path = FileExtensions.PathOf(_directory, LogFormat.SegmentName(number));
        if (!_files.FileExists(path))
            return;
        using var file = _files.Open(path, FileOpenMode.Read);
        _loadedLength = file.ReadUpTo(0, _segment);
        if (_loadedLength < LogFormat.SegmentHeaderSize
            || !LogFormat.ReadSegmentHeader(_segment, out var version, out var size, out var stated) || stated != number)
            return;
        if (version > LogFormat.Version)
            throw SqlException.NotSupported($"log file \"{path}\" of format version {version} (this program reads up to {LogFormat.Version})");
        _loadedHeaderIsSound = size == _segmentSize;
    }

    private SqlException Corrupted(long position, string what) => SqlException.Corruption(
        FileExtensions.PathOf(_directory, LogFormat.SegmentName(position / _segmentSize)), position % _segmentSize, what);
}
