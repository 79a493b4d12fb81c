using System.Collections.Frozen;
using OmenDb.Planner.Catalog;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

/// <summary>Type names as written to SQL types with their modifiers.</summary>
public static class TypeResolver
{
    /// <summary>Catalog names; the SQL spellings (integer, double precision ...) arrive from the grammar already mapped to these.</summary>
    private static readonly FrozenDictionary<string, SqlType> _builtIn = new Dictionary<string, SqlType>(StringComparer.Ordinal)
    {
        ["bool"] = SqlType.Bool, ["int2"] = SqlType.Int2, ["int4"] = SqlType.Int4, ["int8"] = SqlType.Int8, ["float4"] = SqlType.Float4,
        ["float8"] = SqlType.Float8, ["numeric"] = SqlType.Numeric, ["decimal"] = SqlType.Numeric, ["text"] = SqlType.Text,
        ["varchar"] = SqlType.Varchar, ["bpchar"] = SqlType.Char, ["char"] = SqlType.InternalChar, ["name"] = SqlType.Name,
        ["json"] = SqlType.Json, ["jsonb"] = SqlType.Jsonb, ["bytea"] = SqlType.Bytea, ["uuid"] = SqlType.Uuid, ["date"] = SqlType.Date,
        ["time"] = SqlType.Time, ["timetz"] = SqlType.TimeTz, ["timestamp"] = SqlType.Timestamp, ["timestamptz"] = SqlType.TimestampTz,
        ["interval"] = SqlType.Interval, ["oid"] = SqlType.Oid, ["regclass"] = SqlType.Regclass, ["regtype"] = SqlType.Regtype,
        ["regproc"] = SqlType.Regproc, ["regprocedure"] = SqlType.Regproc, ["regnamespace"] = SqlType.Regnamespace,
        ["regoper"] = SqlType.Of(TypeId.Regoper), ["regoperator"] = SqlType.Of(TypeId.Regoper), ["regrole"] = SqlType.Of(TypeId.Regrole), ["xid"] = SqlType.Xid, ["cid"] = SqlType.Of(TypeId.Cid), ["tid"] = SqlType.Of(TypeId.Tid),
        ["int2vector"] = SqlType.Int2Vector, ["oidvector"] = SqlType.OidVector, ["void"] = SqlType.Void, ["record"] = SqlType.Record,
        ["unknown"] = SqlType.Unknown, ["pg_node_tree"] = SqlType.Of(TypeId.PgNodeTree), ["aclitem"] = SqlType.Of(TypeId.AclItem),
        ["inet"] = SqlType.Of(TypeId.Inet), ["anyarray"] = SqlType.AnyArray, ["money"] = SqlType.Of(TypeId.Money),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="SqlException">42704 unknown type, 22023 bad modifier, 0A000.</exception>
    public static SqlType Resolve(S.TypeName name, IPlannerCatalog catalog)
    {
        if (name.SetOf || name.PercentType)
            throw SqlException.NotSupported("this form of type name", name.ErrorPosition);
        var type = FindBase(name, catalog);
        type = ApplyModifiers(type, name);
        return name.ArrayDimensions.IsEmpty ? type : SqlType.ArrayOf(type);
    }

    private static SqlType FindBase(S.TypeName name, IPlannerCatalog catalog)
    {
        if (name.Schema is null or "pg_catalog")
        {
            if (_builtIn.TryGetValue(name.Name, out var type))
                return type;
            // _int4 and its like are the array types' own names.
            if (name.Name.StartsWith('_') && _builtIn.TryGetValue(name.Name[1..], out type))
                return SqlType.ArrayOf(type);
        }
        return catalog.FindType(name.Schema, name.Name)
            ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{string.Join('.', name.NameParts)}\" does not exist")
            {
                Position = name.ErrorPosition,
            };
    }

    private static SqlType ApplyModifiers(SqlType type, S.TypeName name)
    {
        if (name.Modifiers.IsEmpty)
            return type;
        var modifiers = new int[name.Modifiers.Length];
        for (var i = 0; i < modifiers.Length; i++)
        {
            if (name.Modifiers[i] is not S.IntegerLiteral { Value: >= int.MinValue and <= int.MaxValue } literal)
                throw new SqlException(SqlState.InvalidParameterValue, "type modifiers must be simple constants or identifiers") { Position = name.ErrorPosition };
            modifiers[i] = (int)literal.Value;
        }
        return (type.Id, modifiers.Length) switch
        {
            (TypeId.Numeric, 1 or 2) => NumericWith(modifiers[0], modifiers.Length == 2 ? modifiers[1] : 0, name.ErrorPosition),
            (TypeId.Varchar, 1) => SqlType.VarcharOf(Length("varchar", modifiers[0], name.ErrorPosition)),
            (TypeId.Char, 1) => SqlType.CharOf(Length("char", modifiers[0], name.ErrorPosition)),
            (TypeId.Time or TypeId.TimeTz or TypeId.Timestamp or TypeId.TimestampTz or TypeId.Interval, 1) =>
                SqlType.WithFraction(type.Id, Fraction(name.Name, modifiers[0], name.ErrorPosition)),
            _ => throw new SqlException(SqlState.SyntaxError, $"type modifier is not allowed for type \"{name.Name}\"") { Position = name.ErrorPosition },
        };
    }

    private static SqlType NumericWith(int precision, int scale, int position)
    {
        if (precision is < 1 or > 1000)
            throw new SqlException(SqlState.InvalidParameterValue, $"NUMERIC precision {precision} must be between 1 and 1000") { Position = position };
        if (scale is < -1000 or > 1000)
            throw new SqlException(SqlState.InvalidParameterValue, $"NUMERIC scale {scale} must be between -1000 and 1000") { Position = position };
        if (precision > 38 || scale < 0 || scale > precision)
            return SqlType.LimitedNumeric(precision, scale);
        return SqlType.NumericOf(precision, scale);
    }

    private static int Length(string typeName, int length, int position)
    {
        if (length < 1)
            throw new SqlException(SqlState.InvalidParameterValue, $"length for type {typeName} must be at least 1") { Position = position };
        if (length > 10485760)
            throw new SqlException(SqlState.InvalidParameterValue, $"length for type {typeName} cannot exceed 10485760") { Position = position };
        return length;
    }

    private static int Fraction(string typeName, int digits, int position)
    {
        if (digits < 0)
            throw new SqlException(SqlState.InvalidParameterValue, $"{typeName.ToUpperInvariant()}({digits}) precision must not be negative") { Position = position };
        return Math.Min(digits, 6); // PostgreSQL warns and reduces to the maximum
    }
}
