using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Planner.Binding;
using OmenDb.Types;

namespace OmenDb.Tools.Server.Shell;

/// <summary>A result as text, for printing.</summary>
internal sealed record ResultRows(ImmutableArray<OutputColumn> Columns, List<string?[]> Rows)
{
    public static ResultRows Read(Portal portal, ImmutableArray<OutputColumn> columns, IoContext context)
    {
        var rows = new List<string?[]>();
        while (portal.NextBatch(out var batch))
        {
            if (batch.Selection is { } selection)
            {
                foreach (var row in selection.FillIndices(batch.Length))
                    rows.Add(Row(batch, row, columns, context));
            }
            else
            {
                for (var row = 0; row < batch.Length; row++)
                    rows.Add(Row(batch, row, columns, context));
            }
        }
        return new ResultRows(columns, rows);
    }

    private static string?[] Row(Batch batch, int row, ImmutableArray<OutputColumn> columns, IoContext context)
    {
        var values = new string?[columns.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = batch.Columns[i].IsValid(row) ? TypeIo.FormatString(columns[i].Type, batch.Columns[i], row, context) : null;
        return values;
    }

    /// <summary>Numbers stand to the right.</summary>
    public bool IsRightAligned(int column) => Columns[column].Type.IsNumber || Columns[column].Type.Id == TypeId.Oid;

    public string Footer => Rows.Count == 1 ? "(1 row)" : $"({Rows.Count} rows)";
}
