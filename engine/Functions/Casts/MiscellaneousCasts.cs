using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>OIDs and their aliases with integers, "char" with integers.</summary>
internal static class MiscellaneousCasts
{
    public static bool TryMake(SqlType from, SqlType to, out ScalarFunction? cast)
    {
        cast = null;
        if (IsOidLike(to.Id))
        {
            switch (from.Id)
            {
                case TypeId.Int2: cast = NumberCasts.Row<short, long>(from, to, static (_, x) => (uint)x, total: true); return true;
                case TypeId.Int4: cast = NumberCasts.Row<int, long>(from, to, static (_, x) => (uint)x, total: true); return true;
                case TypeId.Int8:
                    cast = NumberCasts.Row<long, long>(from, to, static (_, x) => x is >= 0 and <= uint.MaxValue ? x : throw SqlException.OutOfRange("OID"));
                    return true;
                default: return IsOidLike(from.Id);
            }
        }
        if (IsOidLike(from.Id))
        {
            switch (to.Id)
            {
                case TypeId.Int4: cast = NumberCasts.Row<long, int>(from, to, static (_, x) => (int)(uint)x, total: true); return true;
                case TypeId.Int8: return true;
                default: return false;
            }
        }
        if (from.Id == TypeId.InternalChar && to.Id == TypeId.Int4)
            cast = NumberCasts.Row<ReadOnlySpan<byte>, int>(from, to, static (_, s) => s.Length == 0 ? 0 : (sbyte)s[0], total: true);
        cast ??= Json.JsonCasts.Make(from, to);
        return cast is not null;
    }

    private static bool IsOidLike(TypeId id) => id is TypeId.Oid or TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace
        or TypeId.Regrole or TypeId.Regoper;
}
