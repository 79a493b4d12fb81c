using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>CREATE TABLE AS and SELECT INTO.</summary>
internal static class CreateTableAs
{
    public static string Run(Session session, CreateTableAsStatement statement, ParameterSource parameters)
    {
        if (statement.IsMaterializedView)
            throw SqlException.NotSupported("CREATE MATERIALIZED VIEW", statement.ErrorPosition);
        session.CheckWritable("CREATE TABLE AS");
        if (TableCommands.Claim(session, statement.Name, statement.Persistence, statement.IfNotExists) is not { } schema)
            return "CREATE TABLE AS";
        using var run = statement.Query is ExecuteStatement execute ? session.RunPrepared(execute) : Plan(session, statement.Query, parameters);
        var columns = run.Plan.Outputs;
        if (statement.Columns.Length > columns.Length)
            throw new SqlException(SqlState.SyntaxError, "too many column names were specified");
        return Fill(session, run, schema, statement.Name.Name, [.. columns.Select((c, i) => i < statement.Columns.Length ? statement.Columns[i] : c.Name)], statement.WithNoData, "CREATE TABLE AS");
    }

    public static string Run(Session session, QueryStatement statement, IntoClause into, ParameterSource parameters)
    {
        session.CheckWritable("SELECT INTO");
        var schema = TableCommands.Claim(session, into.Name, into.Persistence, ifNotExists: false)!;
        using var run = Plan(session, new QueryStatement(statement.Position, WithoutInto(statement.Query)), parameters);
        return Fill(session, run, schema, into.Name.Name, [.. run.Plan.Outputs.Select(o => o.Name)], withNoData: false, "SELECT");
    }

    private static QueryExpression WithoutInto(QueryExpression query) => query switch
    {
        QueryWithClauses with => with with { Body = WithoutInto(with.Body) },
        SetOperation set => set with { Inputs = set.Inputs.SetItem(0, WithoutInto(set.Inputs[0])) },
        SelectCore core => core with { Into = null },
        _ => query,
    };

    private static QueryRun Plan(Session session, Statement query, ParameterSource parameters)
    {
        var plan = session.MakePlan(query, []);
        return new QueryRun(session, plan, ParameterDecoding.Decode(parameters, plan.ParameterTypes, "", session.Settings.Io));
    }

    private static string Fill(Session session, QueryRun run, SchemaEntry schema, string name, string[] columnNames, bool withNoData, string emptyTag)
    {
        var definition = new TableDefinition(session, session.CurrentNames, name, schema);
        var outputs = run.Plan.Outputs;
        for (var i = 0; i < outputs.Length; i++)
        {
            var type = outputs[i].Type.Id == TypeId.Unknown ? SqlType.Text : outputs[i].Type;
            if (definition.Columns.Exists(c => c.Name == columnNames[i]))
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{columnNames[i]}\" specified more than once");
            definition.Columns.Add(new ColumnEntry { Id = definition.NextColumnId++, Name = columnNames[i], Type = type, Physical = 0 });
        }
        var table = TableCommands.Build(session, name, schema, definition);
        if (withNoData)
            return emptyTag;
        var rows = session.Database.Storage.GetTable(table);
        long count = 0;
        while (run.Next(out var batch))
        {
            var stored = new Batch([.. batch.Columns.Take(outputs.Length)], batch.Length) { Selection = batch.Selection };
            rows.Append(session.Transaction, stored, []);
            count += batch.RowCount;
        }
        return $"SELECT {count}";
    }
}
