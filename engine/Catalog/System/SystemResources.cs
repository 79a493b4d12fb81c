using System.Collections.Frozen;
using System.Collections.Immutable;
using OmenDb.Engine.Functions;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>Constants of the system catalogs, kept as text files in the assembly.</summary>
/// <remarks>relations.txt: names, OIDs and columns. functions.txt: "oid name argument-type-oids". rows.txt: the fixed rows of some catalogs
/// in COPY's text format, after a line "= catalog". The numbers are PostgreSQL 15's: clients know many of them by heart.</remarks>
internal static class SystemResources
{
    private static readonly Lazy<FrozenDictionary<string, string[]>> _sections = new(ReadSections);

    public static IEnumerable<string> Lines(string resource)
    {
        using var stream = typeof(SystemResources).Assembly.GetManifestResourceStream(resource) ?? throw SqlException.Internal($"resource {resource} is missing");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
                yield return line;
        }
    }

    private static FrozenDictionary<string, string[]> ReadSections()
    {
        var sections = new Dictionary<string, List<string>>();
        List<string>? current = null;
        foreach (var line in Lines("rows.txt"))
        {
            if (line.StartsWith("= ", StringComparison.Ordinal))
                sections.Add(line[2..], current = []);
            else
                current!.Add(line);
        }
        return sections.ToFrozenDictionary(s => s.Key, s => s.Value.ToArray());
    }

    public static bool HasRows(string table) => _sections.Value.ContainsKey(table);

    /// <summary>The fixed rows of a catalog.</summary>
    public static IReadOnlyList<object?[]> Rows(string table, ImmutableArray<(string Name, SqlType Type, bool NotNull)> columns)
    {
        var rows = new List<object?[]>();
        foreach (var line in _sections.Value[table])
        {
            var fields = line.Split('\t');
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++)
                row[i] = fields[i] == "\\N" ? null : Parse(fields[i].Replace("\\\\", "\\", StringComparison.Ordinal), columns[i].Type);
            rows.Add(row);
        }
        return rows;
    }

    private static object? Parse(string text, SqlType type) => type.Id switch
    {
        TypeId.Regproc => text == "-" ? 0L : SystemFunctions.OidOf(text),
        _ => BoxedValues.Parse(text, type, IoContext.Default),
    };
}

/// <summary>The numbers of functions: PostgreSQL's for those that it has, higher ones for our own.</summary>
internal static class SystemFunctions
{
    /// <summary>Where our own begin: between PostgreSQL's fixed numbers and those of users' objects.</summary>
    private const int FirstOwnOid = 14000;

    private static readonly Lazy<State> _state = new(() => new State());

    private sealed class State
    {
        public readonly Dictionary<string, int> ByName = [];
        public readonly Dictionary<int, (string Name, string Arguments)> Known = [];
        public readonly Dictionary<Planner.Catalog.FunctionInfo, int> Oids = [];
        public readonly Dictionary<int, Planner.Catalog.FunctionInfo> Functions = [];

        public State()
        {
            var bySignature = new Dictionary<(string, string), int>();
            foreach (var line in SystemResources.Lines("functions.txt"))
            {
                var parts = line.Split(' ');
                var oid = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
                ByName.TryAdd(parts[1], oid);
                bySignature.TryAdd((parts[1], parts[2]), oid);
                Known.Add(oid, (parts[1], parts[2]));
            }
            var next = FirstOwnOid;
            foreach (var function in FunctionRegistry.All.Where(f => IsWord(f.Name)).OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                if (function.Oid != 0 && Functions.TryAdd(function.Oid, function))
                {
                    Oids[function] = function.Oid;
                    continue;
                }
                var signature = string.Join(',', function.Arguments.Select(PgTypes.OidOf));
                if (!bySignature.TryGetValue((function.Name, signature), out var oid) || Functions.ContainsKey(oid))
                    oid = next++;
                Oids[function] = oid;
                Functions[oid] = function;
                ByName.TryAdd(function.Name, oid);
            }
        }
    }

    private static bool IsWord(string name) => char.IsAsciiLetter(name[0]) || name[0] == '_';

    /// <summary>By OID, ascending; operators are not among them.</summary>
    public static IEnumerable<KeyValuePair<int, Planner.Catalog.FunctionInfo>> All => _state.Value.Functions.OrderBy(f => f.Key);

    public static Planner.Catalog.FunctionInfo? Find(int oid) => _state.Value.Functions.GetValueOrDefault(oid);

    /// <summary>Also of functions that only the catalogs mention, such as the types' input functions.</summary>
    public static string? NameOf(int oid) => _state.Value.Known.TryGetValue(oid, out var known) ? known.Name : Find(oid)?.Name;

    /// <summary>OIDs of the argument types of a function that only the catalogs mention.</summary>
    public static string ArgumentsOf(int oid) => _state.Value.Known[oid].Arguments;

    /// <summary>Any function of that name; 0: none.</summary>
    public static long OidOf(string name) => _state.Value.ByName.GetValueOrDefault(name);
}
