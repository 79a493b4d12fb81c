using System.Text.Json;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>Rows of whole vectors that stand in a file of the checkpoint directory, see <see cref="BulkFiles"/>.</summary>
/// <remarks><code>| storage i64 | first row of the segment u64 | JSON text: a CheckpointFile as in the manifest |</code></remarks>
internal static class SegmentFileRecord
{
    public static void Write(BulkFile file, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.SegmentFile);
        target.I64(file.Table.StorageId);
        target.U64(RowId.Of(file.File.Segment, 0).Value);
        target.Text(JsonSerializer.Serialize(file.File, ManifestJson.Default.CheckpointFile));
        target.EndRecord();
    }

    public static void Replay(ref RedoReader source, Func<long, Table?> tables, Action<Table, CheckpointFile> load)
    {
        var table = tables(source.I64());
        _ = source.U64();
        if (table is null)
            return; // dropped later in the log
        load(table, JsonSerializer.Deserialize(source.Text(), ManifestJson.Default.CheckpointFile)!);
    }
}
