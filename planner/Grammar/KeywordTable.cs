namespace OmenDb.Planner.Grammar;

/// <summary>Where a keyword may still stand as a name; PostgreSQL's four classes.</summary>
internal enum KeywordClass : byte
{
    /// <summary>Any name.</summary>
    Unreserved,

    /// <summary>A column or table, not a function or type.</summary>
    ColumnName,

    /// <summary>A function or type, not a column or table.</summary>
    TypeOrFunctionName,

    /// <summary>Only a label after AS.</summary>
    Reserved,
}

/// <summary>Finds keywords by span without allocating; knows their class.</summary>
internal static class KeywordTable
{
    /// <summary>The longest keyword, "current_timestamp", and nothing longer is looked up.</summary>
    private const int MaxLength = 17;

    /// <summary>Four times the number of words: probes end after one or two steps.</summary>
    private const int SlotCount = 2048;

    private static readonly string[] s_words;
    private static readonly KeywordClass[] s_classes;
    private static readonly bool[] s_bareLabels;
    private static readonly ushort[] s_slots = new ushort[SlotCount];

    static KeywordTable()
    {
        var lists = new (KeywordClass Class, bool BareLabel, string Words)[]
        {
            (KeywordClass.Unreserved, true,
                "abort absolute access action add admin after aggregate also alter always asensitive asof assertion assignment " +
                "at atomic attach attribute backward before begin breadth by cache call called cascade cascaded catalog chain " +
                "characteristics checkpoint class close cluster columns comment comments commit committed compression " +
                "configuration conflict connection constraints content continue conversion copy cost csv cube current cursor " +
                "cycle data database deallocate declare defaults deferred definer delete delimiter delimiters depends depth " +
                "detach dictionary disable discard document domain double drop each enable encoding encrypted enum escape event " +
                "exclude excluding exclusive execute explain expression extension external family finalize first following " +
                "force forward function functions generated global granted groups handler header hold identity if immediate " +
                "immutable implicit import include including increment index indexes inherit inherits inline input insensitive " +
                "insert instead invoker isolation key label language large last leakproof level listen load local location lock " +
                "locked logged mapping match matched materialized maxvalue merge method minvalue mode move name names new next " +
                "nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object of off oids old operator option options " +
                "ordinality others overriding owned owner parallel parameter parser partial partition passing password plans " +
                "policy preceding prepare prepared preserve prior privileges procedural procedure procedures program " +
                "publication quote range read reassign recheck recursive ref referencing refresh reindex relative release " +
                "rename repeatable replace replica reset restart restrict return returns revoke role rollback rollup routine " +
                "routines rows rule savepoint schema schemas scroll seal search security sequence sequences serializable server " +
                "session set sets share show simple skip snapshot sql stable standalone start statement statistics stdin stdout " +
                "storage stored strict strip subscription support sysid system tables tablespace temp template temporary text " +
                "ties transaction transform trigger truncate trusted type types uescape unbounded uncommitted unencrypted " +
                "unknown unlisten unlogged until update vacuum valid validate validator value version view views volatile " +
                "whitespace work wrapper write xml yes zone"),
            (KeywordClass.Unreserved, false,
                "day filter hour minute month over second varying within without year"),
            (KeywordClass.ColumnName, true,
                "between bigint bit boolean coalesce dec decimal exists extract float greatest grouping inout int integer " +
                "interval least national nchar none normalize nullif numeric out overlay position real row setof smallint " +
                "substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest " +
                "xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"),
            (KeywordClass.ColumnName, false,
                "char character precision"),
            (KeywordClass.TypeOrFunctionName, true,
                "authorization binary collation concurrently cross current_schema freeze full ilike inner is join left like " +
                "natural outer right similar tablesample verbose"),
            (KeywordClass.TypeOrFunctionName, false,
                "isnull notnull overlaps"),
            (KeywordClass.Reserved, true,
                "all analyse analyze and any asc asymmetric both case cast check collate column constraint current_catalog " +
                "current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else " +
                "end false foreign in initially lateral leading localtime localtimestamp not null only or placing primary " +
                "references select session_user some symmetric table then trailing true unique user using variadic when"),
            (KeywordClass.Reserved, false,
                "array as create except fetch for from grant group having intersect into limit offset on order returning to " +
                "union where window with"),
        };
        var count = Enum.GetValues<Keyword>().Length;
        s_words = new string[count];
        s_classes = new KeywordClass[count];
        s_bareLabels = new bool[count];
        foreach (var (keywordClass, bareLabel, words) in lists)
        {
            foreach (var word in words.Split(' '))
            {
                var keyword = Enum.Parse<Keyword>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
                s_words[(int)keyword] = string.Intern(word);
                s_classes[(int)keyword] = keywordClass;
                s_bareLabels[(int)keyword] = bareLabel;
                var slot = Hash(word);
                while (s_slots[slot] != 0)
                    slot = (slot + 1) & (SlotCount - 1);
                s_slots[slot] = (ushort)keyword;
            }
        }
    }

    /// <summary>All, in alphabetical order, with the class as PostgreSQL's catalogs spell it: U, C, T, R.</summary>
    public static IEnumerable<(string Word, char Class, bool IsBareLabel)> All => Enum.GetValues<Keyword>().Where(k => s_words[(int)k] is not null)
        .Select(k => (Word(k), "UCTR"[(int)Class(k)], IsBareLabel(k))).OrderBy(k => k.Item1, StringComparer.Ordinal);

    /// <summary>The lower-case spelling, always the same string object.</summary>
    public static string Word(Keyword keyword) => s_words[(int)keyword];

    public static KeywordClass Class(Keyword keyword) => s_classes[(int)keyword];

    /// <summary>Whether it may name an output column without AS.</summary>
    public static bool IsBareLabel(Keyword keyword) => s_bareLabels[(int)keyword];

    /// <param name="word">As written, any case.</param>
    public static Keyword Find(ReadOnlySpan<char> word)
    {
        if (word.Length is < 2 or > MaxLength)
            return Keyword.NotKeyword;
        Span<char> lower = stackalloc char[MaxLength];
        for (var i = 0; i < word.Length; i++)
        {
            var c = word[i];
            if (c is >= 'A' and <= 'Z')
                c = (char)(c | 0x20);
            else if (c is not ((>= 'a' and <= 'z') or '_'))
                return Keyword.NotKeyword;
            lower[i] = c;
        }
        ReadOnlySpan<char> folded = lower[..word.Length];
        for (var slot = Hash(folded); s_slots[slot] != 0; slot = (slot + 1) & (SlotCount - 1))
        {
            if (folded.SequenceEqual(s_words[s_slots[slot]]))
                return (Keyword)s_slots[slot];
        }
        return Keyword.NotKeyword;
    }

    private static int Hash(ReadOnlySpan<char> word)
    {
        var hash = (uint)word.Length;
        foreach (var c in word)
            hash = (hash * 31) + c;
        return (int)((hash ^ (hash >> 11)) & (SlotCount - 1));
    }
}
