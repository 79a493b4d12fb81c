using System.Globalization;
using OmenDb.Arrow;
using OmenDb.Arrow.Ipc;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Types;

namespace OmenDb.Storage.Checkpoint;

/// <summary>Puts the rows of the last checkpoint into empty tables.</summary>
internal sealed class CheckpointLoader(IFileSystem files, string directory, ManifestStore manifest, SealedFiles? sealedFiles = null, TableMemory? memory = null)
{
    private readonly SealedFiles _sealed = sealedFiles ?? new SealedFiles(files, directory);

    /// <summary>The bytes of the catalog or of the statistics; null when there are none yet.</summary>
    /// <exception cref="SqlException">XX001, 58030.</exception>
    public byte[]? ReadWhole(CheckpointFileKind kind)
    {
        var file = manifest.Files.Values.LastOrDefault(f => f.Kind == kind);
        if (file is null)
            return null;
        using var bytes = CheckpointStream.ReadChecked(files, PathOf(file), file.SizeBytes, file.BlockCrcs);
        return bytes.Span[..(int)file.SizeBytes].ToArray();
    }

    /// <summary>Deletes what a crash has left: files that neither the manifest nor the log names.</summary>
    public void Sweep(IEnumerable<string> logged)
    {
        var live = manifest.Files.Values.Select(file => file.Name).Concat(logged).ToHashSet(StringComparer.Ordinal);
        foreach (var name in files.List(directory).Where(name => !live.Contains(name)))
            files.Delete(FileExtensions.PathOf(directory, name));
    }

    /// <summary>Loads all tables, several segments at once.</summary>
    /// <param name="find">The empty table of a storage id, without indexes, and the columns that the catalog has (others in the files were
    /// dropped and are left out); null: the catalog has no such table.</param>
    /// <param name="parallelism">Threads.</param>
    /// <exception cref="SqlException">XX001 with file and offset; 58030.</exception>
    public void LoadTables(Func<long, CheckpointTable?> find, int parallelism)
    {
        var segments = new List<(CheckpointTable Table, Segment Segment, List<CheckpointFile> Files)>();
        var byTable = manifest.Files.Values.Where(file => file.HasRows).GroupBy(file => file.TableId);
        foreach (var ofTable in byTable)
        {
            var table = find(ofTable.Key)
                ?? throw SqlException.Corruption(PathOf(ofTable.First()), 0, $"the catalog has no table with storage id {ofTable.Key}");
            foreach (var ofSegment in ofTable.GroupBy(file => file.Segment).OrderBy(group => group.Key))
                segments.Add((table, table.Table.RestoreSegment(ofSegment.Key), [.. ofSegment.OrderBy(file => file.Number)]));
        }
        try
        {
            // Segments share nothing but their table's row count, which is kept with interlocked additions.
            Parallel.ForEach(segments, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, work =>
            {
                foreach (var file in work.Files)
                    LoadFile(work.Table, work.Segment, file);
            });
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<SqlException>().FirstOrDefault() is { } first)
        {
            throw new SqlException(first.SqlState, first.Message, e) { Detail = first.Detail, Hint = first.Hint };
        }
    }

    /// <summary>Replay: a file of a bulk load. One thread per segment.</summary>
    /// <exception cref="SqlException">XX001 with file and offset; 58030.</exception>
    public void LoadLogged(Table table, CheckpointFile file)
    {
        var all = new CheckpointTable(table, [.. Enumerable.Range(0, table.Columns.Count).Select(physical => (physical, ""))]);
        LoadFile(all, table.RestoreSegment(file.Segment), file);
    }

    private void LoadFile(CheckpointTable table, Segment segment, CheckpointFile file)
    {
        var path = PathOf(file);
        if (file.Kind == CheckpointFileKind.SegmentSealed)
        {
            LoadSealed(table, segment, file);
            return;
        }
        using var bytes = CheckpointStream.ReadChecked(files, path, file.SizeBytes, file.BlockCrcs);
        try
        {
            using var reader = new ArrowFileReader(bytes);
            var columns = ColumnsOf(table, reader.Schema, path, out var dimensions);
            var vectors = VectorsOf(reader, segment, file, path);
            for (var i = 0; i < vectors.Length; i++)
            {
                using var batch = reader.Read(i);
                LoadVector(table.Table, segment, vectors[i], columns, dimensions, batch, (ulong)file.Timestamp, path);
            }
        }
        catch (InvalidDataException e)
        {
            // The checksums were right: it was written wrong, which must not pass for damage of the disk.
            throw new SqlException(SqlState.DataCorrupted, $"could not read checkpoint file \"{path}\": {e.Message}", e);
        }
    }

    /// <summary>Columns come as they were sealed, each checked by itself.</summary>
    private void LoadSealed(CheckpointTable table, Segment segment, CheckpointFile file)
    {
        var path = PathOf(file);
        if (!files.FileExists(path))
            throw SqlException.Corruption(path, 0, "the file is missing, but the manifest names it");
        using var opened = files.Open(path, FileOpenMode.Read);
        var contents = SealedFormat.Read(opened, file.SizeBytes, file.TableId, file.Segment);
        var described = _sealed.Describe(file);
        _sealed.Keep(file, described);
        var slots = new Dictionary<int, VectorSlot>();
        foreach (var vector in contents.Vectors)
        {
            var slot = table.Table.RestoreSealed(segment, vector.Vector, vector.Rows, vector.Dead);
            slot.RowsLastChanged = (ulong)file.Timestamp;
            slots.Add(vector.Vector, slot);
        }
        foreach (var piece in contents.Columns)
        {
            if (!table.Columns.Any(c => c.Physical == piece.Physical))
                continue; // dropped
            var definition = table.Table.Column(piece.Physical);
            if (piece.Stored != definition.Stored)
                throw SqlException.Corruption(path, piece.Offset, $"column {piece.Physical} is stored as {piece.Stored}, the table has {definition.Stored}");
            var type = definition.IsList ? ArrowType.BinaryView : definition.Arrow;
            var home = new SealedHome(described, piece.Offset, piece.Crc);
            var isFull = contents.Vectors.Count == RowId.VectorsPerSegment && contents.Vectors[^1].Rows == RowId.VectorRows;
            var column = !isFull || memory?.MayLoadAtStart(piece.Layout.BlockBytes + piece.Layout.StringBytes) != false
                ? home.Read(opened, type, piece.Layout)
                : new SealedColumn(type, piece.Layout, home);
            for (var v = 0; v < piece.Bounds.Length; v++)
            {
                if (!piece.Bounds[v].IsPresent)
                    continue;
                column.Retain();
                slots[v].Columns[piece.Physical] = new ColumnChunk
                {
                    Sealed = column, Min = piece.Bounds[v].Min, Max = piece.Bounds[v].Max, HasNulls = piece.Bounds[v].HasNulls,
                    LastChanged = (ulong)file.Timestamp,
                };
            }
            column.Release();
        }
    }

    private static unsafe void LoadVector(Table table, Segment segment, int vector, int[] columns, Dictionary<int, int> dimensions, Batch batch, ulong timestamp, string path)
    {
        var rows = new int[batch.Length];
        var source = batch.Columns[columns.Length];
        var previous = -1;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = source.Get<int>(i) - (vector * RowId.VectorRows);
            if (rows[i] <= previous || rows[i] >= RowId.VectorRows)
                throw SqlException.Corruption(path, 0, $"row {source.Get<int>(i)} in vector {vector}");
            previous = rows[i];
        }
        var isNew = vector >= segment.VectorCount;
        var slot = table.ReplaySlot(RowId.Of(segment.Number, vector * RowId.VectorRows), previous + 1);
        table.CountModifications(rows.Length); // replay only: elsewhere statistics come later and set the count
        if (isNew)
            table.RestoreDefaults(slot, columns);
        for (var c = 0; c < columns.Length; c++)
        {
            if (columns[c] < 0)
                continue;
            if (dimensions.TryGetValue(columns[c], out var field))
                ListDimensions.Apply(batch.Columns[c], batch.Columns[field], batch.Length);
            slot.DropSealed(columns[c], table.Column(columns[c]).Stored);
            table.RestoreColumn(slot, columns[c], batch.Columns[c], rows);
            slot.Columns[columns[c]].LastChanged = timestamp; // what a merge of deltas goes by
        }
        slot.RowsLastChanged = timestamp;
        table.RestoreAlive(slot, rows);
    }

    /// <summary>The physical column of each field but the last, which is the row number; -1 for a column that was dropped.</summary>
    private static int[] ColumnsOf(CheckpointTable table, Schema schema, string path, out Dictionary<int, int> dimensions)
    {
        dimensions = [];
        if (schema.Fields.Length == 0 || schema.Fields[^1] is not { Name: CheckpointFormat.RowField, Type.Physical: PhysicalType.Int32 })
            throw SqlException.Corruption(path, 0, "the last field is not the row number");
        var columns = new int[schema.Fields.Length - 1];
        for (var i = 0; i < columns.Length; i++)
        {
            var field = schema.Fields[i];
            if (field.Metadata?.GetValueOrDefault(CheckpointFormat.DimensionsKey) is { } described && int.TryParse(described, NumberStyles.None, CultureInfo.InvariantCulture, out var list))
            {
                dimensions[list] = i;
                columns[i] = -1;
                continue;
            }
            if (field.Metadata?.GetValueOrDefault(CheckpointFormat.ColumnKey) is not { } number
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var physical))
                throw SqlException.Corruption(path, 0, $"field \"{field.Name}\" states no column number");
            columns[i] = table.Columns.Any(c => c.Physical == physical) ? physical : -1;
            if (columns[i] >= 0 && field.Type.Physical != table.Table.Column(physical).Arrow.Physical)
                throw SqlException.Corruption(path, 0, $"field \"{field.Name}\" has type {field.Type.Id}, its column {table.Table.Column(physical).Arrow.Id}");
        }
        return columns;
    }

    private static int[] VectorsOf(ArrowFileReader reader, Segment segment, CheckpointFile file, string path)
    {
        var metadata = reader.Schema.Metadata;
        if (metadata?.GetValueOrDefault(CheckpointFormat.FormatKey) is not { } format)
            throw SqlException.Corruption(path, 0, "it is not a checkpoint file");
        if (int.Parse(format, CultureInfo.InvariantCulture) > CheckpointFormat.Version)
            throw SqlException.NotSupported($"checkpoint file \"{path}\" of format version {format} (this program reads up to {CheckpointFormat.Version})");
        if (metadata.GetValueOrDefault(CheckpointFormat.TableKey) != file.TableId.ToString(CultureInfo.InvariantCulture)
            || metadata.GetValueOrDefault(CheckpointFormat.SegmentKey) != segment.Number.ToString(CultureInfo.InvariantCulture))
            throw SqlException.Corruption(path, 0, "it belongs to another table or segment");
        var list = metadata.GetValueOrDefault(CheckpointFormat.VectorsKey) ?? "";
        int[] vectors = [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(v => int.Parse(v, CultureInfo.InvariantCulture))];
        if (vectors.Length != reader.BatchCount || vectors.Any(v => v is < 0 or >= RowId.VectorsPerSegment))
            throw SqlException.Corruption(path, 0, $"{reader.BatchCount} batches for vectors {list}");
        return vectors;
    }

    private string PathOf(CheckpointFile file) => FileExtensions.PathOf(directory, file.Name);
}
