using System.Globalization;
using System.Text;

namespace OmenDb.Tpch.Targets.DuckDb;

/// <summary>One result column's values as the text that PostgreSQL prints.</summary>
internal readonly unsafe struct DuckDbText
{
    private readonly int _type;
    private readonly int _scale;

    /// <exception cref="DuckDbException">A type that no answer of ours has.</exception>
    public DuckDbText(DuckDbLibrary library, nint type)
    {
        _type = library.TypeId(type);
        if (_type == DuckDbType.Decimal)
        {
            _scale = library.DecimalScale(type);
            _type = library.DecimalStorage(type);
        }
    }

    /// <summary>The value in a row that is not null.</summary>
    public string Format(byte* data, int row) => _type switch
    {
        DuckDbType.Boolean => data[row] != 0 ? "t" : "f",
        DuckDbType.SmallInt => Number(((short*)data)[row]),
        DuckDbType.Integer => Number(((int*)data)[row]),
        DuckDbType.BigInt => Number(((long*)data)[row]),
        DuckDbType.HugeInt => Number(((Int128*)data)[row]),
        DuckDbType.Double => ((double*)data)[row].ToString("R", CultureInfo.InvariantCulture),
        DuckDbType.Date => DateOnly.FromDayNumber(((int*)data)[row] + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DuckDbType.Varchar => String(data + row * 16L),
        _ => throw new DuckDbException($"no text for values of DuckDB's type {_type}"),
    };

    private string Number(Int128 value)
    {
        if (_scale == 0)
            return value.ToString(CultureInfo.InvariantCulture);
        var digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(_scale + 1, '0');
        return $"{(value < 0 ? "-" : "")}{digits.AsSpan(0, digits.Length - _scale)}.{digits.AsSpan(digits.Length - _scale)}";
    }

    /// <summary>duckdb_string_t: the length, then up to 12 bytes in place, or four of them and a pointer to all.</summary>
    private static string String(byte* text)
    {
        var length = *(int*)text;
        return Encoding.UTF8.GetString(length <= 12 ? text + 4 : *(byte**)(text + 8), length);
    }
}
