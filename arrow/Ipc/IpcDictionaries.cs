namespace OmenDb.Arrow.Ipc;

/// <summary>Dictionary batches: the entries of each dictionary so far, in copies of our own.</summary>
internal static class IpcDictionaries
{
    public static void Load(FlatTable table, NativeBuffer body, long bodyOrigin, WireField[] fields, Dictionary<long, ColumnAppender> dictionaries)
    {
        var id = table.Long(0);
        var field = Find(fields, id) ?? throw table.Corrupt($"dictionary {id} belongs to no field");
        var data = table.Table(1) ?? throw table.Corrupt("a dictionary has no data");
        var decoder = new BatchDecoder(data, body, bodyOrigin, dictionaries);
        using var entries = new Vector();
        decoder.Column(field, entries, asDictionary: true);
        if (!dictionaries.TryGetValue(id, out var dictionary))
            dictionaries[id] = dictionary = new ColumnAppender(field.Field.Type);
        if (table.Byte(2) == 0)
            dictionary.Clear(); // a replacement
        dictionary.Append(entries, 0, entries.Length);
    }

    private static WireField? Find(IEnumerable<WireField?> fields, long id)
    {
        foreach (var field in fields)
        {
            if (field is null)
                continue;
            if (field.DictionaryId == id)
                return field;
            if (Find([field.Child], id) is { } inner)
                return inner;
        }
        return null;
    }
}
