namespace OmenDb.Types;

/// <summary>The SQL types. The values are persisted in the catalog: append only, never renumber.</summary>
public enum TypeId : byte
{
    /// <summary>A literal or parameter whose type is not decided yet.</summary>
    Unknown = 0,
    Bool = 1, Int2 = 2, Int4 = 3, Int8 = 4, Float4 = 5, Float8 = 6, Numeric = 7,
    Text = 8, Varchar = 9, Char = 10, Json = 11, Jsonb = 12, Bytea = 13, Uuid = 14,
    Date = 15, Time = 16, Timestamp = 17, TimestampTz = 18, Interval = 19,
    Array = 20, Enum = 21, Record = 22,
    /// <summary>PostgreSQL's name: text of at most 63 bytes, in catalogs.</summary>
    Name = 23,
    /// <summary>PostgreSQL's "char": one byte, in catalogs.</summary>
    InternalChar = 24,
    Oid = 25, Regclass = 26, Regtype = 27, Regproc = 28, Regnamespace = 29, Xid = 30,
    Int2Vector = 31, OidVector = 32,
    /// <summary>The result of functions that return nothing.</summary>
    Void = 33,
    TimeTz = 34, Inet = 35,
    /// <summary>Pseudo-types of function signatures.</summary>
    AnyElement = 36, AnyArray = 37, Any = 38,
    PgNodeTree = 39, AclItem = 40, Cid = 41, Tid = 42, Regrole = 43, Regoper = 44, Money = 45,
}
