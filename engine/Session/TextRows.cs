using System.Buffers;
using System.Text;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>Results as a tool shows or compares them.</summary>
public static class TextRows
{
    /// <summary>Runs one statement and takes all its rows, fields as PostgreSQL prints them under the session's settings, null for NULL.</summary>
    /// <exception cref="InvalidOperationException">The statement returns no rows.</exception>
    /// <exception cref="SqlException">The statement failed.</exception>
    public static IReadOnlyList<IReadOnlyList<string?>> QueryText(this Session session, string sql)
    {
        using var result = session.Execute(sql);
        var columns = result.Portal.Columns ?? throw new InvalidOperationException("the statement returns no rows");
        var rows = new List<IReadOnlyList<string?>>();
        var text = new ArrayBufferWriter<byte>(256);
        while (result.Portal.NextBatch(out var batch))
        {
            var picks = batch.Selection is { } selection ? selection.FillIndices(batch.Length) : default;
            for (var i = 0; i < batch.RowCount; i++)
            {
                var row = batch.Selection is null ? i : picks[i];
                var fields = new string?[columns.Length];
                for (var column = 0; column < columns.Length; column++)
                {
                    var vector = batch.Columns[column];
                    if (!vector.IsValid(row))
                        continue;
                    text.ResetWrittenCount();
                    TypeIo.FormatText(columns[column].Type, vector, row, text, session.Settings.Io);
                    fields[column] = Encoding.UTF8.GetString(text.WrittenSpan);
                }
                rows.Add(fields);
            }
        }
        return rows;
    }
}
