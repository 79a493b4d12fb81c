using System.Text;

namespace OmenDb.Tools.Bench.Plots;

/// <summary>A plot in a terminal: Braille characters, each of two by four dots (Unicode block 2800).</summary>
internal static class TerminalPlot
{
    private const int Columns = 72;
    private const int Rows = 14;

    /// <summary>Dots of a character by column and row, as Unicode numbers them.</summary>
    private static readonly int[,] Dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    public static string Render(Plot plot)
    {
        var (xs, ys) = (plot.XRange, plot.YRange);
        var cells = new int[Rows, Columns];
        foreach (var series in plot.Series)
        {
            (int X, int Y)? last = null;
            foreach (var (x, y) in series.Points.Where(point => !ys.IsLogarithmic || point.Y > 0))
            {
                var dot = ((int)Math.Round(xs.Place(x) * (Columns * 2 - 1)), (int)Math.Round((1 - ys.Place(y)) * (Rows * 4 - 1)));
                Draw(cells, series.IsLine ? last ?? dot : dot, dot);
                last = dot;
            }
        }
        var text = new StringBuilder().Append(plot.Title).Append(" (").AppendJoin(", ", plot.Series.Select(series => series.Name)).Append(")\n");
        for (var row = 0; row < Rows; row++)
        {
            var label = row == 0 ? SvgPlot.Number(ys.High) : row == Rows - 1 ? SvgPlot.Number(ys.Low) : row == Rows / 2 ? plot.YLabel : "";
            text.Append(label.PadLeft(14)).Append(" │");
            for (var column = 0; column < Columns; column++)
                text.Append((char)(0x2800 + cells[row, column]));
            text.Append('\n');
        }
        text.Append(' ', 15).Append('└').Append('─', Columns).Append('\n');
        var low = SvgPlot.Number(xs.Low);
        return text.Append(' ', 16).Append(low).Append((plot.XLabel + "  " + SvgPlot.Number(xs.High)).PadLeft(Columns - low.Length)).Append('\n').ToString();
    }

    /// <summary>A straight line of dots, both ends included.</summary>
    private static void Draw(int[,] cells, (int X, int Y) from, (int X, int Y) to)
    {
        var steps = Math.Max(1, Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)));
        for (var i = 0; i <= steps; i++)
        {
            var x = Math.Clamp(from.X + (to.X - from.X) * i / steps, 0, Columns * 2 - 1);
            var y = Math.Clamp(from.Y + (to.Y - from.Y) * i / steps, 0, Rows * 4 - 1);
            cells[y / 4, x / 2] |= Dots[x % 2, y % 4];
        }
    }
}
