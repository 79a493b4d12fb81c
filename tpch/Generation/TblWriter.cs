using System.Runtime.ExceptionServices;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation;

/// <summary>Writes tables as dbgen's .tbl text: fields separated by '|', one row per line.</summary>
public static class TblWriter
{
    /// <summary>Writes one table in order; several workers make the text, each chunk waits for its turn.</summary>
    /// <param name="trailingSeparator">A '|' at the end of the line too, dbgen's usual form; COPY wants none.</param>
    /// <param name="progress">Called with the rows of each chunk once they are written, one call at a time.</param>
    /// <returns>The rows written.</returns>
    public static long WriteTable(
        TpchGenerator generator,
        TpchTable table,
        Stream destination,
        bool trailingSeparator,
        int workers = 1,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var run = new OrderedRun(generator, table, destination, trailingSeparator, progress, cancellationToken);
        workers = (int)Math.Clamp(workers, 1, run.ChunkCount);
        var tasks = new Task[workers - 1];
        for (var i = 0; i < tasks.Length; i++)
            tasks[i] = Task.Factory.StartNew(run.Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        run.Work();
        Task.WaitAll(tasks, CancellationToken.None);
        return run.Finish();
    }

    /// <summary>Writes all eight tables to region.tbl ... lineitem.tbl, replacing files that exist.</summary>
    /// <param name="progress">Table and rows of each chunk once they are written.</param>
    public static void WriteDirectory(
        TpchGenerator generator,
        string directory,
        bool trailingSeparator,
        int workers = 1,
        Action<TpchTable, int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        foreach (var table in TpchSchema.Tables)
        {
            using var file = new FileStream(
                Path.Combine(directory, table.Name + ".tbl"), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            WriteTable(
                generator, table.Table, file, trailingSeparator, workers, rows => progress?.Invoke(table.Table, rows), cancellationToken);
        }
    }

    /// <summary>Formats all rows of a chunk.</summary>
    /// <param name="buffer">Replaced by a larger one where needed.</param>
    /// <returns>The bytes written from the start of the buffer.</returns>
    public static int Format(TpchChunk chunk, bool trailingSeparator, ref byte[] buffer)
    {
        TpchColumn[] columns = [.. chunk.Columns]; // an array: the loop below runs once per field
        var maxRowBytes = columns.Sum(column => column.MaxTextBytes + 1) + 1;
        var position = 0;
        for (var row = 0; row < chunk.RowCount; row++)
        {
            if (buffer.Length - position < maxRowBytes)
                Array.Resize(ref buffer, Math.Max(buffer.Length * 2, maxRowBytes * 1024));
            for (var column = 0; column < columns.Length; column++)
            {
                position += columns[column].FormatText(row, buffer.AsSpan(position));
                buffer[position++] = (byte)'|';
            }
            if (!trailingSeparator)
                position--;
            buffer[position++] = (byte)'\n';
        }
        return position;
    }

    /// <summary>The state shared by the workers of one table.</summary>
    private sealed class OrderedRun(
        TpchGenerator generator,
        TpchTable table,
        Stream destination,
        bool trailingSeparator,
        Action<int>? progress,
        CancellationToken cancellationToken)
    {
        private readonly object _turn = new(); // guards what follows, and writing
        private long _nextToWrite;
        private long _rows;
        private ExceptionDispatchInfo? _failure;

        private long _nextToMake = -1; // interlocked

        public long ChunkCount { get; } =
            (generator.UnitCount(table) + TpchGenerator.DefaultUnitsPerChunk - 1) / TpchGenerator.DefaultUnitsPerChunk;

        /// <summary>
        /// Chunks are claimed in ascending order, so the chunk whose turn it is always has a worker that does not wait.
        /// </summary>
        public void Work()
        {
            try
            {
                var chunk = generator.CreateChunk(table);
                byte[] buffer = [];
                while (true)
                {
                    var index = Interlocked.Increment(ref _nextToMake);
                    if (index >= ChunkCount)
                        return;
                    cancellationToken.ThrowIfCancellationRequested();
                    var first = index * TpchGenerator.DefaultUnitsPerChunk;
                    generator.Fill(chunk, first, (int)Math.Min(chunk.UnitCapacity, generator.UnitCount(table) - first));
                    var length = Format(chunk, trailingSeparator, ref buffer);
                    lock (_turn)
                    {
                        while (_nextToWrite != index && _failure is null)
                            Monitor.Wait(_turn);
                        if (_failure is not null)
                            return;
                        destination.Write(buffer, 0, length);
                        _rows += chunk.RowCount;
                        progress?.Invoke(chunk.RowCount);
                        _nextToWrite++;
                        Monitor.PulseAll(_turn);
                    }
                }
            }
            catch (Exception exception) // handed to the caller by Finish; the other workers must not wait for this one
            {
                lock (_turn)
                {
                    _failure ??= ExceptionDispatchInfo.Capture(exception);
                    Monitor.PulseAll(_turn);
                }
            }
        }

        public long Finish()
        {
            _failure?.Throw();
            return _rows;
        }
    }
}
