using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Physical;

/// <summary>Finds what an index can answer of some conditions over a table's columns.</summary>
/// <remarks>A condition compares a key column with something that is one value per execution: constants, parameters, stable functions. A
/// widening cast around the column does not matter: integers and floats of all widths have the same keys.</remarks>
internal sealed class IndexMatcher
{
    /// <summary>More combinations of IN lists than this are left to the scan.</summary>
    private const int MaxRanges = 1000;

    private readonly Scan _scan;
    private readonly Expression[] _conjuncts;
    private readonly Dictionary<int, int> _ordinals;
    private readonly PatternProbes _patterns;

    public IndexMatcher(Scan scan, IEnumerable<Expression> conditions, PatternProbes patterns)
    {
        _scan = scan;
        _patterns = patterns;
        _conjuncts = [.. conditions.SelectMany(CompiledPredicate.Conjuncts)];
        _ordinals = scan.ScanColumns.ToDictionary(c => c.Column.Id, c => c.Ordinal);
    }

    public IReadOnlyList<Expression> Conjuncts => _conjuncts;

    /// <summary>The longest probe that the conditions allow; without any condition when none fits. Null: the index does not have all the rows.</summary>
    public IndexProbe? Match(IndexInfo index)
    {
        var implied = index.PredicateSql is null ? null : _scan.Implied.FirstOrDefault(i => i.Name == index.Name);
        if (!index.Readable || (index.PredicateSql is not null && implied is null))
            return null;
        var tests = ImmutableArray.CreateBuilder<KeyTest>();
        var conditions = ImmutableArray.CreateBuilder<Expression>();
        var used = ImmutableArray.CreateBuilder<Expression>();
        var ranges = 1L;
        while (tests.Count < index.Columns.Length && Test(index.Columns[tests.Count].Ordinal) is var (test, conjunct))
        {
            ranges *= test switch { KeyTest.OneOf several => several.Values.Length, KeyTest.AnyOf => 10, _ => 1 };
            if (ranges > MaxRanges && tests.Count > 0)
                break;
            tests.Add(test);
            conditions.Add(conjunct);
            used.Add(conjunct);
        }
        var bounds = tests.Count < index.Columns.Length ? Bounds(index, tests.Count, conditions, used) : null;
        if (implied is not null)
            used.AddRange(_conjuncts.Where(c => implied.Conjuncts.Contains(c) && !used.Contains(c)));
        return new IndexProbe(index, tests.ToImmutable(), bounds, conditions.ToImmutable(), used.ToImmutable());
    }

    private SqlType TypeOf(int ordinal) => _scan.Table.Columns[ordinal].Type;

    private (KeyTest Test, Expression Conjunct)? Test(int ordinal)
    {
        foreach (var conjunct in _conjuncts)
        {
            if (Comparison(conjunct, ordinal) is (CompareOp.Equal, var value))
                return (new KeyTest.OneOf([value]), conjunct);
        }
        foreach (var conjunct in _conjuncts)
        {
            if (Several(conjunct, ordinal) is { } test)
                return (test, conjunct);
        }
        return null;
    }

    private KeyTest? Several(Expression conjunct, int ordinal)
    {
        switch (conjunct)
        {
            case NullTestExpression { Negated: false, Operand: var operand } when IsKey(operand, ordinal, out _):
                return new KeyTest.Null();
            case ColumnExpression when TypeOf(ordinal).Id == TypeId.Bool && IsKey(conjunct, ordinal, out _):
                return new KeyTest.OneOf([ConstantExpression.True]);
            case NotExpression { Operand: ColumnExpression flag } when TypeOf(ordinal).Id == TypeId.Bool && IsKey(flag, ordinal, out _):
                return new KeyTest.OneOf([ConstantExpression.False]);
            case InListExpression { Negated: false } list when IsKey(list.Operand, ordinal, out var type)
                && list.Items.All(i => Usable(i, type, ordinal) && i.Type.Physical == list.Items[0].Type.Physical):
                return new KeyTest.OneOf(list.Items);
            case ArrayComparisonExpression { All: false, Function: null, Operator: ComparisonOperator.Equal } any when IsKey(any.Left, ordinal, out var type)
                && ExpressionFacts.IsRowFree(any.Array) && any.Array.Type.Element is { } element && Fits(element, type, ordinal):
                return new KeyTest.AnyOf(any.Array);
            case LogicalExpression { IsAnd: false } or:
                var values = new List<Expression>();
                foreach (var operand in or.Operands)
                {
                    if (Comparison(operand, ordinal) is (CompareOp.Equal, var value))
                        values.Add(value);
                    else if (Several(operand, ordinal) is KeyTest.OneOf more)
                        values.AddRange(more.Values);
                    else
                        return null;
                }
                return values.TrueForAll(v => v.Type.Physical == values[0].Type.Physical) ? new KeyTest.OneOf([.. values]) : null;
            default:
                return null;
        }
    }

    private KeyBounds? Bounds(IndexInfo index, int first, ImmutableArray<Expression>.Builder conditions, ImmutableArray<Expression>.Builder used)
    {
        var ordinal = index.Columns[first].Ordinal;
        var bounds = new KeyBounds();
        Expression? notNull = null;
        foreach (var conjunct in _conjuncts)
        {
            if (Comparison(conjunct, ordinal) is var (op, value))
            {
                if (op is CompareOp.Greater or CompareOp.GreaterOrEqual && bounds.Low.IsEmpty)
                    bounds = bounds with { Low = [value], LowInclusive = op == CompareOp.GreaterOrEqual };
                else if (op is CompareOp.Less or CompareOp.LessOrEqual && bounds.High.IsEmpty)
                    bounds = bounds with { High = [value], HighInclusive = op == CompareOp.LessOrEqual };
                else
                    continue;
                conditions.Add(conjunct);
                used.Add(conjunct);
            }
            else if (Rows(conjunct) is { } row && RowBounds(index, first, row) is var (rowOp, values, whole))
            {
                var inclusive = !whole || rowOp is CompareOp.GreaterOrEqual or CompareOp.LessOrEqual;
                if (rowOp is CompareOp.Greater or CompareOp.GreaterOrEqual && bounds.Low.IsEmpty)
                    bounds = bounds with { Low = values, LowInclusive = inclusive };
                else if (rowOp is CompareOp.Less or CompareOp.LessOrEqual && bounds.High.IsEmpty)
                    bounds = bounds with { High = values, HighInclusive = inclusive };
                else
                    continue;
                conditions.Add(conjunct); // looked at again: a null in a later column is in the range of keys, and no row of the comparison's
            }
            else if (conjunct is NullTestExpression { Negated: true, Operand: var operand } && IsKey(operand, ordinal, out _))
            {
                notNull = conjunct;
            }
        }
        if (bounds.Low.IsEmpty && bounds.High.IsEmpty)
        {
            foreach (var conjunct in _conjuncts)
            {
                if (Beginning(conjunct, ordinal) is not var (text, kind, isPattern))
                    continue;
                bounds = kind == PatternKind.Whole
                    ? new KeyBounds { Low = [text], LowInclusive = true, High = [text], HighInclusive = true } : new KeyBounds { Begins = text, IsPattern = isPattern };
                conditions.Add(conjunct);
                if (kind != PatternKind.Partial)
                    used.Add(conjunct);
                break;
            }
        }
        if (notNull is not null)
        {
            bounds = bounds with { NotNull = true };
            conditions.Add(notNull);
            used.Add(notNull);
        }
        return bounds == new KeyBounds() ? null : bounds;
    }

    /// <summary>The text that a string must begin with: LIKE, starts_with.</summary>
    private (Expression Text, PatternKind Kind, bool IsPattern)? Beginning(Expression conjunct, int ordinal)
    {
        if (conjunct is not FunctionExpression { Function.Name: "~~" or "starts_with" or "^@", Arguments: [var operand, var argument] } call
            || !IsKey(operand, ordinal, out _) || TypeOf(ordinal).Id is not (TypeId.Text or TypeId.Varchar))
            return null;
        var isKnown = ExpressionFacts.IsRowFree(argument) && argument.Type.Physical == PhysicalType.View;
        if (call.Function.Name != "~~")
            return isKnown ? (argument, PatternKind.Exact, false) : null;
        if (argument is ConstantExpression { Value: string pattern })
        {
            return PatternPrefix.Of(pattern) is var (text, kind)
                ? (new ConstantExpression(text, TypeOf(ordinal).Id == TypeId.Varchar ? SqlType.Varchar : SqlType.Text), kind, false) : null;
        }
        if (!isKnown || argument is ConstantExpression || !_patterns.AreWanted)
            return null;
        _patterns.Add(argument);
        return (argument, PatternKind.Partial, true);
    }

    /// <summary>column op value, either way round.</summary>
    private (CompareOp Op, Expression Value)? Comparison(Expression conjunct, int ordinal)
    {
        if (conjunct is not ComparisonExpression { Operator: < ComparisonOperator.IsDistinctFrom and not ComparisonOperator.NotEqual } c)
            return null;
        if (IsKey(c.Left, ordinal, out var left) && Usable(c.Right, left, ordinal))
            return ((CompareOp)c.Operator, c.Right);
        if (IsKey(c.Right, ordinal, out var right) && Usable(c.Left, right, ordinal))
            return (((CompareOp)c.Operator).Swap(), c.Left);
        return null;
    }

    /// <summary>(a, b) op (x, y), as the binder writes it: a op x or (a = x and (b op y)).</summary>
    private static List<(ComparisonExpression First, ComparisonExpression? Equal)>? Rows(Expression conjunct)
    {
        var parts = new List<(ComparisonExpression, ComparisonExpression?)>();
        while (conjunct is LogicalExpression { IsAnd: false, Operands: [ComparisonExpression strict, LogicalExpression { IsAnd: true, Operands: [ComparisonExpression equal, var rest] }] }
            && strict.Operator is ComparisonOperator.Less or ComparisonOperator.Greater && equal.Operator == ComparisonOperator.Equal
            && ExpressionTree.Same(strict.Left, equal.Left) && ExpressionTree.Same(strict.Right, equal.Right))
        {
            parts.Add((strict, equal));
            conjunct = rest;
        }
        if (parts.Count == 0 || conjunct is not ComparisonExpression last)
            return null;
        parts.Add((last, null));
        return parts;
    }

    private (CompareOp Op, ImmutableArray<Expression> Values, bool Whole)? RowBounds(IndexInfo index, int first, List<(ComparisonExpression First, ComparisonExpression? Equal)> row)
    {
        var values = ImmutableArray.CreateBuilder<Expression>();
        CompareOp? direction = null, last = null;
        for (var i = 0; i < row.Count && first + i < index.Columns.Length && index.Columns[first + i].Descending == index.Columns[first].Descending; i++)
        {
            if (Comparison(row[i].First, index.Columns[first + i].Ordinal) is not var (op, value) || op is CompareOp.Equal)
                break;
            var strict = op is CompareOp.Greater or CompareOp.GreaterOrEqual ? CompareOp.Greater : CompareOp.Less;
            direction ??= strict;
            if (direction != strict)
                break;
            values.Add(value);
            last = op;
        }
        if (values.Count == 0)
            return null;
        var whole = values.Count == row.Count;
        return (whole ? last!.Value : direction!.Value, values.ToImmutable(), whole);
    }

    /// <summary>The key column, maybe below a cast that loses nothing.</summary>
    /// <param name="type">What it is compared as.</param>
    private bool IsKey(Expression expression, int ordinal, out SqlType type)
    {
        type = expression.Type;
        var inner = expression is CastExpression cast && Widens(cast.Operand.Type, cast.Target) ? cast.Operand : expression;
        return inner is ColumnExpression column && _ordinals.TryGetValue(column.Column.Id, out var found) && found == ordinal;
    }

    private static bool Widens(SqlType from, SqlType to) => (from.Id, to.Id) switch
    {
        (TypeId.Int2, TypeId.Int4 or TypeId.Int8) or (TypeId.Int4, TypeId.Int8) or (TypeId.Float4, TypeId.Float8) => true,
        (TypeId.Varchar, TypeId.Text) => true,
        _ => false,
    };

    /// <summary>One value per execution that can be looked for among the column's keys.</summary>
    private bool Usable(Expression value, SqlType comparedAs, int ordinal) => ExpressionFacts.IsRowFree(value) && Fits(value.Type, comparedAs, ordinal);

    private bool Fits(SqlType value, SqlType comparedAs, int ordinal)
    {
        var key = TypeOf(ordinal);
        if (value.Physical != comparedAs.Physical)
            return false;
        if (value.Id == TypeId.Numeric && key.Physical != PhysicalType.View && value.Scale != key.Scale)
            return false;
        return value.Physical == key.Physical || Widens(key, comparedAs);
    }
}
