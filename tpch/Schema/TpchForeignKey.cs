namespace OmenDb.Tpch.Schema;

/// <summary>A reference of clause 1.4.2. The tables are created without the constraint; <see cref="Ddl"/> adds it.</summary>
public sealed record TpchForeignKey(TpchTable From, IReadOnlyList<string> Columns, TpchTable To, IReadOnlyList<string> ToColumns)
{
    public string Ddl =>
        $"ALTER TABLE {TpchSchema.NameOf(From)} ADD FOREIGN KEY ({string.Join(", ", Columns)}) " +
        $"REFERENCES {TpchSchema.NameOf(To)} ({string.Join(", ", ToColumns)})";
}
