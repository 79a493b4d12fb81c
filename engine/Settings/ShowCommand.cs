using System.Collections.Immutable;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Settings;

/// <summary>SHOW.</summary>
internal static class ShowCommand
{
    public static ImmutableArray<OutputColumn> Columns(ShowStatement statement)
    {
        if (statement.Name == "all")
            return [RowsRun.Column("name", SqlType.Text), RowsRun.Column("setting", SqlType.Text), RowsRun.Column("description", SqlType.Text)];
        // The column is named as the setting is, not as it was written.
        return [RowsRun.Column(SettingTable.Find(statement.Name)?.Name ?? statement.Name, SqlType.Text)];
    }

    public static IEnumerable<object?[]> Rows(Session session, ShowStatement statement)
    {
        if (statement.Name == "all")
        {
            return SettingTable.All.Where(s => !s.IsHidden)
                .Select(s => new object?[] { s.Name, s.Show(session.Settings.Raw(s)), s.Description });
        }
        _ = session.Transaction; // shows what it would begin with
        return [[session.Settings.Get(statement.Name) ?? throw SessionSettings.Unknown(statement.Name)]];
    }
}
