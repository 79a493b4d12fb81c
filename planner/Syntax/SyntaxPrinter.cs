using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace OmenDb.Planner.Syntax;

/// <summary>Syntax trees back to SQL text: stored views, defaults and checks, pg_get_expr, EXPLAIN of syntax.</summary>
/// <remarks>Every operator is put in parentheses, as PostgreSQL's own deparser does, so no precedence is needed to read it back:
/// printing what was parsed from printed text gives the same text. Parts: expressions here, queries in the other file.</remarks>
public sealed partial class SyntaxPrinter
{
    private readonly StringBuilder _text = new();
    private IPrintedNames? _names;

    public static string Print(SyntaxExpression expression)
    {
        var printer = new SyntaxPrinter();
        printer.Write(expression);
        return printer._text.ToString();
    }

    public static string Print(QueryExpression query)
    {
        var printer = new SyntaxPrinter();
        printer.Write(query);
        return printer._text.ToString();
    }

    /// <summary>The same with names as <paramref name="names"/> gives them.</summary>
    public static string Print(QueryExpression query, IPrintedNames names)
    {
        var printer = new SyntaxPrinter { _names = names };
        printer.Write(query);
        return printer._text.ToString();
    }

    public static string Print(TypeName type)
    {
        var printer = new SyntaxPrinter();
        printer.Write(type);
        return printer._text.ToString();
    }

    /// <summary>An identifier as it must be written: quoted when it is not a plain lower-case word or is a keyword that may not stand bare.</summary>
    public static string Quote(string identifier)
    {
        var plain = identifier.Length > 0 && (char.IsAsciiLetterLower(identifier[0]) || identifier[0] == '_');
        foreach (var c in identifier)
            plain &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '$';
        if (plain)
        {
            var keyword = Grammar.KeywordTable.Find(identifier);
            plain = keyword == Grammar.Keyword.None || Grammar.KeywordTable.Class(keyword) == Grammar.KeywordClass.Unreserved;
        }
        return plain ? identifier : $"\"{identifier.Replace("\"", "\"\"")}\"";
    }

    public static string Literal(string value) =>
        value.Contains('\\') ? $"E'{value.Replace("\\", "\\\\").Replace("'", "''")}'" : $"'{value.Replace("'", "''")}'";

    private SyntaxPrinter Add(string text)
    {
        _text.Append(text);
        return this;
    }

    private void Name(ImmutableArray<string> parts) => _text.AppendJoin('.', parts.Select(Quote));

    private void Join<T>(ImmutableArray<T> items, Action<T> write, string separator = ", ")
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                Add(separator);
            write(items[i]);
        }
    }

    private void Names(ImmutableArray<string> names) => Join(names, n => Add(Quote(n)));

    private void Write(SyntaxExpression expression)
    {
        StackGuard.Check();
        switch (expression)
        {
            case NullLiteral:
                Add("NULL");
                break;
            case BooleanLiteral b:
                Add(b.Value ? "true" : "false");
                break;
            case IntegerLiteral i:
                Number(i.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case NumericLiteral n:
                Number(n.Text);
                break;
            case StringLiteral s:
                Add(Literal(s.Value));
                break;
            case BitStringLiteral b:
                Add(b.IsHex ? "X'" : "B'").Add(b.Digits).Add("'");
                break;
            case TypedLiteral t:
                // The form PostgreSQL prints, which any type name can take.
                Add(Literal(t.Value)).Add("::");
                Write(t.Type);
                break;
            case ParameterReference p:
                Add("$").Add(p.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case DefaultExpression:
                Add("DEFAULT");
                break;
            case ColumnReference c:
                Name(_names is null ? c.Parts : _names.Column(c));
                break;
            case StarExpression s:
                if (!s.Qualifier.IsEmpty)
                {
                    Name(s.Qualifier);
                    Add(".");
                }
                Add("*");
                break;
            case FieldExpression f:
                Parenthesised(f.Operand);
                Add(".").Add(Quote(f.Field));
                break;
            case FieldStarExpression f:
                Parenthesised(f.Operand);
                Add(".*");
                break;
            case SubscriptExpression s:
                Subscripted(s.Operand);
                Add("[");
                Write(s.Index);
                Add("]");
                break;
            case SliceExpression s:
                Subscripted(s.Operand);
                Add("[");
                if (s.Lower is not null)
                    Write(s.Lower);
                Add(":");
                if (s.Upper is not null)
                    Write(s.Upper);
                Add("]");
                break;
            case ArrayExpression a:
                Add("ARRAY[");
                Join(a.Elements, Write);
                Add("]");
                break;
            case RowExpression r:
                Add("ROW(");
                Join(r.Elements, Write);
                Add(")");
                break;
            case UnaryExpression u:
                Add("(");
                Operator(u.OperatorSchema, u.Operator);
                Add(" ");
                Write(u.Operand);
                Add(")");
                break;
            case BinaryExpression b:
                Add("(");
                Write(b.Left);
                Add(" ");
                Operator(b.OperatorSchema, b.Operator);
                Add(" ");
                Write(b.Right);
                Add(")");
                break;
            case AndExpression a:
                Add("(");
                Join(a.Operands, Write, " AND ");
                Add(")");
                break;
            case OrExpression o:
                Add("(");
                Join(o.Operands, Write, " OR ");
                Add(")");
                break;
            case NotExpression n:
                Add("(NOT ");
                Write(n.Operand);
                Add(")");
                break;
            case CastExpression c:
                Parenthesised(c.Operand);
                Add("::");
                Write(c.Type);
                break;
            case CollateExpression c:
                Add("(");
                Write(c.Operand);
                Add(" COLLATE ");
                Name(c.Collation.Parts);
                Add(")");
                break;
            case AtTimeZoneExpression a:
                Add("(");
                Write(a.Operand);
                Add(" AT TIME ZONE ");
                Write(a.Zone);
                Add(")");
                break;
            default:
                WriteSpecial(expression);
                break;
        }
    }

    private void WriteSpecial(SyntaxExpression expression)
    {
        switch (expression)
        {
            case IsExpression i:
                Add("(");
                Write(i.Operand);
                Add(i.Negated ? " IS NOT " : " IS ");
                if (i.NormalForm is not null)
                    Add(i.NormalForm).Add(" ");
                Add(i.Test.ToString().ToUpperInvariant()).Add(")");
                break;
            case DistinctExpression d:
                Infix(d.Left, d.Negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", d.Right);
                break;
            case BetweenExpression b:
                Add("(");
                Write(b.Operand);
                Add(b.Negated ? " NOT BETWEEN " : " BETWEEN ").Add(b.Symmetric ? "SYMMETRIC " : "");
                Write(b.Low);
                Add(" AND ");
                Write(b.High);
                Add(")");
                break;
            case InListExpression i:
                Add("(");
                Write(i.Operand);
                Add(i.Negated ? " NOT IN (" : " IN (");
                Join(i.Values, Write);
                Add("))");
                break;
            case InSubqueryExpression i:
                Add("(");
                Write(i.Operand);
                Add(i.Negated ? " NOT IN (" : " IN (");
                Write(i.Query);
                Add("))");
                break;
            case LikeExpression l:
                Add("(");
                Write(l.Operand);
                Add(l.Negated ? " NOT " : " ").Add(l.Kind switch { LikeKind.Like => "LIKE ", LikeKind.ILike => "ILIKE ", _ => "SIMILAR TO " });
                Write(l.Pattern);
                if (l.Escape is not null)
                {
                    Add(" ESCAPE ");
                    Write(l.Escape);
                }
                Add(")");
                break;
            case QuantifiedArrayExpression q:
                Quantified(q.Left, q.OperatorSchema, q.Operator, q.IsAll, () => Write(q.Array));
                break;
            case QuantifiedSubqueryExpression q:
                Quantified(q.Left, q.OperatorSchema, q.Operator, q.IsAll, () => Write(q.Query));
                break;
            case SubqueryExpression s:
                Wrapped("", s.Query);
                break;
            case ExistsExpression e:
                Wrapped("EXISTS ", e.Query);
                break;
            case ArraySubqueryExpression a:
                Wrapped("ARRAY", a.Query);
                break;
            case OverlapsExpression o:
                Infix(o.Left, "OVERLAPS", o.Right);
                break;
            case CaseExpression c:
                WriteCase(c);
                break;
            case CoalesceExpression c:
                Call("COALESCE", c.Arguments);
                break;
            case NullIfExpression n:
                Call("NULLIF", [n.Left, n.Right]);
                break;
            case MinMaxExpression m:
                Call(m.IsGreatest ? "GREATEST" : "LEAST", m.Arguments);
                break;
            case GroupingExpression g:
                Call("GROUPING", g.Arguments);
                break;
            case SqlValueFunction f:
                Add(ValueFunctionName(f.Kind));
                if (f.Precision >= 0)
                    Add($"({f.Precision})");
                break;
            case FunctionCall f:
                WriteCall(f);
                break;
            case NamedArgument n:
                Add(Quote(n.Name)).Add(" => ");
                Write(n.Value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression.GetType().Name, "unknown expression");
        }
    }

    private void Number(string digits) => Add(digits.StartsWith('-') ? $"({digits})" : digits);

    private void Operator(string? schema, string name) => Add(schema is null ? name : $"OPERATOR({Quote(schema)}.{name})");

    private void Infix(SyntaxExpression left, string word, SyntaxExpression right)
    {
        Add("(");
        Write(left);
        Add(" ").Add(word).Add(" ");
        Write(right);
        Add(")");
    }

    private void Quantified(SyntaxExpression left, string? schema, string name, bool isAll, Action right)
    {
        Add("(");
        Write(left);
        Add(" ");
        Operator(schema, name);
        Add(isAll ? " ALL (" : " ANY (");
        right();
        Add("))");
    }

    private void Wrapped(string before, QueryExpression query)
    {
        Add(before).Add("(");
        Write(query);
        Add(")");
    }

    private void Call(string name, ImmutableArray<SyntaxExpression> arguments)
    {
        Add(name).Add("(");
        Join(arguments, Write);
        Add(")");
    }

    /// <summary>Operands of casts and field selection: bare where the grammar allows it, in parentheses otherwise.</summary>
    private void Parenthesised(SyntaxExpression operand)
    {
        var bare = operand is ColumnReference or StringLiteral or NullLiteral or BooleanLiteral or ParameterReference or CastExpression or FunctionCall { Over: null, Filter: null }
            or IntegerLiteral { Value: >= 0 } or ArrayExpression or TypedLiteral
            || operand is NumericLiteral number && !number.Text.StartsWith('-');
        if (bare)
        {
            Write(operand);
            return;
        }
        Add("(");
        Write(operand);
        Add(")");
    }

    private void Subscripted(SyntaxExpression operand)
    {
        if (operand is ColumnReference or ParameterReference or SubscriptExpression or SliceExpression)
        {
            Write(operand);
            return;
        }
        Add("(");
        Write(operand);
        Add(")");
    }

    private void WriteCase(CaseExpression @case)
    {
        Add("CASE");
        if (@case.Operand is not null)
        {
            Add(" ");
            Write(@case.Operand);
        }
        foreach (var branch in @case.Branches)
        {
            Add(" WHEN ");
            Write(branch.When);
            Add(" THEN ");
            Write(branch.Then);
        }
        if (@case.Else is not null)
        {
            Add(" ELSE ");
            Write(@case.Else);
        }
        Add(" END");
    }

    private void WriteCall(FunctionCall call)
    {
        switch (call.Syntax)
        {
            case FunctionCallSyntax.Extract:
                Add("EXTRACT(").Add(call.Arguments[0] is StringLiteral field ? Quote(field.Value) : "").Add(" FROM ");
                Write(call.Arguments[1]);
                Add(")");
                return;
            case FunctionCallSyntax.Position:
                Add("POSITION((");
                Write(call.Arguments[1]);
                Add(") IN (");
                Write(call.Arguments[0]);
                Add("))");
                return;
            default:
                // The catalog's name does what the special syntax means; without its schema where that is the usual one.
                Name(call.Name.Length == 2 && call.Name[0] == "pg_catalog" ? [call.Name[1]] : call.Name);
                break;
        }
        Add("(");
        if (call.IsStar)
            Add("*");
        if (call.IsDistinct)
            Add("DISTINCT ");
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            if (i > 0)
                Add(", ");
            if (call.IsVariadic && i == call.Arguments.Length - 1)
                Add("VARIADIC ");
            Write(call.Arguments[i]);
        }
        if (!call.OrderBy.IsEmpty && !call.IsWithinGroup)
        {
            Add(" ");
            OrderBy(call.OrderBy);
        }
        Add(")");
        if (call.IsWithinGroup)
        {
            Add(" WITHIN GROUP (");
            OrderBy(call.OrderBy);
            Add(")");
        }
        if (call.Filter is not null)
        {
            Add(" FILTER (WHERE ");
            Write(call.Filter);
            Add(")");
        }
        if (call.Over is not null)
        {
            Add(" OVER ");
            if (call.Over.ReferencedName is { } name && !call.Over.IsCopy)
                Add(Quote(name));
            else
                Window(call.Over);
        }
    }

    private static string ValueFunctionName(SqlValueFunctionKind kind) => kind switch
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

    private void Write(TypeName type)
    {
        if (type.SetOf)
            Add("SETOF ");
        // Built-in types stand bare, keywords such as numeric included; only "char" is another type than char.
        if (type.NameParts is ["pg_catalog", "char"] or ["char"])
            Add("\"char\"");
        else if (type.NameParts is ["pg_catalog", var builtIn])
            Add(builtIn);
        else
            Name(type.NameParts);
        if (type.PercentType)
            Add("%TYPE");
        if (type.IntervalFields != IntervalFields.None)
            Add(" ").Add(FieldsText(type.IntervalFields));
        if (!type.Modifiers.IsEmpty)
        {
            Add("(");
            Join(type.Modifiers, Write);
            Add(")");
        }
        foreach (var bound in type.ArrayDimensions)
            Add(bound < 0 ? "[]" : $"[{bound}]");
    }

    private static string FieldsText(IntervalFields fields)
    {
        var words = new[] { IntervalFields.Year, IntervalFields.Month, IntervalFields.Day, IntervalFields.Hour, IntervalFields.Minute, IntervalFields.Second }
            .Where(f => (fields & f) != 0).Select(f => f.ToString().ToUpperInvariant()).ToList();
        return words.Count == 1 ? words[0] : $"{words[0]} TO {words[^1]}";
    }
}
