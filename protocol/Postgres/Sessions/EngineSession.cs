using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Planner.Binding;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Sessions;

/// <summary>The engine's sessions behind the wire.</summary>
internal sealed class EngineSessionFactory(Database database) : IWireSessionFactory
{
    public WireSession Connect(SessionOptions options) => new EngineSession(database.CreateSession(options));

    public void Cancel(int backendId, int secret) => database.Cancel(backendId, secret);
}

/// <summary>One <see cref="Session"/>. Statements and portals live in the session, which SQL can reach too (DEALLOCATE, DECLARE); what is kept
/// here under the same names only adds the wire's own state and counts no longer when the session has another object of that name.</summary>
internal sealed class EngineSession(Session session) : WireSession
{
    private readonly Dictionary<string, EngineStatement> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EnginePortal> _portals = new(StringComparer.Ordinal);

    public override int BackendId => session.BackendId;

    public override int Secret => session.Secret;

    public override TransactionStatus TransactionStatus => session.TransactionStatus;

    public override IReadOnlyList<KeyValuePair<string, string>> ReportedParameters => session.Settings.ReportedParameters;

    public override IoContext IoContext => session.Settings.Io;

    public override event Action<Notice>? NoticeRaised
    {
        add => session.NoticeRaised += value;
        remove => session.NoticeRaised -= value;
    }

    public override event Action<string, string>? ParameterChanged
    {
        add => session.Settings.ParameterChanged += value;
        remove => session.Settings.ParameterChanged -= value;
    }

    public override SqlException? Termination => session.Termination;

    public override event Action? TerminationRequested
    {
        add => session.TerminationRequested += value;
        remove => session.TerminationRequested -= value;
    }

    public override void Cancel() => session.Cancel();

    public override void BeginRequest() => session.BeginRequest();

    public override void EndRequest() => session.EndRequest();

    public override IEnumerable<WirePortal> ExecuteScript(string sql)
    {
        foreach (var result in session.ExecuteScript(sql))
            yield return new EnginePortal(result.Portal);
    }

    public override WireStatement Prepare(string name, string sql, ReadOnlySpan<int> parameterOids) =>
        Remember(session.Prepare(name, sql, parameterOids));

    public override WireStatement GetPrepared(string name)
    {
        var prepared = session.GetPrepared(name);
        return _statements.TryGetValue(name, out var known) && ReferenceEquals(known.Prepared, prepared) ? known : Remember(prepared);
    }

    private EngineStatement Remember(PreparedStatement prepared) => _statements[prepared.Name] = new EngineStatement(prepared);

    public override void ClosePrepared(string name)
    {
        _statements.Remove(name);
        session.ClosePrepared(name);
    }

    public override WirePortal Bind(string portalName, WireStatement statement, ReadOnlyMemory<byte>?[] values, short[] formats)
    {
        var source = values.Length == 0 ? ParameterSource.Empty : ParameterSource.OfBytes(values, formats);
        return _portals[portalName] = new EnginePortal(session.Bind(portalName, ((EngineStatement)statement).Prepared, source));
    }

    public override WirePortal GetPortal(string name)
    {
        var portal = session.GetPortal(name);
        if (_portals.TryGetValue(name, out var known) && ReferenceEquals(known.Portal, portal))
            return known;
        return _portals[name] = new EnginePortal(portal);
    }

    public override void ClosePortal(string name)
    {
        _portals.Remove(name);
        session.ClosePortal(name);
    }

    public override void FailTransaction() => session.FailTransaction();

    public override void Sync()
    {
        session.Sync();
        if (session.TransactionStatus == TransactionStatus.Idle && _portals.Count > 0)
            _portals.Clear();
    }

    public override void Dispose() => session.Dispose();

    private sealed class EngineStatement(PreparedStatement prepared) : WireStatement
    {
        public PreparedStatement Prepared { get; } = prepared;

        public override ImmutableArray<SqlType> ParameterTypes => Prepared.ParameterTypes;

        public override ImmutableArray<OutputColumn>? Columns => Prepared.Columns;
    }

    private sealed class EnginePortal(Portal portal) : WirePortal
    {
        public Portal Portal { get; } = portal;

        public override string Name => Portal.Name;

        public override ImmutableArray<OutputColumn>? Columns => Portal.Columns;

        public override CopyOperation? Copy => Portal.Copy;

        public override bool IsEmptyQuery => Portal.IsEmptyQuery;

        public override string CommandTag => Portal.CommandTag;

        public override bool NextBatch(out Batch batch) => Portal.NextBatch(out batch);

        public override void Dispose() => Portal.Dispose();
    }
}
