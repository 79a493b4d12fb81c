using System.Globalization;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>Parameter values as they come to vectors.</summary>
internal static class ParameterDecoding
{
    /// <exception cref="SqlException">08P01 wrong number; what the types' input functions report, with the parameter's number.</exception>
    public static ParameterSet Decode(ParameterSource source, IReadOnlyList<SqlType> types, string statementName, IoContext io)
    {
        if (types.Count == 0 && source.Count == 0)
            return ParameterSet.Empty;
        var set = new ParameterSet(types);
        try
        {
            DecodeInto(source, types, statementName, io, set);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>The same into parameters that were used before.</summary>
    /// <exception cref="SqlException">As of <see cref="Decode"/>.</exception>
    public static void DecodeInto(ParameterSource source, IReadOnlyList<SqlType> types, string statementName, IoContext io, ParameterSet set)
    {
        if (source.Count != types.Count)
        {
            throw new SqlException(SqlState.ProtocolViolation,
                $"bind message supplies {source.Count} parameters, but prepared statement \"{statementName}\" requires {types.Count}");
        }
        if (!source.HasValues && source.FormatCount > 1 && source.FormatCount != source.Count)
            throw new SqlException(SqlState.ProtocolViolation, $"bind message has {source.FormatCount} parameter formats but {source.Count} parameters");
        for (var i = 0; i < types.Count; i++)
            DecodeOne(source, i, types[i], set, io);
    }

    private static void DecodeOne(ParameterSource source, int index, SqlType type, ParameterSet set, IoContext io)
    {
        if (source.HasValues)
        {
            SetValue(source.Value(index), index, type, set, io);
            return;
        }
        if (source.Bytes(index) is not { } bytes)
        {
            set.Set(index, null);
            return;
        }
        var format = source.Format(index);
        if (format is not (0 or 1))
            throw new SqlException(SqlState.InvalidParameterValue, $"unsupported format code: {format}");
        try
        {
            Fill(set[index], type, io, bytes.Span, binary: format == 1);
        }
        catch (SqlException error) when (error.Where is null)
        {
            throw new SqlException(error.SqlState, error.Message, error)
            {
                Detail = error.Detail, Hint = error.Hint, Where = $"unnamed portal parameter ${index + 1}" + (format == 0 ? $" = '{Utf8.ToDisplay(bytes.Span)}'" : ""),
            };
        }
    }

    private static void Fill(Vector target, SqlType type, IoContext io, ReadOnlySpan<byte> bytes, bool binary)
    {
        var writer = new VectorWriter(type.Arrow, target, 1);
        writer.Reset();
        if (binary)
            TypeIo.Receive(type, bytes, io, writer);
        else
            TypeIo.Parse(type, bytes, io, writer);
        // A flat vector of one row has the layout of a constant.
        target.Kind = VectorKind.Constant;
        target.Length = 1;
    }

    private static void SetValue(object? value, int index, SqlType type, ParameterSet set, IoContext io)
    {
        switch (value)
        {
            case null or DBNull:
                set.Set(index, null);
                break;
            case int or long or short or byte when type.Id is TypeId.Int4 or TypeId.Int8 or TypeId.Oid:
                var number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                if (type.Id == TypeId.Int4 && number is < int.MinValue or > int.MaxValue)
                    throw SqlException.OutOfRange("integer");
                set.Set(index, type.Id == TypeId.Int4 ? (int)number : number);
                break;
            case bool or double or float when type.Id == TypeId.Bool == value is bool && type.Id is TypeId.Bool or TypeId.Float8:
                set.Set(index, value is bool ? value : Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            default:
                Fill(set[index], type, io, System.Text.Encoding.UTF8.GetBytes(Text(value)), binary: false);
                break;
        }
    }

    /// <summary>Text that the type's input function reads.</summary>
    private static string Text(object value) => value switch
    {
        bool b => b ? "true" : "false",
        DateTime { Kind: DateTimeKind.Utc } t => t.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00",
        DateTime t => t.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateTimeOffset t => t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00",
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        byte[] bytes => "\\x" + Convert.ToHexStringLower(bytes),
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        float f => f.ToString("R", CultureInfo.InvariantCulture),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
