using System.Xml.Linq;
using OmenDb.Tools.Bench.Ch;
using OmenDb.Tools.Bench.Plots;

namespace OmenDb.Bench.Tests;

public sealed class PlotTests
{
    private static readonly Plot Example = new("a <title> & more", "seconds", "ms",
        [new PlotSeries("line", [(0, 1), (5, 100), (10, 10)]), new PlotSeries("points", [(3, 50)], IsLine: false)]);

    [Fact]
    public void Svg_is_well_formed_and_holds_every_series()
    {
        var document = XDocument.Parse(SvgPlot.Render(Example, Example with { IsLogarithmic = true }));
        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Equal(2, document.Descendants(svg + "polyline").Count());
        Assert.Equal(2, document.Descendants(svg + "circle").Count());
        Assert.Contains(document.Descendants(svg + "text"), text => text.Value == "a <title> & more");
    }

    [Fact]
    public void Axes_have_round_marks()
    {
        Assert.Equal([0, 20, 40, 60, 80, 100], Example.YRange.Marks);
        Assert.Equal([1, 10, 100], (Example with { IsLogarithmic = true }).YRange.Marks);
        Assert.Equal(0.5, (Example with { IsLogarithmic = true }).YRange.Place(10), 9);
    }

    [Fact]
    public void A_terminal_shows_a_rising_line_from_below_left_to_above_right()
    {
        var lines = TerminalPlot.Render(new Plot("t", "x", "y", [new PlotSeries("s", [(0, 0), (10, 10)])])).Split('\n');
        Assert.NotEqual('\u2800', lines[1][^1]);
        Assert.Equal('\u2800', lines[1][16]);
        Assert.NotEqual('\u2800', lines[14][16]);
        Assert.Equal('\u2800', lines[14][^1]);
    }

    [Fact]
    public void The_frontier_leaves_out_what_others_exceed()
    {
        var frontier = ChBench.FrontierOf([(0, 100), (50, 50), (40, 40), (100, 0), (50, 20)]);
        Assert.Equal([(0, 100), (50, 50), (100, 0)], frontier);
        Assert.Equal(0.5, ChBench.AreaUnder(frontier) / (100 * 100), 9);
        Assert.Equal(1, ChBench.AreaUnder([(100, 100)]) / (100 * 100), 9);
    }

    [Fact]
    public void Answers_are_compared_field_by_field()
    {
        Assert.Null(ChCompare.Compare([["a  ", null]], [["a", null]]));
        Assert.Contains("row 1, column 2", ChCompare.Compare([["a", null]], [["a", "b"]]), StringComparison.Ordinal);
        Assert.Contains("1 rows instead of 0", ChCompare.Compare([["a"]], []), StringComparison.Ordinal);
    }
}
