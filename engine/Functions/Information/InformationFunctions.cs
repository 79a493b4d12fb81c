using System.Security.Cryptography;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Information;

/// <summary>The session, the server, types of values, UUIDs.</summary>
internal static class InformationFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of("version", SqlType.Text, static _ => "PostgreSQL 15.0 (OmenDB) on .NET, 64-bit", Volatility.Stable);
        foreach (var name in new[] { "current_user", "current_role", "user" })
            yield return Scalar.Of(name, SqlType.Name, static c => c.Session.CurrentUser, Volatility.Stable);
        yield return Scalar.Of("session_user", SqlType.Name, static c => c.Session.SessionUser, Volatility.Stable);
        foreach (var name in new[] { "current_database", "current_catalog" })
            yield return Scalar.Of(name, SqlType.Name, static c => c.Session.CurrentDatabase, Volatility.Stable);
        yield return Scalar.Of("current_schema", SqlType.Name, static c => c.Session.SearchPath.FirstOrDefault(s => s != "pg_catalog"), Volatility.Stable);
        yield return Scalar.Row<object?>("current_schemas", [SqlType.Bool], SqlType.ArrayOf(SqlType.Name), static (c, a) =>
        {
            var path = c.Session.SearchPath.Where(s => s != "pg_catalog");
            return (a.Get<bool>(0) ? path.Prepend("pg_catalog") : path).ToArray<object?>();
        }, Volatility.Stable);
        yield return Scalar.Of("pg_backend_pid", SqlType.Int4, static c => c.Session.BackendProcessId, Volatility.Stable);
        foreach (var (name, type) in new[]
        {
            ("inet_server_addr", SqlType.Of(TypeId.Inet)), ("inet_client_addr", SqlType.Of(TypeId.Inet)), ("inet_server_port", SqlType.Int4), ("inet_client_port", SqlType.Int4),
        })
            yield return Scalar.Row<object?>(name, [], type, static (_, _) => null, Volatility.Stable);
        yield return Scalar.Row("pg_typeof", [SqlType.Any], SqlType.Text, static (_, a) => a.Type(0).Id == TypeId.Char ? "character" : PgTypes.FormatType(Plain(a.Type(0))), Volatility.Stable, strict: false);
        yield return Scalar.Row("num_nulls", [SqlType.Any, SqlType.Any], SqlType.Int4, static (_, a) => Nulls(a), strict: false, variadic: true);
        yield return Scalar.Row("num_nonnulls", [SqlType.Any, SqlType.Any], SqlType.Int4, static (_, a) => a.Count - Nulls(a), strict: false, variadic: true);
        yield return Scalar.Row<int?>("pg_column_size", [SqlType.Any], SqlType.Int4, static (c, a) => SizeOf(c, a), Volatility.Stable);
        foreach (var name in new[] { "gen_random_uuid", "uuid_generate_v4" })
            yield return Scalar.Of(name, SqlType.Uuid, static _ => RandomUuid(), Volatility.Volatile);
    }

    private static SqlType Plain(SqlType type) => type.Id switch
    {
        TypeId.Array => SqlType.ArrayOf(Plain(type.Element!)),
        TypeId.Enum => type,
        _ => SqlType.Of(type.Id),
    };

    private static int Nulls(RowArguments a)
    {
        var count = 0;
        for (var i = 0; i < a.Count; i++)
            count += a.IsNull(i) ? 1 : 0;
        return count;
    }

    private static int SizeOf(FunctionContext context, RowArguments a)
    {
        if (PgTypes.Find(a.Type(0).Id) is { Length: > 0 } type)
            return type.Length;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        a.Format(0, buffer, IoContexts.Of(context.Execution));
        return buffer.WrittenCount + 4;
    }

    /// <summary>Version 4, RFC 4122.</summary>
    private static Int128 RandomUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return System.Runtime.InteropServices.MemoryMarshal.Read<Int128>(bytes);
    }
}
