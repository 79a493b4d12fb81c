using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>From text to any type: the type's input function.</summary>
internal sealed class TextInput : ScalarFunction
{
    private readonly SqlType _to;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    private TextInput(SqlType from, SqlType to)
    {
        _to = to;
        Name = "text_input";
        Kind = FunctionKind.Scalar;
        Arguments = [from];
        Result = to;
        Volatility = to.IsDateTime || to.Id == TypeId.Enum || Catalogs.CatalogCall.IsNamed(to) ? Volatility.Stable : Volatility.Immutable;
    }

    public static ScalarFunction Make(SqlType from, SqlType to) => new TextInput(from, to);

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var rows = context.ActiveRows(arguments, strict: true);
        var source = arguments[0];
        var io = IoContexts.Of(context.Execution);
        var writer = new VectorWriter(_to.Arrow, result, context.Rows);
        var next = 0;
        foreach (var row in rows)
        {
            for (; next < row; next++)
                writer.AppendNull(); // not asked for, or null
            TypeIo.Parse(_to, source.GetBytes(row), io, writer);
            next++;
        }
        for (; next < context.Rows; next++)
            writer.AppendNull();
    }
}

/// <summary>From any type to text: the type's output function; bool gives whole words, as its cast does.</summary>
internal sealed class TextOutput : RowFunction
{
    private readonly SqlType _from;
    private readonly SqlType _to;
    private readonly bool _explicit;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    private TextOutput(SqlType from, SqlType to, bool isExplicit)
    {
        _from = from;
        _to = to;
        _explicit = isExplicit;
        Name = "text_output";
        Kind = FunctionKind.Scalar;
        Arguments = [from];
        Result = to;
        Volatility = from.IsDateTime || from.IsFloat || Catalogs.CatalogCall.IsNamed(from) ? Volatility.Stable : Volatility.Immutable;
    }

    public static ScalarFunction Make(SqlType from, SqlType to, bool isExplicit) => new TextOutput(from, to, isExplicit);

    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var source = arguments[0];
        var io = IoContexts.Of(context.Execution);
        foreach (var row in rows)
        {
            if (_from.Id == TypeId.Bool)
                System.Buffers.BuffersExtensions.Write(result.Text, source.GetBool(row) ? "true"u8 : "false"u8);
            else
                TypeIo.FormatText(_from, source, row, result.Text, io);
            if (_to.Length < 0 && _to.Id is not (TypeId.Name or TypeId.Char))
            {
                result.WriteText(row);
                continue;
            }
            var text = result.Text.WrittenSpan;
            result.WriteBytes(row, _to.Id switch
            {
                TypeId.Varchar => Utf8.FitVarchar(text, _to.Length, _explicit),
                TypeId.Char => Utf8.FitChar(text, _to.Length, _explicit),
                TypeId.Name => Utf8.FitName(text),
                _ => text,
            });
            result.Text.ResetWrittenCount();
        }
    }
}
