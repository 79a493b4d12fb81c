using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>CREATE and ALTER SEQUENCE.</summary>
internal static class SequenceCommands
{
    public static long Greatest(SqlType type) => type.Id switch { TypeId.Int2 => short.MaxValue, TypeId.Int4 => int.MaxValue, _ => long.MaxValue };

    public static long Smallest(SqlType type) => type.Id switch { TypeId.Int2 => short.MinValue, TypeId.Int4 => int.MinValue, _ => long.MinValue };

    /// <summary>The default of a serial column: by OID, so that it goes on working when the sequence is renamed.</summary>
    public static string NextValueText(int oid) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"nextval('{oid}'::regclass)");

    public static string Create(Session session, CreateSequenceStatement statement)
    {
        var schema = statement.Persistence == Persistence.Temporary ? TemporaryObjects.EnsureSchema(session) : session.CreationSchema(statement.Name.Schema, statement.Name.ErrorPosition);
        DdlNames.Reserve(session, schema.Oid, statement.Name.Name);
        if (session.Catalog.FindRelation(schema.Oid, statement.Name.Name) is not null)
        {
            if (!statement.IfNotExists)
                throw new SqlException(SqlState.DuplicateTable, $"relation \"{statement.Name.Name}\" already exists");
            session.Notice($"relation \"{statement.Name.Name}\" already exists, skipping", SqlState.DuplicateTable);
            return "CREATE SEQUENCE";
        }
        var entry = new SequenceEntry { Oid = session.Transaction.Catalog.NewOid(), Name = statement.Name.Name, SchemaOid = schema.Oid, OwnerOid = session.RoleOid };
        session.Database.Storage.CreateSequence(session.Transaction, Apply(session, entry, statement.Options, isNew: true, out _));
        return "CREATE SEQUENCE";
    }

    public static string Alter(Session session, AlterSequenceStatement statement)
    {
        var names = session.CurrentNames;
        if (DdlNames.TryLocked(session, statement.Name, TableLockMode.ShareRowExclusive) is null && statement.IfExists)
        {
            session.Notice($"relation \"{statement.Name}\" does not exist, skipping");
            return "ALTER SEQUENCE";
        }
        var entry = DdlNames.Sequence(session.CurrentNames, statement.Name);
        var changed = Apply(session, entry, statement.Options, isNew: false, out var restart);
        session.Transaction.Catalog.Put(changed);
        if (restart is { } value)
            session.Database.Storage.RestartSequence(session.Transaction, changed, value);
        return "ALTER SEQUENCE";
    }

    /// <param name="restart">RESTART: the next value.</param>
    public static SequenceEntry Apply(Session session, SequenceEntry entry, ImmutableArray<SequenceOption> options, bool isNew, out long? restart)
    {
        restart = null;
        long? min = null, max = null, start = null;
        bool resetMin = isNew, resetMax = isNew, restartAtStart = false;
        foreach (var option in options)
        {
            switch (option.Kind)
            {
                case SequenceOptionKind.As:
                    var type = TypeResolver.Resolve(option.Type!, session.CurrentNames);
                    if (type.Id is not (TypeId.Int2 or TypeId.Int4 or TypeId.Int8))
                        throw new SqlException(SqlState.InvalidParameterValue, "sequence type must be smallint, integer, or bigint");
                    entry = entry with { Type = type };
                    (resetMin, resetMax) = (true, true);
                    break;
                case SequenceOptionKind.IncrementBy:
                    if (option.Value == 0)
                        throw new SqlException(SqlState.InvalidParameterValue, "INCREMENT must not be zero");
                    entry = entry with { Increment = option.Value };
                    break;
                case SequenceOptionKind.MinValue: min = option.Value; break;
                case SequenceOptionKind.NoMinValue: resetMin = true; break;
                case SequenceOptionKind.MaxValue: max = option.Value; break;
                case SequenceOptionKind.NoMaxValue: resetMax = true; break;
                case SequenceOptionKind.StartWith: start = option.Value; break;
                case SequenceOptionKind.Restart: restartAtStart = true; break;
                case SequenceOptionKind.RestartWith: restart = option.Value; break;
                case SequenceOptionKind.Cache when option.Value < 1:
                    throw new SqlException(SqlState.InvalidParameterValue, $"CACHE ({option.Value}) must be greater than zero");
                case SequenceOptionKind.Cache: entry = entry with { CacheSize = option.Value }; break;
                case SequenceOptionKind.Cycle: entry = entry with { Cycles = true }; break;
                case SequenceOptionKind.NoCycle: entry = entry with { Cycles = false }; break;
                case SequenceOptionKind.OwnedBy: entry = Own(session, entry, option.Name!); break;
            }
        }
        var ascending = entry.Increment > 0;
        if (resetMin && min is null)
            min = ascending ? 1 : Smallest(entry.Type);
        if (resetMax && max is null)
            max = ascending ? Greatest(entry.Type) : -1;
        entry = entry with { MinValue = min ?? entry.MinValue, MaxValue = max ?? entry.MaxValue };
        if (entry.MinValue < Smallest(entry.Type))
            throw new SqlException(SqlState.InvalidParameterValue, $"MINVALUE ({entry.MinValue}) is out of range for sequence data type {PgTypes.FormatType(entry.Type)}");
        if (entry.MaxValue > Greatest(entry.Type))
            throw new SqlException(SqlState.InvalidParameterValue, $"MAXVALUE ({entry.MaxValue}) is out of range for sequence data type {PgTypes.FormatType(entry.Type)}");
        if (entry.MinValue >= entry.MaxValue)
            throw new SqlException(SqlState.InvalidParameterValue, $"MINVALUE ({entry.MinValue}) must be less than MAXVALUE ({entry.MaxValue})");
        if (isNew || start is not null)
            entry = entry with { Start = start ?? (ascending ? entry.MinValue : entry.MaxValue) };
        if (entry.Start < entry.MinValue)
            throw new SqlException(SqlState.InvalidParameterValue, $"START value ({entry.Start}) cannot be less than MINVALUE ({entry.MinValue})");
        if (entry.Start > entry.MaxValue)
            throw new SqlException(SqlState.InvalidParameterValue, $"START value ({entry.Start}) cannot be greater than MAXVALUE ({entry.MaxValue})");
        if (restartAtStart)
            restart = entry.Start;
        if (!isNew && restart is null && session.Database.Storage.CurrentValue(entry) is var (last, _))
        {
            if (last < entry.MinValue)
                throw new SqlException(SqlState.InvalidParameterValue, $"RESTART value ({last}) cannot be less than MINVALUE ({entry.MinValue})");
            if (last > entry.MaxValue)
                throw new SqlException(SqlState.InvalidParameterValue, $"RESTART value ({last}) cannot be greater than MAXVALUE ({entry.MaxValue})");
        }
        if (restart < entry.MinValue || restart > entry.MaxValue)
            throw new SqlException(SqlState.InvalidParameterValue, $"RESTART value ({restart}) cannot be {(restart < entry.MinValue ? "less than MINVALUE" : "greater than MAXVALUE")} ({(restart < entry.MinValue ? entry.MinValue : entry.MaxValue)})");
        return entry;
    }

    private static SequenceEntry Own(Session session, SequenceEntry entry, QualifiedName owner)
    {
        if (owner.Parts is ["none"])
            return entry with { OwnerTableOid = 0, OwnerColumnId = 0 };
        if (owner.Parts.Length < 2)
            throw new SqlException(SqlState.SyntaxError, "invalid OWNED BY option") { Position = owner.ErrorPosition, Hint = "Specify OWNED BY table.column or OWNED BY NONE." };
        var table = DdlNames.Table(session.CurrentNames, new QualifiedName(owner.Position, owner.Parts[..^1]));
        return entry with { OwnerTableOid = table.Oid, OwnerColumnId = DdlNames.Column(table, owner.Name, owner.ErrorPosition).Id };
    }
}
