using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Settings;

/// <summary>SET, RESET, SET TRANSACTION and SET SESSION CHARACTERISTICS.</summary>
internal static class SetCommand
{
    public static string Run(Session session, SetStatement statement)
    {
        if (statement.FromCurrent)
            throw SqlException.NotSupported("SET FROM CURRENT", statement.ErrorPosition);
        if (statement.Scope == SetScope.Local && !session.InBlock)
            session.Warning(SqlState.NoActiveSqlTransaction, "SET LOCAL can only be used in transaction blocks");
        _ = session.Transaction; // a change is undone with its transaction
        session.ChangeSetting(statement.Name, Value(statement), statement.Scope == SetScope.Local);
        return "SET";
    }

    public static string Run(Session session, ResetStatement statement)
    {
        _ = session.Transaction;
        if (statement.Name is null)
            session.Settings.ResetAll();
        else
            session.ChangeSetting(statement.Name, null, isLocal: false);
        return "RESET";
    }

    public static string Run(Session session, SetTransactionStatement statement)
    {
        if (statement.Snapshot is { } id)
        {
            if (!session.InBlock)
                session.Warning(SqlState.NoActiveSqlTransaction, "SET TRANSACTION can only be used in transaction blocks");
            session.Database.Snapshots.Import(session.Transaction, id);
            return "SET";
        }
        if (!statement.IsSession)
        {
            if (!session.InBlock)
                session.Warning(SqlState.NoActiveSqlTransaction, "SET TRANSACTION can only be used in transaction blocks");
            session.SetModes(statement.Modes);
            return "SET";
        }
        _ = session.Transaction;
        if (statement.Modes.Isolation is { } isolation)
            session.ChangeSetting("default_transaction_isolation", Word(isolation), isLocal: false);
        if (statement.Modes.ReadOnly is { } readOnly)
            session.ChangeSetting("default_transaction_read_only", readOnly ? "on" : "off", isLocal: false);
        if (statement.Modes.Deferrable is { } deferrable)
            session.ChangeSetting("default_transaction_deferrable", deferrable ? "on" : "off", isLocal: false);
        return "SET";
    }

    private static string Word(IsolationLevel level) => level switch
    {
        IsolationLevel.ReadUncommitted => "read uncommitted",
        IsolationLevel.RepeatableRead => "repeatable read",
        IsolationLevel.Serializable => "serializable",
        _ => "read committed",
    };

    /// <summary>The value as one text; null: DEFAULT.</summary>
    public static string? Value(SetStatement statement)
    {
        if (statement.Values.IsEmpty)
            return null;
        var setting = SettingTable.Find(statement.Name);
        if (statement.Values.Length > 1 && setting is { IsList: false })
            throw new SqlException(SqlState.InvalidParameterValue, $"SET {statement.Name} takes only one argument") { Position = statement.ErrorPosition };
        if (setting?.Name == "TimeZone")
            return TimeZoneValue(statement.Values[0]);
        var quotes = setting?.Name == "search_path";
        return string.Join(", ", statement.Values.Select(v => quotes ? Identifiers.Quote(Text(v)) : Text(v)));
    }

    /// <summary>Numbers are hours east of Greenwich, intervals too.</summary>
    private static string TimeZoneValue(SyntaxExpression value)
    {
        switch (value)
        {
            case IntegerLiteral i:
                return Fixed(i.Value * 3600.0);
            case NumericLiteral n:
                return Fixed(double.Parse(n.Text, System.Globalization.CultureInfo.InvariantCulture) * 3600);
            case TypedLiteral interval:
                var text = interval.Value.TrimStart('+', '-');
                var parts = text.Split(':');
                if (!int.TryParse(parts[0], out var hours) || (parts.Length > 1 && !int.TryParse(parts[1], out _)))
                    throw new SqlException(SqlState.InvalidParameterValue, $"invalid interval value for time zone: \"{interval.Value}\"");
                var seconds = hours * 3600 + (parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) * 60 : 0);
                return Fixed(interval.Value.StartsWith('-') ? -seconds : seconds);
            default:
                return Text(value);
        }
    }

    private static string Fixed(double seconds)
    {
        if (Math.Abs(seconds) > 168 * 3600)
            throw new SqlException(SqlState.InvalidParameterValue, "UTC timezone offset is out of range.");
        return Types.TimeZone.Fixed((int)seconds).Name;
    }

    private static string Text(SyntaxExpression value) => value switch
    {
        StringLiteral s => s.Value,
        BooleanLiteral b => b.Value ? "on" : "off",
        IntegerLiteral i => i.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        NumericLiteral n => n.Text,
        TypedLiteral t => t.Value,
        ColumnReference c => c.Name,
        _ => throw new SqlException(SqlState.SyntaxError, "SET takes constants only") { Position = value.ErrorPosition },
    };
}
