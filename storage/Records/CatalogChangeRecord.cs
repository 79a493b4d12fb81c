using OmenDb.Storage.Catalog;

namespace OmenDb.Storage.Records;

/// <summary>An object of the catalog as it is now, or its end.</summary>
/// <remarks><code>| oid i32 | JSON text, empty: dropped |</code></remarks>
internal static class CatalogChangeRecord
{
    public static void Write(int oid, CatalogObject? entry, RedoBuffer target)
    {
        target.BeginRecord(RecordKind.CatalogChange);
        target.I32(oid);
        target.Text(entry is null ? "" : CatalogJson.Write(entry));
        target.EndRecord();
    }

    public static (int Oid, CatalogObject? Entry) Read(ref RedoReader source)
    {
        var oid = source.I32();
        var text = source.Text();
        return (oid, text.Length == 0 ? null : CatalogJson.Read(text));
    }
}
