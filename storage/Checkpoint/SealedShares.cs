using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Checkpoint;

/// <summary>How much of a segment is sealed, and how much of that is in a file as it stands.</summary>
/// <param name="Hot">Column vectors.</param>
/// <param name="Sealed">Column vectors.</param>
/// <param name="Bytes">Of sealed columns.</param>
/// <param name="HomelessBytes">Of sealed columns that are in no file of sealed columns.</param>
internal readonly record struct SealedShares(int Hot, int Sealed, long Bytes, long HomelessBytes)
{
    /// <summary>What is hot takes more room in a file, and stands in a delta beside.</summary>
    public bool IsMostlySealed => Sealed > 0 && Hot <= Sealed / 4;

    /// <summary>Written once more after it was sealed: starts are faster then, and the columns may leave memory. A quarter of new columns is enough.</summary>
    public bool IsWorthWriting => IsMostlySealed && HomelessBytes > 0 && HomelessBytes >= Bytes / 4;

    /// <summary>Without latches: a moment's picture.</summary>
    public static SealedShares Of(CheckpointTable table, Segment segment)
    {
        int hot = 0, narrow = 0;
        var columns = new HashSet<SealedColumn>();
        for (var v = 0; v < segment.VectorCount; v++)
        {
            var chunks = segment.Vector(v).Columns;
            foreach (var (physical, _) in table.Columns)
            {
                if (physical >= chunks.Length)
                    continue;
                if (Volatile.Read(ref chunks[physical].Sealed) is { } column)
                {
                    narrow++;
                    columns.Add(column);
                }
                else if (Volatile.Read(ref chunks[physical].Values) is not null)
                {
                    hot++;
                }
            }
        }
        return new SealedShares(hot, narrow, columns.Sum(c => c.Bytes + c.StringBytes), columns.Where(c => c.Home is null).Sum(c => c.Bytes + c.StringBytes));
    }
}
