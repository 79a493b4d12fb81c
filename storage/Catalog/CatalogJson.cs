using System.Text.Json;
using System.Text.Json.Serialization;
using OmenDb.Types;

namespace OmenDb.Storage.Catalog;

/// <summary>Catalog objects as JSON, in the log and in checkpoints: readable by anyone, and tolerant of fields added later.</summary>
public static class CatalogJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        // Never "when default": a false or 0 left out would come back as the property's own initial value.
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new SqlTypeConverter(), new JsonStringEnumConverter() },
    };

    public static string Write(CatalogObject entry) => JsonSerializer.Serialize(entry, Options);

    public static CatalogObject Read(string json) => JsonSerializer.Deserialize<CatalogObject>(json, Options)
        ?? throw SqlException.Internal("a catalog object is empty");

    private sealed class SqlTypeConverter : JsonConverter<SqlType>
    {
        private sealed record Shape(byte Id, int Length, int Precision, int Scale, SqlType? Element, int Oid, string? Name);

        public override SqlType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var shape = JsonSerializer.Deserialize<Shape>(ref reader, options)!;
            var id = (TypeId)shape.Id;
            return id switch
            {
                TypeId.Numeric when shape.Precision > 0 => SqlType.NumericOf(shape.Precision, shape.Scale),
                TypeId.Array => SqlType.ArrayOf(shape.Element!),
                TypeId.Enum => SqlType.EnumOf(shape.Name ?? "", shape.Oid),
                TypeId.Varchar when shape.Length >= 0 => SqlType.VarcharOf(shape.Length),
                TypeId.Char when shape.Length >= 0 => SqlType.CharOf(shape.Length),
                _ when shape.Length >= 0 => SqlType.WithFraction(id, shape.Length),
                _ => SqlType.Of(id),
            };
        }

        public override void Write(Utf8JsonWriter writer, SqlType value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer,
            new Shape((byte)value.Id, value.Length, value.Precision, value.Scale, value.Element, value.UserOid, value.EnumName), options);
    }
}
