namespace OmenDb.Storage.Simulation;

/// <summary>One file's two contents: what programs see, and what the device has. Guarded by the file system's lock.</summary>
internal sealed class SimulatedFile
{
    public const int SectorSize = 512;

    private byte[] _seen = [];
    private byte[] _saved = [];
    private readonly SortedSet<long> _unsaved = []; // sectors that differ

    public long Length { get; private set; }

    public long SavedLength { get; private set; }

    public SimulatedFile()
    {
    }

    /// <summary>A file with this content, all of it on the device.</summary>
    private SimulatedFile(byte[] content, long length)
    {
        _seen = content;
        _saved = (byte[])content.Clone();
        Length = SavedLength = length;
    }

    public int Read(long offset, Span<byte> buffer)
    {
        if (offset >= Length)
            return 0;
        var count = (int)Math.Min(buffer.Length, Length - offset);
        _seen.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + bytes.Length > Length)
            SetLength(offset + bytes.Length);
        bytes.CopyTo(_seen.AsSpan((int)offset));
        for (var sector = offset / SectorSize; sector * SectorSize < offset + bytes.Length; sector++)
            _unsaved.Add(sector);
    }

    public void SetLength(long length)
    {
        if (length > _seen.Length)
            Array.Resize(ref _seen, checked((int)Math.Max(RoundUp(length), Math.Min(_seen.Length * 2L, _seen.Length + (1 << 20)))));
        else if (length < Length)
        {
            _seen.AsSpan((int)length, (int)(Length - length)).Clear();
            for (var sector = length / SectorSize; sector * SectorSize < Length; sector++)
                _unsaved.Add(sector);
        }
        Length = length;
    }

    /// <summary>Everything seen is on the device.</summary>
    public void Save()
    {
        foreach (var sector in _unsaved)
            SaveSector(sector);
        _unsaved.Clear();
        SavedLength = Length;
    }

    /// <summary>Some of the unsaved sectors reach the device, in any order.</summary>
    /// <param name="random">Decides which.</param>
    /// <param name="forget">The rest counts as clean although it is not on the device, as Linux does after a failed flush.</param>
    public void SaveSome(Random random, bool forget)
    {
        if (_unsaved.Count == 0 && SavedLength == Length)
            return;
        var share = random.Next(4) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() };
        foreach (var sector in _unsaved.ToArray())
        {
            if (random.NextDouble() < share)
            {
                SaveSector(sector);
                _unsaved.Remove(sector);
            }
        }
        if (SavedLength != Length && random.NextDouble() < share)
            SavedLength = Length;
        if (forget)
            _unsaved.Clear();
    }

    /// <summary>The file as it is found after the power came back.</summary>
    public SimulatedFile AfterCrash(Random random)
    {
        SaveSome(random, forget: false);
        var content = new byte[RoundUp(SavedLength)];
        _saved.AsSpan(0, (int)Math.Min(SavedLength, _saved.Length)).CopyTo(content);
        return new SimulatedFile(content, SavedLength);
    }

    public void FlipBit(long offset, int bit)
    {
        _seen[offset] ^= (byte)(1 << bit);
        if (offset < _saved.Length)
            _saved[offset] ^= (byte)(1 << bit);
    }

    private void SaveSector(long sector)
    {
        var offset = (int)(sector * SectorSize);
        if (offset + SectorSize > _saved.Length)
            Array.Resize(ref _saved, Math.Max(offset + SectorSize, _seen.Length));
        if (offset + SectorSize <= _seen.Length)
            _seen.AsSpan(offset, SectorSize).CopyTo(_saved.AsSpan(offset));
    }

    private static long RoundUp(long length) => (length + SectorSize - 1) / SectorSize * SectorSize;
}
