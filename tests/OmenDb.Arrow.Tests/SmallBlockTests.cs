using System.Collections.Concurrent;

namespace OmenDb.Arrow.Tests;

public sealed unsafe class SmallBlockTests
{
    /// <summary>Blocks that live at the same time never overlap, whoever frees them: each thread writes its pattern into what it holds and finds it again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Blocks_keep_what_was_written(int threads)
    {
        var handedOver = new ConcurrentBag<(nint Block, int Size, byte Pattern)>();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            var random = new Random(thread * 7919 + 17);
            var held = new List<(nint Block, int Size, byte Pattern)>();
            for (var step = 0; step < 20_000; step++)
            {
                if (held.Count < 200 && random.Next(5) < 3)
                {
                    var size = random.Next(0, 1100); // some beyond what is kept
                    var zeroed = random.Next(2) == 0;
                    var block = NativeMemoryBlocks.Allocate(size, zeroed);
                    Assert.Equal(0, (nint)block % NativeMemoryBlocks.Alignment);
                    if (zeroed)
                        Assert.Equal(-1, new Span<byte>(block, size).IndexOfAnyExcept((byte)0));
                    var pattern = (byte)random.Next(1, 256);
                    new Span<byte>(block, size).Fill(pattern);
                    held.Add(((nint)block, size, pattern));
                }
                else if (held.Count > 0)
                {
                    var at = random.Next(held.Count);
                    if (random.Next(4) == 0)
                        handedOver.Add(held[at]);
                    else
                        Free(held[at]);
                    held.RemoveAt(at);
                }
                if (random.Next(3) == 0 && handedOver.TryTake(out var foreign))
                    Free(foreign);
            }
            held.ForEach(Free);
        });
        foreach (var block in handedOver)
            Free(block);
    }

    private static void Free((nint Block, int Size, byte Pattern) held)
    {
        Assert.Equal(-1, new Span<byte>((byte*)held.Block, held.Size).IndexOfAnyExcept(held.Pattern));
        NativeMemoryBlocks.Free((byte*)held.Block, held.Size);
    }
}
