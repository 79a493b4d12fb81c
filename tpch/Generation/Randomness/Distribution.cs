using System.Text;

namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>A weighted word list. A draw in 1 .. <see cref="TotalWeight"/> picks the first word whose running weight reaches it.</summary>
internal sealed class Distribution
{
    private readonly byte[] _indexByDraw; // a draw counted from 0; no list has more than 255 words
    private readonly byte[][] _words;

    public Distribution(string name, IReadOnlyList<(string Word, int Weight)> entries)
    {
        Name = name;
        Words = [.. entries.Select(entry => entry.Word)];
        _words = [.. entries.Select(entry => Encoding.ASCII.GetBytes(entry.Word))];
        var running = new int[entries.Count];
        var total = 0;
        for (var i = 0; i < entries.Count; i++)
            running[i] = total += entries[i].Weight;
        RunningWeights = running;
        _indexByDraw = new byte[Math.Max(total, 0)];
        for (int draw = 0, index = 0; draw < _indexByDraw.Length; draw++)
        {
            while (running[index] <= draw)
                index++;
            _indexByDraw[draw] = (byte)index;
        }
    }

    public string Name { get; }
    public IReadOnlyList<string> Words { get; }
    public IReadOnlyList<int> RunningWeights { get; }
    public int TotalWeight => _indexByDraw.Length;

    /// <param name="state">State of a stream after its step.</param>
    public int Pick(long state) => _indexByDraw[RandomStream.Draw(state, _indexByDraw.Length)];

    public ReadOnlySpan<byte> Utf8(int index) => _words[index];

    public int LongestWord => _words.Max(word => word.Length);
}
