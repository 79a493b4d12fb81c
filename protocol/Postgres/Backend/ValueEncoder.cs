using System.Buffers.Text;
using OmenDb.Arrow;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>Writes the values of one column as length and bytes: the commonest types directly, the others through their <see cref="TypeHandler"/>.</summary>
internal readonly struct ValueEncoder
{
    private enum Way : byte
    {
        Text, Binary, Bytes, Int16Text, Int32Text, Int64Text, Int16Binary, Int32Binary, Int64Binary,
    }

    /// <summary>Digits and sign of the longest 64-bit integer.</summary>
    private const int MaxInt64Digits = 20;

    private readonly SqlType _type;
    private readonly TypeHandler _handler;
    private readonly Way _way;

    /// <exception cref="SqlException">0A000: the type has no external form.</exception>
    public ValueEncoder(SqlType type, bool isBinary)
    {
        _type = type;
        _handler = TypeIo.Of(type.Id);
        _way = type.Id switch
        {
            // Text is its own binary format.
            TypeId.Text or TypeId.Varchar or TypeId.Json or TypeId.Name or TypeId.Unknown => Way.Bytes,
            TypeId.Int2 => isBinary ? Way.Int16Binary : Way.Int16Text,
            TypeId.Int4 => isBinary ? Way.Int32Binary : Way.Int32Text,
            TypeId.Int8 => isBinary ? Way.Int64Binary : Way.Int64Text,
            _ => isBinary ? Way.Binary : Way.Text,
        };
    }

    /// <summary>Int32 length and the bytes, or -1 for null.</summary>
    public void Write(OutputBuffer output, Vector vector, int row, IoContext context)
    {
        if (!vector.IsValid(row))
        {
            output.WriteInt32(-1);
            return;
        }
        switch (_way)
        {
            case Way.Bytes:
                var bytes = vector.GetBytes(row);
                output.WriteInt32(bytes.Length);
                output.WriteBytes(bytes);
                break;
            case Way.Int16Text: WriteDigits(output, vector.Get<short>(row)); break;
            case Way.Int32Text: WriteDigits(output, vector.Get<int>(row)); break;
            case Way.Int64Text: WriteDigits(output, vector.Get<long>(row)); break;
            case Way.Int16Binary:
                output.WriteInt32(2);
                output.WriteInt16(vector.Get<short>(row));
                break;
            case Way.Int32Binary:
                output.WriteInt32(4);
                output.WriteInt32(vector.Get<int>(row));
                break;
            case Way.Int64Binary:
                output.WriteInt32(8);
                output.WriteInt64(vector.Get<long>(row));
                break;
            default:
                var start = output.BeginValue();
                if (_way == Way.Text)
                    _handler.Format(_type, vector, row, output, context);
                else
                    _handler.Send(_type, vector, row, output, context);
                output.EndValue(start);
                break;
        }
    }

    private static void WriteDigits(OutputBuffer output, long value)
    {
        var start = output.BeginValue();
        Utf8Formatter.TryFormat(value, output.GetSpan(MaxInt64Digits), out var written);
        output.Advance(written);
        output.EndValue(start);
    }
}
