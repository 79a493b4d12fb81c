using System.Globalization;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Planner.Binding;
using OmenDb.Types;

namespace OmenDb.Workload.Sql;

/// <summary>Prepared statements through the façade, one after the other.</summary>
internal sealed class EmbeddedBatch : SqlBatch
{
    private readonly Session _session;
    private readonly PreparedStatement?[] _prepared;
    private readonly EmbeddedParameters[] _parameters;

    public EmbeddedBatch(Session session, IReadOnlyList<SqlStatement> statements)
        : base(statements)
    {
        _session = session;
        _prepared = new PreparedStatement?[statements.Count];
        _parameters = [.. statements.Select(statement => new EmbeddedParameters(statement.Parameters))];
    }

    protected override SqlParameters ParametersOf(int statement) => _parameters[statement];

    protected override void Run()
    {
        for (var i = 0; i < _prepared.Length; i++)
        {
            var statement = Statements[i];
            // The unnamed statement: its plan is kept with the text, for all batches of the session.
            var prepared = _prepared[i] ??= _session.Prepare("", statement.Text);
            var rows = Rows(i);
            using var portal = _session.Bind("", prepared, _parameters[i].Source);
            while (portal.NextBatch(out var batch))
            {
                if (statement.Results.Length > 0)
                    Take(batch, portal.Columns!.Value, statement.Results, rows);
            }
            if (statement.Results.Length == 0)
                rows.Affected = Affected(portal.CommandTag);
        }
        _session.Sync();
    }

    public override void Dispose()
    {
        // Unnamed statements end with the session.
    }

    private void Take(Batch batch, IReadOnlyList<OutputColumn> columns, SqlField[] fields, SqlRows rows)
    {
        var picks = batch.Selection is { } selection ? selection.FillIndices(batch.Length) : default;
        for (var i = 0; i < batch.RowCount; i++)
        {
            var row = batch.Selection is null ? i : picks[i];
            rows.AddRow();
            for (var column = 0; column < fields.Length; column++)
            {
                var vector = batch.Columns[column];
                if (!vector.IsValid(row))
                    rows.SetNull(column);
                else if (fields[column].Kind == SqlKind.Text)
                    rows.Set(column, Encoding.UTF8.GetString(vector.GetBytes(row)));
                else
                    rows.Set(column, Number(vector, row, columns[column].Type, fields[column]));
            }
        }
    }

    private long Number(Vector vector, int row, SqlType type, SqlField field)
    {
        switch (field.Kind)
        {
            case SqlKind.Timestamp:
                return DateTime.UnixEpoch.Ticks + vector.Get<long>(row) * TimeSpan.TicksPerMicrosecond;
            case SqlKind.Numeric when vector.Type.Id == ArrowTypeId.Decimal64 && vector.Type.Scale == field.Scale:
                return vector.Get<long>(row);
            case SqlKind.Numeric when vector.Type.Id == ArrowTypeId.Decimal128 && vector.Type.Scale == field.Scale:
                return (long)vector.Get<Int128>(row);
            case SqlKind.Numeric:
                var text = TypeIo.FormatString(type, vector, row, _session.Settings.Io);
                return PostgresBatch.Units(decimal.Parse(text, CultureInfo.InvariantCulture), field.Scale);
            default:
                return vector.Physical switch
                {
                    PhysicalType.Int16 => vector.Get<short>(row),
                    PhysicalType.Int32 => vector.Get<int>(row),
                    _ => vector.Get<long>(row),
                };
        }
    }

    /// <summary>"UPDATE 1", "INSERT 0 1": the last number.</summary>
    private static int Affected(string tag)
    {
        var space = tag.LastIndexOf(' ');
        return space >= 0 && int.TryParse(tag.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : -1;
    }
}
