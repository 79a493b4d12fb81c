using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation;

/// <summary>The 300 MiB of pseudo text from which every comment is cut. It is the same at every scale factor.</summary>
/// <remarks>
/// The text comes from one random stream whose consumption depends on the text itself, so it cannot be entered in the middle by
/// computation alone. <see cref="TextPoolCheckpoints"/> lists where sentences begin, with the stream's state there; the pieces
/// between them are written in parallel, and each must end exactly where the next one begins, so a wrong entry cannot go unseen.
/// </remarks>
public sealed class TextPool
{
    public const int SizeBytes = 300 * 1024 * 1024;
    private const int ScratchBytes = 64 * 1024; // a piece is written in a buffer that stays in the cache, and copied out whole

    private static readonly Lock Gate = new();
    private static readonly WeakReference<TextPool?> Latest = new(null);

    private readonly byte[] _text;

    private TextPool(byte[] text) => _text = text;

    /// <summary>The pool, made on first use and shared while anybody holds it; garbage afterwards.</summary>
    /// <param name="workers">Threads that may help to make it; 0 = one per processor.</param>
    public static TextPool Get(int workers = 0)
    {
        lock (Gate)
        {
            if (Latest.TryGetTarget(out var pool))
                return pool;
            pool = Create(workers > 0 ? workers : Environment.ProcessorCount);
            Latest.SetTarget(pool);
            return pool;
        }
    }

    public ReadOnlySpan<byte> Slice(int offset, int length) => _text.AsSpan(offset, length);

    internal static TextPool Create(int workers)
    {
        var text = GC.AllocateUninitializedArray<byte>(SizeBytes);
        var starts = TextPoolCheckpoints.All;
        Parallel.For(0, starts.Length, new ParallelOptions { MaxDegreeOfParallelism = workers }, piece =>
        {
            var (offset, state) = starts[piece];
            var end = piece + 1 < starts.Length ? starts[piece + 1].Offset : SizeBytes;
            var last = Fill(text, offset, end, state);
            if (piece + 1 < starts.Length && last != starts[piece + 1])
            {
                throw new InvalidOperationException(
                    $"text pool checkpoint {piece + 1} is {starts[piece + 1]}, the text gives {last}");
            }
        });
        return new TextPool(text);
    }

    /// <summary>Writes sentences from <paramref name="offset"/> until <paramref name="end"/> is reached; the last one is cut there.</summary>
    /// <returns>Where the text really ended, before the cut, and the state there.</returns>
    internal static TextPoolCheckpoint Fill(Span<byte> text, int offset, int end, long state)
    {
        var writer = new SentenceWriter();
        var scratch = new byte[ScratchBytes];
        while (offset < end)
        {
            var length = 0;
            while (length < ScratchBytes - SentenceWriter.MaxSentenceBytes && offset + length < end)
                length = writer.Append(scratch, length, ref state);
            scratch.AsSpan(0, Math.Min(length, end - offset)).CopyTo(text[offset..]);
            offset += length;
        }
        return new TextPoolCheckpoint(offset, (int)state);
    }
}
