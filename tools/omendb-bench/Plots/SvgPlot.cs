using System.Globalization;
using System.Net;
using System.Text;

namespace OmenDb.Tools.Bench.Plots;

/// <summary>Plots one below the other as an SVG file (SVG 1.1): lines, points, axes with marks, a legend.</summary>
internal static class SvgPlot
{
    private const int Width = 900;
    private const int Height = 420;
    private const int Left = 80;
    private const int Right = 180;
    private const int Top = 46;
    private const int Bottom = 56;

    /// <summary>Told apart by people with common forms of colour blindness too (Okabe and Ito, 2008).</summary>
    private static readonly string[] Colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    public static void WriteFile(string file, params IReadOnlyList<Plot> plots)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory)
            Directory.CreateDirectory(directory);
        File.WriteAllText(file, Render(plots));
    }

    public static string Render(params IReadOnlyList<Plot> plots)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height * plots.Count}\" viewBox=\"0 0 {Width} {Height * plots.Count}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        text.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (var i = 0; i < plots.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(0 {i * Height})\">\n");
            Render(text, plots[i]);
            text.Append("</g>\n");
        }
        return text.Append("</svg>\n").ToString();
    }

    private static void Render(StringBuilder text, Plot plot)
    {
        var (xs, ys) = (plot.XRange, plot.YRange);
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"26\" font-size=\"15\" font-weight=\"bold\">{Escape(plot.Title)}</text>\n");
        foreach (var mark in ys.Marks)
        {
            var y = Y(ys, mark);
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{y:F1}\" x2=\"{Width - Right}\" y2=\"{y:F1}\" stroke=\"#dddddd\"/>");
            text.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 4:F1}\" text-anchor=\"end\">{Number(mark)}</text>\n");
        }
        foreach (var mark in xs.Marks)
        {
            var x = X(xs, mark);
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:F1}\" y1=\"{Height - Bottom}\" x2=\"{x:F1}\" y2=\"{Height - Bottom + 5}\" stroke=\"#333333\"/>");
            text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{Number(mark)}</text>\n");
        }
        text.Append(CultureInfo.InvariantCulture,
            $"<path d=\"M{Left} {Top}V{Height - Bottom}H{Width - Right}\" fill=\"none\" stroke=\"#333333\"/>\n");
        text.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 14}\" text-anchor=\"middle\">{Escape(plot.XLabel)}</text>\n");
        text.Append(CultureInfo.InvariantCulture,
            $"<text transform=\"translate(18 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{Escape(plot.YLabel)}</text>\n");
        for (var i = 0; i < plot.Series.Count; i++)
        {
            var (series, color) = (plot.Series[i], Colors[i % Colors.Length]);
            var points = series.Points.Where(point => !ys.IsLogarithmic || point.Y > 0).ToArray();
            if (series.IsLine)
            {
                var path = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(xs, point.X):F1},{Y(ys, point.Y):F1}")));
                text.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\"/>\n");
            }
            else
            {
                foreach (var point in points)
                    text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(xs, point.X):F1}\" cy=\"{Y(ys, point.Y):F1}\" r=\"4\" fill=\"{color}\"/>\n");
            }
            var legend = Top + 14 + i * 18;
            text.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{Width - Right + 16}\" y=\"{legend - 9}\" width=\"14\" height=\"10\" fill=\"{color}\"/><text x=\"{Width - Right + 36}\" y=\"{legend}\">{Escape(series.Name)}</text>\n");
        }
    }

    private static double X(PlotRange range, double value) => Left + range.Place(value) * (Width - Right - Left);

    private static double Y(PlotRange range, double value) => Height - Bottom - range.Place(value) * (Height - Bottom - Top);

    internal static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "#,0" : "0.####", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
