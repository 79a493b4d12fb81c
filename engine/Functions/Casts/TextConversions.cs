using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>From text to any type.</summary>
internal static class TextInput
{
    public static ScalarFunction Make(SqlType from, SqlType to) => throw SqlException.NotSupported($"a cast from {TypeNames.Of(from)} to {TypeNames.Of(to)}");
}

/// <summary>From any type to text.</summary>
internal static class TextOutput
{
    public static ScalarFunction Make(SqlType from, SqlType to, bool isExplicit) =>
        throw SqlException.NotSupported($"a cast from {TypeNames.Of(from)} to {TypeNames.Of(to)}");
}
