using System.Globalization;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>Expressions of defaults, checks, generated columns and indexes back to SQL text, which is how the catalog keeps them.</summary>
/// <remarks>Composite parts stand in parentheses, so that the text reads back as the same tree.</remarks>
internal static class ExpressionSql
{
    /// <exception cref="SqlException">0A000 for what such expressions cannot have: subqueries, windows.</exception>
    public static string Of(SyntaxExpression expression)
    {
        StackGuard.Check();
        return expression switch
        {
            NullLiteral => "NULL",
            BooleanLiteral b => b.Value ? "true" : "false",
            IntegerLiteral i => i.Value.ToString(CultureInfo.InvariantCulture),
            NumericLiteral n => n.Text,
            StringLiteral s => Identifiers.Literal(s.Value),
            BitStringLiteral b => $"{(b.IsHex ? 'X' : 'B')}'{b.Digits}'",
            TypedLiteral t => $"{Identifiers.Literal(t.Value)}::{Of(t.Type)}",
            ColumnReference c => string.Join('.', c.Parts.Select(Identifiers.Quote)),
            ArrayExpression a => $"ARRAY[{List(a.Elements)}]",
            RowExpression r => $"ROW({List(r.Elements)})",
            SubscriptExpression s => $"{Part(s.Operand)}[{Of(s.Index)}]",
            FieldExpression f => $"({Of(f.Operand)}).{Identifiers.Quote(f.Field)}",
            UnaryExpression u => $"{Operator(u.OperatorSchema, u.Operator)} {Part(u.Operand)}",
            BinaryExpression b => $"{Part(b.Left)} {Operator(b.OperatorSchema, b.Operator)} {Part(b.Right)}",
            AndExpression a => string.Join(" AND ", a.Operands.Select(Part)),
            OrExpression o => string.Join(" OR ", o.Operands.Select(Part)),
            NotExpression n => $"NOT {Part(n.Operand)}",
            CastExpression c => $"{Part(c.Operand)}::{Of(c.Type)}",
            CollateExpression c => $"{Part(c.Operand)} COLLATE {string.Join('.', c.Collation.Parts.Select(Identifiers.Quote))}",
            AtTimeZoneExpression a => $"{Part(a.Operand)} AT TIME ZONE {Part(a.Zone)}",
            IsExpression i => $"{Part(i.Operand)} IS {(i.Negated ? "NOT " : "")}{i.Test.ToString().ToUpperInvariant()}",
            DistinctExpression d => $"{Part(d.Left)} IS {(d.Negated ? "NOT " : "")}DISTINCT FROM {Part(d.Right)}",
            BetweenExpression b => $"{Part(b.Operand)} {Not(b.Negated)}BETWEEN {(b.Symmetric ? "SYMMETRIC " : "")}{Part(b.Low)} AND {Part(b.High)}",
            InListExpression i => $"{Part(i.Operand)} {Not(i.Negated)}IN ({List(i.Values)})",
            LikeExpression l => $"{Part(l.Operand)} {Not(l.Negated)}{l.Kind switch { LikeKind.ILike => "ILIKE", LikeKind.SimilarTo => "SIMILAR TO", _ => "LIKE" }} {Part(l.Pattern)}"
                + (l.Escape is null ? "" : $" ESCAPE {Part(l.Escape)}"),
            QuantifiedArrayExpression q => $"{Part(q.Left)} {Operator(q.OperatorSchema, q.Operator)} {(q.IsAll ? "ALL" : "ANY")} ({Of(q.Array)})",
            CaseExpression c => Case(c),
            CoalesceExpression c => $"COALESCE({List(c.Arguments)})",
            NullIfExpression n => $"NULLIF({Of(n.Left)}, {Of(n.Right)})",
            MinMaxExpression m => $"{(m.IsGreatest ? "GREATEST" : "LEAST")}({List(m.Arguments)})",
            SqlValueFunction f => ValueFunction(f),
            FunctionCall { Over: null, Filter: null, IsDistinct: false, OrderBy.IsEmpty: true } f => Call(f),
            NamedArgument n => $"{Identifiers.Quote(n.Name)} => {Of(n.Value)}",
            SubqueryExpression or ExistsExpression or InSubqueryExpression or ArraySubqueryExpression or QuantifiedSubqueryExpression =>
                throw new SqlException(SqlState.FeatureNotSupported, "cannot use subquery in this expression") { Position = expression.ErrorPosition },
            _ => throw SqlException.NotSupported("this form of expression in a definition", expression.ErrorPosition),
        };
    }

    public static string Of(TypeName type)
    {
        var name = string.Join('.', (type.Schema == "pg_catalog" && type.Name != "char" ? type.NameParts[^1..] : type.NameParts).Select(Identifiers.Quote));
        if (!type.Modifiers.IsEmpty)
            name += $"({List(type.Modifiers)})";
        return type.ArrayDimensions.IsEmpty ? name : name + "[]";
    }

    private static string Part(SyntaxExpression expression) => expression switch
    {
        NullLiteral or BooleanLiteral or StringLiteral or ColumnReference or FunctionCall or ArrayExpression or RowExpression or CoalesceExpression or NullIfExpression
            or MinMaxExpression or SqlValueFunction or CaseExpression or IntegerLiteral { Value: >= 0 } => Of(expression),
        NumericLiteral n when n.Text[0] != '-' => n.Text,
        CastExpression or TypedLiteral or SubscriptExpression => Of(expression),
        _ => $"({Of(expression)})",
    };

    private static string Not(bool negated) => negated ? "NOT " : "";

    private static string List(IEnumerable<SyntaxExpression> items) => string.Join(", ", items.Select(Of));

    private static string Operator(string? schema, string name) => schema is null ? name : $"OPERATOR({Identifiers.Quote(schema)}.{name})";

    private static string Call(FunctionCall call)
    {
        var arguments = call.IsStar ? "*" : string.Join(", ", call.Arguments.Select((a, i) => (call.IsVariadic && i == call.Arguments.Length - 1 ? "VARIADIC " : "") + Of(a)));
        // The special syntaxes mean ordinary functions; those whose names are words of the grammar keep their schema.
        var name = call.Syntax == FunctionCallSyntax.Ordinary
            ? string.Join('.', call.Name.Select(Identifiers.Quote))
            : $"pg_catalog.{Identifiers.Quote(call.FunctionName)}";
        return $"{name}({arguments})";
    }

    private static string ValueFunction(SqlValueFunction function)
    {
        var name = function.Kind switch
        {
            SqlValueFunctionKind.CurrentDate => "CURRENT_DATE",
            SqlValueFunctionKind.CurrentTime => "CURRENT_TIME",
            SqlValueFunctionKind.CurrentTimestamp => "CURRENT_TIMESTAMP",
            SqlValueFunctionKind.LocalTime => "LOCALTIME",
            SqlValueFunctionKind.LocalTimestamp => "LOCALTIMESTAMP",
            SqlValueFunctionKind.CurrentRole => "CURRENT_ROLE",
            SqlValueFunctionKind.CurrentUser => "CURRENT_USER",
            SqlValueFunctionKind.User => "USER",
            SqlValueFunctionKind.SessionUser => "SESSION_USER",
            SqlValueFunctionKind.CurrentCatalog => "CURRENT_CATALOG",
            _ => "CURRENT_SCHEMA",
        };
        return function.Precision < 0 ? name : $"{name}({function.Precision})";
    }

    private static string Case(CaseExpression expression)
    {
        var text = "CASE";
        if (expression.Operand is not null)
            text += " " + Part(expression.Operand);
        foreach (var branch in expression.Branches)
            text += $" WHEN {Of(branch.When)} THEN {Of(branch.Then)}";
        return text + (expression.Else is null ? "" : $" ELSE {Of(expression.Else)}") + " END";
    }

    /// <summary>The columns that an expression names, in the order of their first mention.</summary>
    public static IReadOnlyList<string> ColumnsOf(SyntaxExpression expression)
    {
        var names = new List<string>();
        Collect(expression, names);
        return names;
    }

    private static void Collect(SyntaxExpression? expression, List<string> names)
    {
        switch (expression)
        {
            case null: break;
            case ColumnReference c:
                if (!names.Contains(c.Name))
                    names.Add(c.Name);
                break;
            case ArrayExpression a: All(a.Elements, names); break;
            case RowExpression r: All(r.Elements, names); break;
            case SubscriptExpression s: All([s.Operand, s.Index], names); break;
            case FieldExpression f: Collect(f.Operand, names); break;
            case UnaryExpression u: Collect(u.Operand, names); break;
            case BinaryExpression b: All([b.Left, b.Right], names); break;
            case AndExpression a: All(a.Operands, names); break;
            case OrExpression o: All(o.Operands, names); break;
            case NotExpression n: Collect(n.Operand, names); break;
            case CastExpression c: Collect(c.Operand, names); break;
            case CollateExpression c: Collect(c.Operand, names); break;
            case AtTimeZoneExpression a: All([a.Operand, a.Zone], names); break;
            case IsExpression i: Collect(i.Operand, names); break;
            case DistinctExpression d: All([d.Left, d.Right], names); break;
            case BetweenExpression b: All([b.Operand, b.Low, b.High], names); break;
            case InListExpression i: All([i.Operand, .. i.Values], names); break;
            case LikeExpression l: All([l.Operand, l.Pattern], names); break;
            case QuantifiedArrayExpression q: All([q.Left, q.Array], names); break;
            case CaseExpression c:
                Collect(c.Operand, names);
                foreach (var branch in c.Branches)
                    All([branch.When, branch.Then], names);
                Collect(c.Else, names);
                break;
            case CoalesceExpression c: All(c.Arguments, names); break;
            case NullIfExpression n: All([n.Left, n.Right], names); break;
            case MinMaxExpression m: All(m.Arguments, names); break;
            case FunctionCall f: All(f.Arguments, names); break;
            case NamedArgument n: Collect(n.Value, names); break;
        }
    }

    private static void All(IEnumerable<SyntaxExpression> items, List<string> names)
    {
        foreach (var item in items)
            Collect(item, names);
    }
}
