using System.Buffers;
using System.Text;
using OmenDb.Arrow;

namespace OmenDb.Types.Tests;

public class TypeIoTests
{
    private static readonly IoContext Context = IoContext.Default;

    [Fact]
    public void Text_and_binary_forms_are_PostgreSQLs() => Oracle.AssertAll(Cases());

    private static IEnumerable<(string, string, string)> Cases()
    {
        foreach (var row in Oracle.Read("type_io.tsv"))
        {
            var type = TypeOf(row[0]);
            var name = $"'{row[1]}'::{row[0]}";
            using var vector = new Vector();
            var text = Oracle.Result(() =>
            {
                TypeIo.Parse(type, Encoding.UTF8.GetBytes(row[1]), Context, new VectorWriter(type.Arrow, vector, 1));
                return Shown(type, vector);
            });
            yield return (name, row[2], text);
            if (text.StartsWith("ERR", StringComparison.Ordinal) || row[3].Length == 0)
                continue;
            var sent = new ArrayBufferWriter<byte>();
            TypeIo.Send(type, vector, 0, sent, Context);
            // An explicit cast pads or cuts by typmod only after the send call of the table.
            if (type.TypeModifier == -1)
                yield return ("send " + name, row[3], "\\x" + Convert.ToHexStringLower(sent.WrittenSpan));
            using var back = new Vector();
            TypeIo.Receive(type, sent.WrittenSpan, Context, new VectorWriter(type.Arrow, back, 1));
            yield return ("receive " + name, text, Shown(type, back));
        }
    }

    private static string Shown(SqlType type, Vector vector)
    {
        var text = TypeIo.FormatString(type, vector, 0, Context);
        return type.Id == TypeId.Bool ? text == "t" ? "true" : "false" : type.Id == TypeId.Char ? text.TrimEnd(' ') : text;
    }

    private static SqlType TypeOf(string name)
    {
        if (name.EndsWith("[]", StringComparison.Ordinal))
            return SqlType.ArrayOf(TypeOf(name[..^2]));
        var open = name.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
            return SqlType.Of(PgTypes.Find(name)!.Id);
        var close = name.IndexOf(')', StringComparison.Ordinal);
        var arguments = name[(open + 1)..close].Split(',').Select(int.Parse).ToArray();
        var id = PgTypes.Find(name[..open] + name[(close + 1)..])!.Id;
        return id switch
        {
            TypeId.Numeric => SqlType.NumericOf(arguments[0], arguments[1]),
            TypeId.Varchar => SqlType.VarcharOf(arguments[0]),
            TypeId.Char => SqlType.CharOf(arguments[0]),
            _ => SqlType.WithFraction(id, arguments[0]),
        };
    }

    [Fact]
    public void Lengths_are_characters_and_only_blanks_may_be_lost()
    {
        Assert.Equal("häß"u8, Utf8.FitVarchar("häßlich"u8, 3, isExplicitCast: true));
        Assert.Equal("abc"u8, Utf8.FitVarchar("abc  "u8, 3, isExplicitCast: false));
        Assert.Equal("a"u8, Utf8.FitChar("a    "u8, 3, isExplicitCast: false));
        var error = Assert.Throws<SqlException>(() => Utf8.FitVarchar("abcd"u8, 3, isExplicitCast: false).Length);
        Assert.Equal("value too long for type character varying(3)", error.Message);
        error = Assert.Throws<SqlException>(() => Utf8.FitChar("abc"u8, 2, isExplicitCast: false).Length);
        Assert.Equal(SqlState.StringDataRightTruncation, error.SqlState);
    }

    [Fact]
    public void Invalid_bytes_are_named_as_PostgreSQL_names_them()
    {
        var error = Assert.Throws<SqlException>(() => Utf8.Validate([(byte)'a', 0xC3, (byte)'(']));
        Assert.Equal("invalid byte sequence for encoding \"UTF8\": 0xc3 0x28", error.Message);
        error = Assert.Throws<SqlException>(() => Utf8.Validate([0]));
        Assert.Equal("invalid byte sequence for encoding \"UTF8\": 0x00", error.Message);
    }
}
