using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Protocol.Tests.Fakes;

/// <summary>Writes what a client would send.</summary>
internal sealed class ClientBytes
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public ClientBytes Startup(params string[] namesAndValues) => StartupVersion(3, 0, namesAndValues);

    public ClientBytes StartupVersion(int major, int minor, params string[] namesAndValues)
    {
        var body = new MemoryStream();
        body.Write(Int32(major << 16 | minor));
        foreach (var text in namesAndValues)
            body.Write(String(text));
        body.WriteByte(0);
        return Untyped(body.ToArray());
    }

    public ClientBytes Untyped(byte[] body)
    {
        _bytes.Write(Int32(body.Length + 4));
        _bytes.Write(body);
        return this;
    }

    public ClientBytes Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public ClientBytes Message(char code, params byte[][] fields)
    {
        _bytes.WriteByte((byte)code);
        return Untyped([.. fields.SelectMany(field => field)]);
    }

    public ClientBytes Query(string sql) => Message('Q', String(sql));

    public ClientBytes Parse(string name, string sql, params int[] oids) =>
        Message('P', String(name), String(sql), Int16(oids.Length), [.. oids.SelectMany(Int32)]);

    public ClientBytes Bind(string portal, string statement, short[] formats, byte[]?[] values, short[] resultFormats) => Message('B',
        String(portal), String(statement),
        Int16(formats.Length), [.. formats.SelectMany(format => Int16(format))],
        Int16(values.Length), [.. values.SelectMany(value => value is null ? Int32(-1) : [.. Int32(value.Length), .. value])],
        Int16(resultFormats.Length), [.. resultFormats.SelectMany(format => Int16(format))]);

    public ClientBytes Bind(string portal = "", string statement = "") => Bind(portal, statement, [], [], []);

    public ClientBytes Describe(char kind, string name) => Message('D', [(byte)kind], String(name));

    public ClientBytes Execute(string portal = "", int maxRows = 0) => Message('E', String(portal), Int32(maxRows));

    public ClientBytes Close(char kind, string name) => Message('C', [(byte)kind], String(name));

    public ClientBytes Sync() => Message('S');

    public ClientBytes Terminate() => Message('X');

    public static byte[] String(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    public static byte[] Int16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
        return bytes;
    }

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
