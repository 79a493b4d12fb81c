using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

internal enum CopyFormat : byte { Text, Csv, Binary }

internal enum CopyHeader : byte { No, Yes, Match }

/// <summary>The options of a COPY, checked against each other.</summary>
internal sealed record CopyOptions
{
    public CopyFormat Format { get; private init; }

    public CopyHeader Header { get; private init; }

    public byte Delimiter { get; private init; }

    public byte Quote { get; private init; } = (byte)'"';

    public byte Escape { get; private init; } = (byte)'"';

    public byte[] Null { get; private init; } = [];

    /// <summary>Column names; null: the option was not given. Star: all columns.</summary>
    public ImmutableArray<string>? ForceQuote { get; private init; }

    public bool ForceQuoteAll { get; private init; }

    public ImmutableArray<string> ForceNotNull { get; private init; } = [];

    public ImmutableArray<string> ForceNull { get; private init; } = [];

    /// <exception cref="SqlException">42601, 0A000, 22023.</exception>
    public static CopyOptions Parse(CopyStatement statement)
    {
        var seen = new HashSet<string>();
        string? delimiter = null, nullText = null, quote = null, escape = null;
        var options = new CopyOptions();
        foreach (var option in statement.Options)
        {
            if (!seen.Add(option.Name))
                throw new SqlException(SqlState.SyntaxError, "conflicting or redundant options") { Position = option.ErrorPosition };
            switch (option.Name)
            {
                case "format":
                    options = options with
                    {
                        Format = OptionValues.Text(option) switch
                        {
                            "text" => CopyFormat.Text,
                            "csv" => CopyFormat.Csv,
                            "binary" => CopyFormat.Binary,
                            var other => throw new SqlException(SqlState.InvalidParameterValue, $"COPY format \"{other}\" not recognized") { Position = option.ErrorPosition },
                        },
                    };
                    break;
                case "freeze": _ = OptionValues.Bool(option); break;
                case "delimiter": delimiter = OptionValues.Text(option); break;
                case "null": nullText = OptionValues.Text(option); break;
                case "header":
                    options = options with
                    {
                        Header = option.Value is StringLiteral { Value: "match" } or ColumnReference { Name: "match" } ? CopyHeader.Match : OptionValues.Bool(option) ? CopyHeader.Yes : CopyHeader.No,
                    };
                    break;
                case "quote": quote = OptionValues.Text(option); break;
                case "escape": escape = OptionValues.Text(option); break;
                case "force_quote":
                    options = option.Value is StarExpression ? options with { ForceQuoteAll = true } : options with { ForceQuote = Names(option) };
                    break;
                case "force_not_null": options = options with { ForceNotNull = Names(option) }; break;
                case "force_null": options = options with { ForceNull = Names(option) }; break;
                case "encoding":
                    _ = Settings.SettingChecks.Encoding(OptionValues.Text(option));
                    break;
                default:
                    throw new SqlException(SqlState.SyntaxError, $"option \"{option.Name}\" not recognized") { Position = option.ErrorPosition };
            }
        }
        return Check(options, statement, delimiter, nullText, quote, escape);
    }

    private static ImmutableArray<string> Names(OptionItem option) => option.Value switch
    {
        RowExpression row => [.. row.Elements.Select(e => e is ColumnReference c ? c.Name : e is StringLiteral s ? s.Value : throw Bad())],
        ColumnReference c => [c.Name],
        StringLiteral s => [s.Value],
        _ => throw Bad(),
    };

    private static SqlException Bad() => new(SqlState.InvalidParameterValue, "argument to option must be a list of column names");

    private static CopyOptions Check(CopyOptions options, CopyStatement statement, string? delimiter, string? nullText, string? quote, string? escape)
    {
        var csv = options.Format == CopyFormat.Csv;
        if (options.Format == CopyFormat.Binary)
        {
            if (delimiter is not null)
                throw new SqlException(SqlState.SyntaxError, "cannot specify DELIMITER in BINARY mode");
            if (nullText is not null)
                throw new SqlException(SqlState.SyntaxError, "cannot specify NULL in BINARY mode");
            if (options.Header != CopyHeader.No)
                throw new SqlException(SqlState.FeatureNotSupported, "cannot specify HEADER in BINARY mode");
        }
        delimiter ??= csv ? "," : "\t";
        nullText ??= csv ? "" : "\\N";
        if (delimiter.Length != 1 || delimiter[0] > 127)
            throw new SqlException(SqlState.FeatureNotSupported, "COPY delimiter must be a single one-byte character");
        if (delimiter[0] is '\r' or '\n')
            throw new SqlException(SqlState.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return");
        if (nullText.AsSpan().IndexOfAny('\r', '\n') >= 0)
            throw new SqlException(SqlState.InvalidParameterValue, "COPY null representation cannot use newline or carriage return");
        if (!csv && "\\.abcdefghijklmnopqrstuvwxyz0123456789".Contains(delimiter[0]))
            throw new SqlException(SqlState.InvalidParameterValue, $"COPY delimiter cannot be \"{delimiter}\"");
        if (!csv && quote is not null)
            throw new SqlException(SqlState.FeatureNotSupported, "COPY quote available only in CSV mode");
        if (!csv && escape is not null)
            throw new SqlException(SqlState.FeatureNotSupported, "COPY escape available only in CSV mode");
        if (quote is not null && (quote.Length != 1 || quote[0] > 127))
            throw new SqlException(SqlState.FeatureNotSupported, "COPY quote must be a single one-byte character");
        if (escape is not null && (escape.Length != 1 || escape[0] > 127))
            throw new SqlException(SqlState.FeatureNotSupported, "COPY escape must be a single one-byte character");
        var quoteChar = quote?[0] ?? '"';
        if (csv && delimiter[0] == quoteChar)
            throw new SqlException(SqlState.InvalidParameterValue, "COPY delimiter and quote must be different");
        if ((options.ForceQuote is not null || options.ForceQuoteAll) && (!csv || statement.IsFrom))
            throw new SqlException(SqlState.FeatureNotSupported, csv ? "COPY force quote only available using COPY TO" : "COPY force quote available only in CSV mode");
        if ((options.ForceNotNull.Length > 0 || options.ForceNull.Length > 0) && (!csv || !statement.IsFrom))
            throw new SqlException(SqlState.FeatureNotSupported, csv ? "COPY force not null only available using COPY FROM" : "COPY force not null available only in CSV mode");
        if (nullText.Contains(delimiter[0]) && options.Format != CopyFormat.Binary)
            throw new SqlException(SqlState.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification");
        if (csv && nullText.Contains(quoteChar))
            throw new SqlException(SqlState.FeatureNotSupported, "CSV quote character must not appear in the NULL specification");
        if (options.Header == CopyHeader.Match && !statement.IsFrom)
            throw new SqlException(SqlState.FeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO");
        return options with
        {
            Delimiter = (byte)delimiter[0],
            Null = System.Text.Encoding.UTF8.GetBytes(nullText),
            Quote = (byte)quoteChar,
            Escape = (byte)(escape?[0] ?? quoteChar),
        };
    }
}
