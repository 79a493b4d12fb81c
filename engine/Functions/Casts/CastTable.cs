using System.Collections.Concurrent;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>Which casts there are, in which context they apply, and what computes them. After PostgreSQL's pg_cast.</summary>
public static class CastTable
{
    private static readonly ConcurrentDictionary<(SqlType From, SqlType To, bool Explicit), ScalarFunction?> Resolved = new();

    private static readonly Dictionary<(TypeId, TypeId), CastContext> Contexts = BuildContexts();

    /// <summary>The weakest context in which a cast exists; null when there is none.</summary>
    public static CastContext? Find(SqlType from, SqlType to)
    {
        if (from.SameBase(to) || from.Id == TypeId.Unknown)
            return CastContext.Implicit;
        if (from.Id == TypeId.Array && to.Id == TypeId.Array)
            return Find(from.Element!, to.Element!);
        if (IsVectorOf(from, to))
            return CastContext.Implicit;
        if (Contexts.TryGetValue((from.Id, to.Id), out var context))
            return context;
        // Through text: every type is written to a string by assignment and read from one explicitly.
        if (to.IsString && to.Id != TypeId.Json)
            return IsPseudo(from) ? null : CastContext.Assignment;
        if (from.IsString && from.Id != TypeId.Json)
            return IsPseudo(to) ? null : CastContext.Explicit;
        return null;
    }

    /// <summary>int2vector and oidvector are arrays under another name.</summary>
    private static bool IsVectorOf(SqlType from, SqlType to) => to.Id == TypeId.Array
        && ((from.Id == TypeId.Int2Vector && to.Element!.Id == TypeId.Int2) || (from.Id == TypeId.OidVector && to.Element!.Id is TypeId.Oid or TypeId.Regtype or TypeId.Regclass or TypeId.Regproc));

    private static bool IsPseudo(SqlType type) => type.Id is TypeId.Any or TypeId.AnyArray or TypeId.AnyElement or TypeId.Void;

    /// <summary>What computes the cast; null when the value is the same in both types.</summary>
    /// <exception cref="SqlException">42846, there is no such cast.</exception>
    public static ScalarFunction? Resolve(SqlType from, SqlType to, CastContext context)
    {
        if (from.Equals(to))
            return null;
        var key = (from, to, context == CastContext.Explicit);
        if (!Resolved.TryGetValue(key, out var function))
        {
            function = Make(from, to, context == CastContext.Explicit);
            Resolved.TryAdd(key, function);
        }
        return function;
    }

    private static ScalarFunction? Make(SqlType from, SqlType to, bool isExplicit)
    {
        if (from.Id == TypeId.Array && to.Id == TypeId.Array)
        {
            var element = Resolve(from.Element!, to.Element!, isExplicit ? CastContext.Explicit : CastContext.Assignment);
            return element is null ? null : new ArrayCast(element, from, to);
        }
        if (IsVectorOf(from, to))
            return null;
        if (NumberCasts.Make(from, to) is { } number)
            return number;
        if (from.IsNumber && to.IsNumber)
            return null; // the same representation
        if (StringCasts.IsStringLike(from) && StringCasts.IsStringLike(to))
            return StringCasts.Make(from, to, isExplicit);
        if (DateTimeCasts.TryMake(from, to, out var dateTime))
            return dateTime;
        if (MiscellaneousCasts.TryMake(from, to, out var other))
            return other;
        if (StringCasts.IsStringLike(from))
            return TextInput.Make(from, to);
        if (StringCasts.IsStringLike(to))
            return TextOutput.Make(from, to, isExplicit);
        if (from.Id == to.Id && from.Physical == to.Physical)
            return null;
        throw new SqlException(SqlState.CannotCoerce, $"cannot cast type {TypeNames.Of(from)} to {TypeNames.Of(to)}");
    }

    private static Dictionary<(TypeId, TypeId), CastContext> BuildContexts()
    {
        var table = new Dictionary<(TypeId, TypeId), CastContext>();
        void Add(CastContext context, TypeId from, params ReadOnlySpan<TypeId> to)
        {
            foreach (var target in to)
                table[(from, target)] = context;
        }
        const CastContext I = CastContext.Implicit, A = CastContext.Assignment, E = CastContext.Explicit;
        Add(I, TypeId.Int2, TypeId.Int4, TypeId.Int8, TypeId.Float4, TypeId.Float8, TypeId.Numeric, TypeId.Oid, TypeId.Regclass, TypeId.Regtype, TypeId.Regproc);
        Add(I, TypeId.Int4, TypeId.Int8, TypeId.Float4, TypeId.Float8, TypeId.Numeric, TypeId.Oid, TypeId.Regclass, TypeId.Regtype, TypeId.Regproc,
            TypeId.Regnamespace, TypeId.Regrole, TypeId.Regoper);
        Add(A, TypeId.Int4, TypeId.Int2);
        Add(E, TypeId.Int4, TypeId.Bool, TypeId.InternalChar);
        Add(I, TypeId.Int8, TypeId.Float4, TypeId.Float8, TypeId.Numeric, TypeId.Oid, TypeId.Regclass, TypeId.Regtype, TypeId.Regproc, TypeId.Regnamespace,
            TypeId.Regrole);
        Add(A, TypeId.Int8, TypeId.Int2, TypeId.Int4);
        Add(I, TypeId.Numeric, TypeId.Float4, TypeId.Float8);
        Add(A, TypeId.Numeric, TypeId.Int2, TypeId.Int4, TypeId.Int8);
        Add(I, TypeId.Float4, TypeId.Float8);
        Add(A, TypeId.Float4, TypeId.Int2, TypeId.Int4, TypeId.Int8, TypeId.Numeric);
        Add(A, TypeId.Float8, TypeId.Int2, TypeId.Int4, TypeId.Int8, TypeId.Float4, TypeId.Numeric);
        Add(E, TypeId.Bool, TypeId.Int4);
        foreach (var reg in (ReadOnlySpan<TypeId>)[TypeId.Oid, TypeId.Regclass, TypeId.Regtype, TypeId.Regproc, TypeId.Regnamespace, TypeId.Regrole, TypeId.Regoper])
        {
            Add(A, reg, TypeId.Int4, TypeId.Int8);
            if (reg != TypeId.Oid)
            {
                Add(I, reg, TypeId.Oid);
                Add(I, TypeId.Oid, reg);
            }
        }
        Add(I, TypeId.Text, TypeId.Varchar, TypeId.Char, TypeId.Name, TypeId.Regclass);
        Add(A, TypeId.Text, TypeId.InternalChar);
        Add(I, TypeId.Varchar, TypeId.Text, TypeId.Char, TypeId.Name, TypeId.Regclass);
        Add(A, TypeId.Varchar, TypeId.InternalChar);
        Add(I, TypeId.Char, TypeId.Text, TypeId.Varchar, TypeId.Name);
        Add(A, TypeId.Char, TypeId.InternalChar);
        Add(I, TypeId.Name, TypeId.Text);
        Add(A, TypeId.Name, TypeId.Varchar, TypeId.Char);
        Add(I, TypeId.InternalChar, TypeId.Text);
        Add(A, TypeId.InternalChar, TypeId.Varchar, TypeId.Char);
        Add(E, TypeId.InternalChar, TypeId.Int4);
        Add(I, TypeId.PgNodeTree, TypeId.Text);
        Add(I, TypeId.Date, TypeId.Timestamp, TypeId.TimestampTz);
        Add(I, TypeId.Timestamp, TypeId.TimestampTz);
        Add(A, TypeId.Timestamp, TypeId.Date, TypeId.Time);
        Add(A, TypeId.TimestampTz, TypeId.Date, TypeId.Time, TypeId.Timestamp, TypeId.TimeTz);
        Add(I, TypeId.Time, TypeId.Interval, TypeId.TimeTz);
        Add(A, TypeId.Interval, TypeId.Time);
        Add(A, TypeId.TimeTz, TypeId.Time);
        Add(A, TypeId.Json, TypeId.Jsonb);
        Add(A, TypeId.Jsonb, TypeId.Json);
        Add(E, TypeId.Jsonb, TypeId.Bool, TypeId.Int2, TypeId.Int4, TypeId.Int8, TypeId.Numeric, TypeId.Float4, TypeId.Float8);
        Add(A, TypeId.Money, TypeId.Numeric);
        return table;
    }
}

/// <summary>Type names in messages.</summary>
internal static class TypeNames
{
    public static string Of(SqlType type) => type.Id switch
    {
        TypeId.Int2 => "smallint",
        TypeId.Int4 => "integer",
        TypeId.Int8 => "bigint",
        TypeId.Float4 => "real",
        TypeId.Float8 => "double precision",
        TypeId.Bool => "boolean",
        TypeId.Varchar => "character varying",
        TypeId.Char => "character",
        TypeId.InternalChar => "\"char\"",
        TypeId.Time => "time without time zone",
        TypeId.TimeTz => "time with time zone",
        TypeId.Timestamp => "timestamp without time zone",
        TypeId.TimestampTz => "timestamp with time zone",
        TypeId.Array => Of(type.Element!) + "[]",
        TypeId.Enum => type.EnumName ?? "enum",
        _ => type.Id.ToString().ToLowerInvariant(),
    };
}
