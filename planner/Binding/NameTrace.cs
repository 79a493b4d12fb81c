using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

/// <summary>What the names of a query were found to mean: a binder that is given one fills it in. For views, whose text must follow renamings.</summary>
public sealed class NameTrace
{
    private readonly Dictionary<S.TableReference, ScopeTable> _tables = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<S.ColumnReference, (ScopeTable Table, string Name, bool ByAlias)> _columns = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<S.SyntaxExpression, List<(ScopeTable? Table, string Name)>> _stars = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<(ScopeTable Table, string Name)> _merged = [];
    private readonly Dictionary<S.JoinReference, ImmutableArray<string>> _using = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal void AddLevel(Scope scope)
    {
        _names.UnionWith(scope.Tables.Select(t => t.Alias));
        _names.UnionWith(scope.Ctes.Keys);
    }

    internal void AddTable(S.TableReference reference, ScopeTable table) => _tables[reference] = table;

    internal void AddColumn(S.ColumnReference reference, ScopeTable table, string name, Scope scope) =>
        _columns[reference] = (table, name, ReferenceEquals(Named(scope, table.Alias), table));

    internal void AddStar(S.SyntaxExpression star, IEnumerable<ScopeColumn> columns, Scope scope) => _stars[star] =
        [.. columns.Select(c => (scope.Tables.Find(t => t.Columns.Contains(c, ReferenceEqualityComparer.Instance)), c.Name))];

    /// <summary>USING and NATURAL: the name must stay what it is on both sides.</summary>
    internal void AddMerged(ScopeTable table, string name) => _merged.Add((table, name));

    internal void AddUsing(S.JoinReference join, ImmutableArray<string> names) => _using[join] = names;

    private static ScopeTable? Named(Scope scope, string alias)
    {
        for (var level = scope; level is not null; level = level.Outer)
        {
            if (level.Tables.Find(t => t.Alias == alias) is { } table)
                return table;
        }
        return null;
    }

    /// <summary>For the text of a view when it is made: tables with their schemas, columns with their tables, stars spelled out.</summary>
    public S.IPrintedNames Canonical() => new Names(this, static _ => null, 0, "", "");

    /// <summary>For the text of a view whose tables are the same under other names.</summary>
    /// <param name="newName">A relation's schema and name from now on; null: as before.</param>
    public S.IPrintedNames Renamed(Func<ITableInfo, (string Schema, string Name)?> newName) => new Names(this, newName, 0, "", "");

    /// <summary>For the text of a view that reads a relation whose column is renamed.</summary>
    public S.IPrintedNames Renamed(int relation, string column, string newColumn) => new Names(this, static _ => null, relation, column, newColumn);

    /// <summary>Tables and views that the query itself names, not those behind views.</summary>
    public IEnumerable<ITableInfo> Relations => _tables.Values.Select(t => t.Relation!);

    private sealed class Names(NameTrace trace, Func<ITableInfo, (string Schema, string Name)?> newName, int relationOid, string column, string newColumn) : S.IPrintedNames
    {
        /// <summary>The name by which columns call a relation. One that something else in the query has already would change what it means: then the
        /// old one is kept as an alias.</summary>
        private string AliasOf(ScopeTable table) =>
            table.HasOwnName && newName(table.Relation!) is { } name && !trace._names.Contains(name.Name) ? name.Name : table.Alias;

        /// <summary>The renamed column must go on under its old name here.</summary>
        private bool KeepsColumn(ScopeTable table) => table.Relation!.Oid == relationOid && trace._merged.Contains((table, column));

        private string ColumnOf(ScopeTable table, string found)
        {
            if (table.Relation?.Oid != relationOid || found != column || KeepsColumn(table))
                return found;
            // Columns that an alias has named do not follow.
            var index = 0;
            while (index < table.Columns.Length && table.Columns[index].Name != found)
                index++;
            return index < table.AliasedColumns ? found : newColumn;
        }

        private ImmutableArray<string> Parts(ScopeTable table, string found, bool byAlias) =>
            byAlias && table.Relation is not null ? [AliasOf(table), ColumnOf(table, found)] : [ColumnOf(table, found)];

        public ImmutableArray<string> Column(S.ColumnReference reference)
        {
            if (!trace._columns.TryGetValue(reference, out var found))
                return reference.Parts;
            return found.Table.Relation is null ? reference.Parts : Parts(found.Table, found.Name, found.ByAlias);
        }

        public ImmutableArray<string>? Using(S.JoinReference join) => trace._using.TryGetValue(join, out var names) ? names : null;

        public S.PrintedTable Table(S.TableReference reference)
        {
            if (!trace._tables.TryGetValue(reference, out var table))
                return new S.PrintedTable(reference.Name.Parts, reference.Alias);
            var relation = table.Relation!;
            var alias = reference.Alias;
            var name = newName(relation) ?? (relation.SchemaName, relation.Name);
            if (alias is null && AliasOf(table) != name.Name)
                alias = new S.TableAlias(reference.Position, table.Alias, []);
            if (!KeepsColumn(table))
                return new S.PrintedTable([name.Schema, name.Name], alias);
            // A column list would not do: columns that the table gains later may have the old name.
            return new S.PrintedTable([name.Schema, name.Name], new S.TableAlias(reference.Position, alias?.Name ?? AliasOf(table), []))
            {
                Columns = [.. table.Columns.Select((c, i) => (c, i)).Where(x => !x.c.Hidden)
                    .Select(x => (relation.Columns[x.i].Name == column ? newColumn : relation.Columns[x.i].Name, x.c.Name))],
            };
        }

        public IReadOnlyList<ImmutableArray<string>>? Star(S.SyntaxExpression star) => trace._stars.TryGetValue(star, out var columns)
            ? columns.ConvertAll(c => c.Table is null ? [c.Name] : Parts(c.Table, c.Name, byAlias: true)) : null;

        public string? Label(S.SelectItem item)
        {
            if (item.Alias is not null)
                return item.Alias;
            return Binder.NamingColumn(item.Expression) is { } naming && Column(naming)[^1] != naming.Name ? naming.Name : null;
        }
    }
}
