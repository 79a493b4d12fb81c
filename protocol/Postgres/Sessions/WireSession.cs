using OmenDb.Engine;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Sessions;

/// <summary>What a connection needs of a session: the seam at which tests replace the engine.</summary>
/// <remarks>Used by the connection's thread, except <see cref="Cancel"/>. Errors are <see cref="SqlException"/>; semantics as of <see cref="Session"/>.</remarks>
internal abstract class WireSession : IDisposable
{
    public abstract int BackendId { get; }

    public abstract int Secret { get; }

    public abstract TransactionStatus TransactionStatus { get; }

    public abstract IReadOnlyList<KeyValuePair<string, string>> ReportedParameters { get; }

    /// <summary>Date style, time zone and the like, as they are now.</summary>
    public abstract IoContext IoContext { get; }

    public abstract event Action<Notice>? NoticeRaised;

    public abstract event Action<string, string>? ParameterChanged;

    /// <summary>Why the session is over; null: it goes on.</summary>
    public virtual SqlException? Termination => null;

    /// <summary>From any thread: <see cref="Termination"/> is set from now on.</summary>
    public virtual event Action? TerminationRequested
    {
        add { }
        remove { }
    }

    public abstract void Cancel();

    /// <summary>A request is being served: cancelling means something from now on.</summary>
    public abstract void BeginRequest();

    public abstract void EndRequest();

    public abstract IEnumerable<WirePortal> ExecuteScript(string sql);

    public abstract WireStatement Prepare(string name, string sql, ReadOnlySpan<int> parameterOids);

    public abstract WireStatement GetPrepared(string name);

    public abstract void ClosePrepared(string name);

    /// <param name="values">Read before the call returns.</param>
    public abstract WirePortal Bind(string portalName, WireStatement statement, ReadOnlyMemory<byte>?[] values, short[] formats);

    public abstract WirePortal GetPortal(string name);

    public abstract void ClosePortal(string name);

    /// <summary>A failure outside the session: an open transaction is failed from now on.</summary>
    public abstract void FailTransaction();

    public abstract void Sync();

    public abstract void Dispose();
}

/// <summary>Where sessions come from.</summary>
internal interface IWireSessionFactory
{
    /// <exception cref="SqlException">FATAL: 3D000, 28000, 53300, 57P03 or a setting's own error.</exception>
    WireSession Connect(SessionOptions options);

    /// <summary>A wrong secret is ignored.</summary>
    void Cancel(int backendId, int secret);
}
