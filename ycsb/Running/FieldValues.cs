using System.Text;
using OmenDb.Workload;

namespace OmenDb.Ycsb.Running;

/// <summary>Values for fields: pieces of one random text of printable characters. Thread-safe.</summary>
internal sealed class FieldValues
{
    private const int PoolLength = 1 << 20;

    private readonly byte[] _bytes;
    private readonly string _text;
    private readonly int _length;

    public FieldValues(int fieldLength, long seed)
    {
        _length = fieldLength;
        _bytes = new byte[PoolLength + fieldLength];
        var random = new WorkloadRandom(seed, -7);
        for (var i = 0; i < _bytes.Length; i++)
            _bytes[i] = (byte)random.Next(' ' + 1, '~');
        _text = Encoding.ASCII.GetString(_bytes);
    }

    public string NextText(WorkloadRandom random) => _text.Substring(random.Next(0, PoolLength - 1), _length);

    public ReadOnlyMemory<byte> NextBytes(WorkloadRandom random) => _bytes.AsMemory(random.Next(0, PoolLength - 1), _length);
}
