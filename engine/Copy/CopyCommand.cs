using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Ddl;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>COPY: with the client through the portal's stream, with files at once.</summary>
internal static class CopyCommand
{
    private const int FileChunk = 1 << 20;

    public static StatementRun Create(Session session, CopyStatement statement)
    {
        if (statement.IsProgram)
            throw SqlException.NotSupported("COPY with PROGRAM", statement.ErrorPosition);
        var options = CopyOptions.Parse(statement);
        if (statement.FileName is not null && !session.IsSuperuser)
        {
            throw new SqlException(SqlState.InsufficientPrivilege, $"must be superuser to COPY {(statement.IsFrom ? "from" : "to")} a file")
            {
                Hint = "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
            };
        }
        CopyOperation operation;
        Func<long> count;
        if (statement.IsFrom)
        {
            session.CheckWritable("COPY FROM");
            var target = CopyTarget.Create(session, statement, options);
            var copy = new CopyIn(target, options);
            (operation, count) = (copy, () => target.RowCount);
            return statement.FileName is null ? new CopyRun(copy, count) : new FileRun(() => Load(copy, statement.FileName), count, copy);
        }
        var query = CreateQuery(session, statement);
        var output = new CopyOut(query, options, session.Settings);
        (operation, count) = (output, () => output.RowCount);
        return statement.FileName is null ? new CopyRun(operation, count) : new FileRun(() => Save(output, statement.FileName), count, output);
    }

    private static QueryRun CreateQuery(Session session, CopyStatement statement)
    {
        var syntax = statement.Query;
        if (statement.Table is { } name)
        {
            var relation = DdlNames.TryRelation(session.CurrentNames, name);
            if (relation is ViewEntry)
                throw new SqlException(SqlState.WrongObjectType, $"cannot copy from view \"{name.Name}\"") { Hint = "Try the COPY (SELECT ...) TO variant." };
            if (relation is SequenceEntry)
                throw new SqlException(SqlState.WrongObjectType, $"cannot copy from sequence \"{name.Name}\"");
            if (relation is TableEntry table)
            {
                foreach (var column in statement.Columns)
                    _ = DdlNames.Column(table, column);
            }
            ImmutableArray<SelectItem> targets = statement.Columns.IsEmpty
                ? [new SelectItem(name.Position, new StarExpression(name.Position, []), null)]
                : [.. statement.Columns.Select(c => new SelectItem(name.Position, new ColumnReference(name.Position, [c]), null))];
            syntax = new QueryStatement(name.Position, new SelectCore(name.Position) { Targets = targets, From = [new TableReference(name.Position, name, null)] });
        }
        var plan = session.MakePlan(syntax!, []);
        if (!plan.HasRows)
            throw new SqlException(SqlState.FeatureNotSupported, "COPY query must have a RETURNING clause");
        return new QueryRun(session, plan, Execution.ParameterSet.Empty);
    }

    private static void Load(CopyIn copy, string path)
    {
        using var file = OpenFile(path, read: true);
        var buffer = new byte[FileChunk];
        int length;
        while ((length = file.Read(buffer)) > 0)
            copy.Write(buffer.AsSpan(0, length));
        copy.Complete();
    }

    private static void Save(CopyOut copy, string path)
    {
        using var file = OpenFile(path, read: false);
        while (copy.Read(out var data))
            file.Write(data.Span);
    }

    private static FileStream OpenFile(string path, bool read)
    {
        if (!read && !Path.IsPathRooted(path))
            throw new SqlException(SqlState.InvalidName, "relative path not allowed for COPY to file");
        try
        {
            return read ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1) : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, FileChunk);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var missing = error is FileNotFoundException or DirectoryNotFoundException;
            throw new SqlException(missing ? SqlState.UndefinedFile : error is UnauthorizedAccessException ? SqlState.InsufficientPrivilege : SqlState.IoError,
                $"could not open file \"{path}\" for {(read ? "reading" : "writing")}: {(missing ? "No such file or directory" : error is UnauthorizedAccessException ? "Permission denied" : error.Message)}", error);
        }
    }

    /// <summary>With the client: the portal's stream does the work.</summary>
    private sealed class CopyRun(CopyOperation operation, Func<long> count) : StatementRun
    {
        public override CopyOperation Copy => operation;

        public override string Tag => $"COPY {count()}";

        public override bool Next(out Batch batch)
        {
            batch = null!;
            return false;
        }

        public override void Dispose() => (operation as IDisposable)?.Dispose();
    }

    private sealed class FileRun(Action body, Func<long> count, IDisposable resources) : StatementRun
    {
        private bool _done;

        public override string Tag => $"COPY {count()}";

        public override bool Next(out Batch batch)
        {
            batch = null!;
            if (!_done)
            {
                _done = true;
                body();
            }
            return false;
        }

        public override void Dispose() => resources.Dispose();
    }
}
