using System.Text;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ReferentialAction = OmenDb.Storage.Catalog.ReferentialAction;

namespace OmenDb.Engine.Catalog;

/// <summary>Objects back to the SQL that makes them, in the form of PostgreSQL's pg_get_* functions.</summary>
internal static class Definitions
{
    /// <summary>A stored expression with all its parentheses.</summary>
    public static string Expression(string sql) => SyntaxPrinter.Print(SqlParser.ParseExpression(sql));

    /// <summary>Without the parentheses that PostgreSQL's pretty form leaves out.</summary>
    public static string Pretty(string sql) => PrettyText.Of(SqlParser.ParseExpression(sql));

    /// <summary>A column's default or generation expression, with literals in the column's type as PostgreSQL shows them.</summary>
    public static string Default(SessionCatalog names, ColumnEntry column)
    {
        var expression = SqlParser.ParseExpression((column.GeneratedSql ?? column.DefaultSql)!);
        return SyntaxPrinter.Print(expression) is var text && expression is StringLiteral or NullLiteral ? $"{text}::{TypeName(column.Type)}" : Sequences(names, text);
    }

    private static string TypeName(SqlType type) => type.Id switch
    {
        TypeId.Enum => Identifiers.Quote(type.EnumName!),
        TypeId.Array => TypeName(type.Element!) + "[]",
        TypeId.Char => "bpchar",
        _ => PgTypes.FormatType(SqlType.Of(type.Id)),
    };

    /// <summary>nextval('public.s'::regclass): the sequence under the name by which it is found now.</summary>
    private static string Sequences(SessionCatalog names, string text)
    {
        return SequenceOf(names, text) is { } oid ? $"nextval({Identifiers.Literal(ObjectNames.Display(names, TypeId.Regclass, oid))}::regclass)" : text;
    }

    /// <summary>The sequence that a default takes its values from; null: it is no call of nextval.</summary>
    public static int? SequenceOf(SessionCatalog names, string text)
    {
        const string Start = "nextval('";
        var bare = text.Replace("pg_catalog.", "", StringComparison.Ordinal);
        var end = bare.StartsWith(Start, StringComparison.Ordinal) ? bare.LastIndexOf('\'') : -1;
        return end >= Start.Length && bare[(end + 1)..] is ")" or "::regclass)"
            ? ObjectNames.TryResolve(names, TypeId.Regclass, bare[Start.Length..end].Replace("''", "'", StringComparison.Ordinal)) : null;
    }

    /// <summary>pg_get_constraintdef.</summary>
    public static string Constraint(SystemScan scan, TableEntry table, ConstraintEntry constraint, bool pretty)
    {
        var text = new StringBuilder();
        switch (constraint.Kind)
        {
            case ConstraintKind.Check:
                text.Append("CHECK (").Append(pretty ? Pretty(constraint.CheckSql!) : Expression(constraint.CheckSql!)).Append(')');
                break;
            case ConstraintKind.ForeignKey:
                text.Append("FOREIGN KEY ").Append(Columns(table, constraint.ColumnIds)).Append(" REFERENCES ");
                text.Append(ObjectNames.Display(scan.Names, TypeId.Regclass, constraint.ReferencedTableOid));
                if (scan.Catalog.Find<TableEntry>(constraint.ReferencedTableOid) is { } referenced)
                    text.Append(Columns(referenced, constraint.ReferencedColumnIds));
                if (constraint.MatchFull)
                    text.Append(" MATCH FULL");
                Action(text, " ON UPDATE ", constraint.OnUpdate);
                Action(text, " ON DELETE ", constraint.OnDelete);
                if (!constraint.OnDeleteColumnIds.IsEmpty)
                    text.Append(' ').Append(Columns(table, constraint.OnDeleteColumnIds));
                break;
            case ConstraintKind.Exclusion:
                text.Append("EXCLUDE ").Append(Columns(table, constraint.ColumnIds));
                break;
            default:
                text.Append(constraint.Kind == ConstraintKind.PrimaryKey ? "PRIMARY KEY " : "UNIQUE ");
                var index = scan.Catalog.Find<IndexEntry>(constraint.IndexOid);
                if (index is { NullsNotDistinct: true })
                    text.Append("NULLS NOT DISTINCT ");
                text.Append(Columns(table, constraint.ColumnIds));
                if (index is { IncludedColumnIds.IsEmpty: false })
                    text.Append(" INCLUDE ").Append(Columns(table, index.IncludedColumnIds));
                break;
        }
        if (constraint.IsDeferrable)
            text.Append(" DEFERRABLE");
        if (constraint.IsInitiallyDeferred)
            text.Append(" INITIALLY DEFERRED");
        if (!constraint.IsValidated)
            text.Append(" NOT VALID");
        return text.ToString();
    }

    private static string Columns(TableEntry table, IEnumerable<int> ids) => $"({string.Join(", ", ids.Select(id => Identifiers.Quote(table.ColumnById(id)!.Name)))})";

    private static void Action(StringBuilder text, string lead, ReferentialAction action)
    {
        var word = action switch
        {
            ReferentialAction.Restrict => "RESTRICT",
            ReferentialAction.Cascade => "CASCADE",
            ReferentialAction.SetNull => "SET NULL",
            ReferentialAction.SetDefault => "SET DEFAULT",
            _ => null,
        };
        if (word is not null)
            text.Append(lead).Append(word);
    }

    /// <summary>pg_get_indexdef.</summary>
    public static string Index(SystemScan scan, IndexEntry index, bool pretty)
    {
        var table = scan.Catalog.Find<TableEntry>(index.TableOid)!;
        var text = new StringBuilder("CREATE ").Append(index.IsUnique ? "UNIQUE " : "").Append("INDEX ").Append(Identifiers.Quote(index.Name)).Append(" ON ");
        text.Append(pretty ? ObjectNames.Display(scan.Names, TypeId.Regclass, table.Oid) : Identifiers.Quote(scan.SchemaName(table.SchemaOid), table.Name));
        text.Append(" USING btree (").AppendJoin(", ", index.Keys.Select(k => Key(table, k, pretty) + Order(k))).Append(')');
        if (!index.IncludedColumnIds.IsEmpty)
            text.Append(" INCLUDE ").Append(Columns(table, index.IncludedColumnIds));
        if (index.NullsNotDistinct)
            text.Append(" NULLS NOT DISTINCT");
        if (index.PredicateSql is not null)
            text.Append(" WHERE ").Append(pretty ? Pretty(index.PredicateSql) : Expression(index.PredicateSql));
        return text.ToString();
    }

    /// <summary>One column of an index, from 1; null: there is none.</summary>
    public static string? IndexColumn(SystemScan scan, IndexEntry index, int number, bool pretty)
    {
        var table = scan.Catalog.Find<TableEntry>(index.TableOid)!;
        if (number < 1 || number > index.Keys.Length + index.IncludedColumnIds.Length)
            return null;
        return number > index.Keys.Length ? Identifiers.Quote(table.ColumnById(index.IncludedColumnIds[number - index.Keys.Length - 1])!.Name) : Key(table, index.Keys[number - 1], pretty);
    }

    private static string Key(TableEntry table, IndexKeyEntry key, bool pretty)
    {
        if (key.ExpressionSql is null)
            return Identifiers.Quote(table.ColumnById(key.ColumnId)!.Name);
        return KeyExpression(key.ExpressionSql, pretty);
    }

    /// <summary>An index expression: in parentheses unless it looks like a function's call.</summary>
    public static string KeyExpression(string sql, bool pretty)
    {
        var expression = SqlParser.ParseExpression(sql);
        var text = pretty ? PrettyText.Of(expression) : SyntaxPrinter.Print(expression);
        return expression is FunctionCall or CoalesceExpression or MinMaxExpression or NullIfExpression ? text : $"({text})";
    }

    private static string Order(IndexKeyEntry key) => (key.Descending, key.NullsFirst) switch
    {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    };

    /// <summary>pg_get_viewdef; tables that the session's search path does not find get their schemas.</summary>
    public static string View(SystemScan scan, ViewEntry view) => $" {Ddl.ViewTexts.Shown(scan.Names, view)};";
}

/// <summary>Expressions with fewer parentheses: PostgreSQL's pretty form for the operators that checks and predicates are made of.</summary>
internal static class PrettyText
{
    public static string Of(SyntaxExpression expression) => expression switch
    {
        AndExpression and => string.Join(" AND ", and.Operands.Select(o => o is OrExpression ? $"({Of(o)})" : Of(o))),
        OrExpression or => string.Join(" OR ", or.Operands.Select(Of)),
        NotExpression not => $"NOT {(not.Operand is AndExpression or OrExpression ? $"({Of(not.Operand)})" : Of(not.Operand))}",
        BinaryExpression or IsExpression or LikeExpression or BetweenExpression or DistinctExpression or UnaryExpression or InListExpression or QuantifiedArrayExpression
            or CollateExpression or AtTimeZoneExpression => Bare(SyntaxPrinter.Print(expression)),
        _ => SyntaxPrinter.Print(expression),
    };

    /// <summary>The outer parentheses removed if they belong together.</summary>
    public static string Bare(string text)
    {
        if (text.Length < 2 || text[0] != '(' || text[^1] != ')')
            return text;
        var depth = 0;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c is '\'' or '"')
                quote = c;
            else if (c == '(')
                depth++;
            else if (c == ')' && --depth == 0 && i < text.Length - 1)
                return text;
        }
        return text[1..^1];
    }
}
