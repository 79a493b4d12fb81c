using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Pipelines;

/// <summary>Work within one operator, between pipelines, by several threads.</summary>
internal static class Parallel
{
    /// <summary>How many threads the query may use.</summary>
    public static int Threads(ExecutionContext context)
    {
        var limit = context.Settings.MaxParallelism;
        return limit == 0 ? Scheduler.Shared.HelperThreads + 1 : limit;
    }

    /// <summary>Calls <paramref name="body"/> with 0 to count - 1, in any order; returns when all have ended.</summary>
    /// <param name="most">No more threads than this.</param>
    public static void For(int most, int count, ExecutionContext context, Action<int> body)
    {
        var next = -1;
        Scheduler.Shared.Run(Math.Min(Math.Min(most, count), Threads(context)), _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
                body(i);
        });
    }

    /// <summary>Calls <paramref name="body"/> with pieces of 0 to count - 1 that start at multiples of 64 rows; in one piece when there are few.</summary>
    public static void Pieces(int count, ExecutionContext context, Action<int, int> body)
    {
        const int PieceRows = 64 * 1024;
        if (count < 2 * PieceRows || Threads(context) == 1)
        {
            body(0, count);
            return;
        }
        For(int.MaxValue, (count + PieceRows - 1) / PieceRows, context, piece => body(piece * PieceRows, Math.Min(PieceRows, count - piece * PieceRows)));
    }
}
