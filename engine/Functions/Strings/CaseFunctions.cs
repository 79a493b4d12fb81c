using System.Buffers;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>lower, upper, initcap: Unicode's simple case mapping, as PostgreSQL has it under C.UTF-8.</summary>
internal static class CaseFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Text("lower", [SqlType.Text], static (_, a, text) => Lower(a.Get<ReadOnlySpan<byte>>(0), text), total: true);
        yield return Scalar.Text("upper", [SqlType.Text], static (_, a, text) => Upper(a.Get<ReadOnlySpan<byte>>(0), text), total: true);
        yield return Scalar.Of<string, string>("initcap", [SqlType.Text], SqlType.Text, static (_, s) => InitCap(s), total: true);
    }

    private static void Lower(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        if (System.Text.Ascii.ToLower(text, target.GetSpan(Math.Max(1, text.Length)), out var written) == OperationStatus.Done)
            target.Advance(written);
        else
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).ToLowerInvariant(), target);
    }

    private static void Upper(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        if (System.Text.Ascii.ToUpper(text, target.GetSpan(Math.Max(1, text.Length)), out var written) == OperationStatus.Done)
            target.Advance(written);
        else
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).ToUpperInvariant(), target);
    }

    private static string InitCap(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append((inWord ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune)).ToString());
            inWord = Rune.IsLetterOrDigit(rune);
        }
        return result.ToString();
    }
}
