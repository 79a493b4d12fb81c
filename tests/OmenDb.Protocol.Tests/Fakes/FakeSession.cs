using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Planner.Binding;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Tests.Fakes;

/// <summary>A session that understands a few commands instead of SQL, so that the conversation is tested without an engine.</summary>
/// <remarks>"rows N": integers 0 .. N-1 and their names; "done": no rows; "error", "crash", "deep": failures; "notice"; "set NAME VALUE"; "begin"; "commit";
/// "copy in", "copy out"; "echo TYPE": the one parameter.</remarks>
internal sealed class FakeSession(SessionOptions options) : WireSession
{
    private readonly Dictionary<string, FakeStatement> _statements = [];
    private readonly Dictionary<string, FakePortal> _portals = [];
    private TransactionStatus _status = TransactionStatus.Idle;

    public SessionOptions Options => options;

    public List<string> Calls { get; } = [];

    public StringBuilder CopiedIn { get; } = new();

    public override int BackendId => 7;

    public override int Secret => 99;

    public override TransactionStatus TransactionStatus => _status;

    public override IReadOnlyList<KeyValuePair<string, string>> ReportedParameters { get; } = [new("server_version", "15.0")];

    public override IoContext IoContext => IoContext.Default;

    public override event Action<Notice>? NoticeRaised;

    public override event Action<string, string>? ParameterChanged;

    public override void Cancel() => Calls.Add("cancel");

    public override void BeginRequest()
    {
    }

    public override void EndRequest()
    {
    }

    public override IEnumerable<WirePortal> ExecuteScript(string sql)
    {
        if (sql.Trim().Length == 0)
        {
            yield return new FakePortal(this, "", "", []);
            yield break;
        }
        foreach (var command in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            yield return new FakePortal(this, "", command, []);
    }

    public override WireStatement Prepare(string name, string sql, ReadOnlySpan<int> parameterOids)
    {
        if (sql == "syntax")
            throw SqlException.Syntax("syntax error at or near \"syntax\"", 1);
        return _statements[name] = new FakeStatement(sql);
    }

    public override WireStatement GetPrepared(string name) => _statements.GetValueOrDefault(name)
        ?? throw new SqlException(SqlState.InvalidSqlStatementName, $"prepared statement \"{name}\" does not exist");

    public override void ClosePrepared(string name) => _statements.Remove(name);

    public override WirePortal Bind(string portalName, WireStatement statement, ReadOnlyMemory<byte>?[] values, short[] formats) =>
        _portals[portalName] = new FakePortal(this, portalName, ((FakeStatement)statement).Sql, [.. values.Select(value => value?.ToArray())]);

    public override WirePortal GetPortal(string name) => _portals.GetValueOrDefault(name)
        ?? throw new SqlException(SqlState.InvalidCursorName, $"portal \"{name}\" does not exist");

    public override void ClosePortal(string name) => _portals.Remove(name);

    public override void FailTransaction()
    {
        Calls.Add("fail");
        if (_status == TransactionStatus.InTransaction)
            _status = TransactionStatus.Failed;
    }

    public override void Sync()
    {
        Calls.Add("sync");
        if (_status == TransactionStatus.Idle)
            _portals.Clear();
    }

    public override void Dispose() => Calls.Add("dispose");

    private void Run(string command)
    {
        switch (command.Split(' '))
        {
            case ["error"]:
                throw new SqlException(SqlState.UniqueViolation, "duplicate key value violates unique constraint \"t_pkey\"")
                {
                    Detail = "Key (id)=(1) already exists.", SchemaName = "public", TableName = "t", ConstraintName = "t_pkey",
                    Hint = "a hint", Where = "a place", ColumnName = "id", DataTypeName = "int4", Position = 12,
                };
            case ["crash"]: throw new InvalidOperationException("broken invariant");
            case ["deep"]: throw new InsufficientExecutionStackException();
            case ["fatal"]: throw new SqlException(SqlState.AdminShutdown, "good bye") { Severity = "FATAL" };
            case ["notice"]: NoticeRaised?.Invoke(new Notice("NOTICE", "00000", "look out") { Hint = "there" }); break;
            case ["set", var name, var value]: ParameterChanged?.Invoke(name, value); break;
            case ["begin"]: _status = TransactionStatus.InTransaction; break;
            case ["commit"]: _status = TransactionStatus.Idle; break;
        }
    }

    private sealed class FakeStatement(string sql) : WireStatement
    {
        public string Sql => sql;

        public override ImmutableArray<SqlType> ParameterTypes => sql.StartsWith("echo", StringComparison.Ordinal) ? [SqlType.Int4] : [];

        public override ImmutableArray<OutputColumn>? Columns => ColumnsOf(sql);
    }

    private static readonly ImmutableArray<OutputColumn> RowColumns =
        [new("n", SqlType.Int4, -1, 1234, 1), new("name", SqlType.VarcharOf(20), 24, 1234, 2)];

    private static readonly ImmutableArray<OutputColumn> EchoColumns = [new("value", SqlType.Text, -1, 0, 0)];

    private static ImmutableArray<OutputColumn>? ColumnsOf(string sql) =>
        sql.StartsWith("rows", StringComparison.Ordinal) ? RowColumns : sql.StartsWith("echo", StringComparison.Ordinal) ? EchoColumns : null;

    private sealed class FakePortal(FakeSession session, string name, string command, byte[]?[] values) : WirePortal
    {
        private const int BatchRows = 3;

        private readonly Batch _batch = new(2);
        private int _given;

        public override string Name => name;

        public override ImmutableArray<OutputColumn>? Columns => ColumnsOf(command);

        public override CopyOperation? Copy { get; } = command switch
        {
            "copy in" => new FakeCopyIn(session),
            "copy out" => new FakeCopyOut(),
            _ => null,
        };

        public override bool IsEmptyQuery => command.Length == 0;

        public override string CommandTag => command.StartsWith("rows", StringComparison.Ordinal) ? $"SELECT {_given}"
            : command.StartsWith("copy", StringComparison.Ordinal) ? "COPY 2" : command.StartsWith("echo", StringComparison.Ordinal) ? "SELECT 1" : "DONE";

        public override bool NextBatch(out Batch batch)
        {
            batch = _batch;
            if (command.StartsWith("echo", StringComparison.Ordinal))
            {
                if (_given++ > 0)
                    return false;
                var writer = new VectorWriter(SqlType.Text.Arrow, _batch.Columns[0], 1);
                if (values[0] is { } value)
                    writer.AppendBytes(value);
                else
                    writer.AppendNull();
                _batch.Length = 1;
                return true;
            }
            if (!command.StartsWith("rows ", StringComparison.Ordinal))
            {
                session.Run(command);
                return false;
            }
            var count = Math.Min(BatchRows, int.Parse(command[5..], CultureInfo.InvariantCulture) - _given);
            if (count <= 0)
                return false;
            var numbers = new VectorWriter(SqlType.Int4.Arrow, _batch.Columns[0], count);
            var names = new VectorWriter(SqlType.Text.Arrow, _batch.Columns[1], count);
            for (var i = 0; i < count; i++)
            {
                numbers.Append(_given);
                if (_given++ == 1)
                    names.AppendNull();
                else
                    names.AppendBytes(Encoding.UTF8.GetBytes($"row {_given - 1}"));
            }
            _batch.Length = count;
            return true;
        }

        public override void Dispose() => _batch.Dispose();
    }

    private sealed class FakeCopyIn(FakeSession session) : CopyOperation
    {
        public override CopyDirection Direction => CopyDirection.In;

        public override bool IsBinary => false;

        public override int ColumnCount => 2;

        public override void Write(ReadOnlySpan<byte> data)
        {
            if (data.SequenceEqual("bad"u8))
                throw new SqlException(SqlState.BadCopyFileFormat, "missing data for column \"b\"");
            session.CopiedIn.Append(Encoding.UTF8.GetString(data));
        }

        public override void Complete() => session.CopiedIn.Append("(end)");

        public override void Fail(string reason) => throw new SqlException(SqlState.QueryCanceled, $"COPY from stdin failed: {reason}");
    }

    private sealed class FakeCopyOut : CopyOperation
    {
        private int _read;

        public override CopyDirection Direction => CopyDirection.Out;

        public override bool IsBinary => true;

        public override int ColumnCount => 1;

        public override bool Read(out ReadOnlyMemory<byte> data)
        {
            data = Encoding.UTF8.GetBytes($"line {_read}\n");
            return _read++ < 2;
        }
    }
}

internal sealed class FakeSessionFactory : IWireSessionFactory
{
    public FakeSession? Last { get; private set; }

    public List<(int Id, int Secret)> Cancelled { get; } = [];

    public WireSession Connect(SessionOptions options)
    {
        if (options.Database == "nowhere")
            throw new SqlException(SqlState.InvalidCatalogName, "database \"nowhere\" does not exist");
        return Last = new FakeSession(options);
    }

    public void Cancel(int backendId, int secret) => Cancelled.Add((backendId, secret));
}
