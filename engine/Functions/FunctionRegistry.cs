using OmenDb.Engine.Functions.Aggregates;
using OmenDb.Engine.Functions.Arrays;
using OmenDb.Engine.Functions.Information;
using OmenDb.Engine.Functions.Json;
using OmenDb.Engine.Functions.Numbers;
using OmenDb.Engine.Functions.Operators;
using OmenDb.Engine.Functions.Strings;
using OmenDb.Engine.Functions.Times;
using OmenDb.Planner.Catalog;

namespace OmenDb.Engine.Functions;

/// <summary>All built-in functions and operators by name. One line per family: the functions of a family stand in one file.</summary>
public static class FunctionRegistry
{
    private static readonly Dictionary<string, List<FunctionInfo>> ByName = Build();

    /// <summary>All overloads of a name (of any kind); empty when there are none.</summary>
    public static IReadOnlyList<FunctionInfo> Find(string name) => ByName.TryGetValue(name, out var overloads) ? overloads : [];

    /// <summary>Everything, for pg_proc and pg_operator.</summary>
    public static IEnumerable<FunctionInfo> All => ByName.Values.SelectMany(f => f);

    private static Dictionary<string, List<FunctionInfo>> Build()
    {
        var table = new Dictionary<string, List<FunctionInfo>>();
        foreach (var family in Families())
        {
            foreach (var function in family)
            {
                if (!table.TryGetValue(function.Name, out var overloads))
                    table.Add(function.Name, overloads = []);
                overloads.Add(function);
            }
        }
        return table;
    }

    private static IEnumerable<IEnumerable<FunctionInfo>> Families()
    {
        yield return ArithmeticOperators.All();
        yield return SignFunctions.All();
        yield return ConcatFunction.All();
        yield return LikeFunction.All();
        yield return BasicAggregates.All();
        yield return WindowFunctions.All();
        yield return SeriesFunctions.All();
        yield return Catalog.SequenceFunctions.All();
        yield return StringLengthFunctions.All();
        yield return SubstringFunctions.All();
        yield return CaseFunctions.All();
        yield return TrimFunctions.All();
        yield return TextFunctions.All();
        yield return BinaryFunctions.All();
        yield return FormatFunctions.All();
        yield return RegexFunctions.All();
        yield return SimilarPattern.All();
        yield return MathFunctions.All();
        yield return NumericFunctions.All();
        yield return DateTimeOperators.All();
        yield return ExtractFunctions.All();
        yield return ClockFunctions.All();
        yield return DateTimeFunctions.All();
        yield return ToCharFunctions.All();
        yield return ParseDateFunctions.All();
        yield return NumberTemplateFunctions.All();
        yield return ArrayFunctions.All();
        yield return JsonFunctions.All();
        yield return RowFunctions.All();
        yield return JsonbFunctions.All();
        yield return InformationFunctions.All();
        yield return CollectingAggregates.All();
        yield return VarianceAggregates.All();
        yield return OrderedSetAggregates.All();
        yield return Catalogs.VisibilityFunctions.All();
        yield return Catalogs.DefinitionFunctions.All();
        yield return Catalogs.DescriptionFunctions.All();
        yield return Catalogs.PrivilegeFunctions.All();
        yield return Catalogs.SizeFunctions.All();
        yield return Catalogs.ServerFunctions.All();
        yield return Catalogs.LockFunctions.All();
        yield return Catalogs.SettingFunctions.All();
    }
}
