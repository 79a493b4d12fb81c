using System.Net;
using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Frontend;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

/// <summary>One client connection from its first byte to its last: start-up, then messages until either side ends it.</summary>
/// <remarks>
/// <para>Run by one thread, which waits in Read between requests. After an error in the extended protocol everything up to the next
/// Sync is skipped; after an error in a simple Query the client is asked for the next one at once.</para>
/// <para>Parts: start-up, simple query, extended query, rows, COPY, each in a file of its own.</para>
/// </remarks>
internal sealed partial class Connection
{
    private readonly IWireSessionFactory _sessions;
    private readonly IConnectionStream _stream;
    private readonly MessageReader _reader;
    private readonly OutputBuffer _output;
    private readonly WireText _text = new();
    private readonly Bind _bind = new();
    private readonly ConnectionSettings _settings;

    private WireSession? _session;
    private readonly Dictionary<string, string> _changedParameters = new(StringComparer.Ordinal);
    private bool _skipToSync;
    private volatile bool _stopping;

    public Connection(IWireSessionFactory sessions, IConnectionStream stream, ConnectionSettings settings)
    {
        _sessions = sessions;
        _stream = stream;
        _settings = settings;
        _reader = new MessageReader(stream);
        _output = new OutputBuffer(stream);
    }

    private WireSession Session => _session ?? throw new InvalidOperationException("no session before the end of start-up");

    /// <summary>Serves the client until the connection ends, then closes it. Only programming errors leave this method as exceptions.</summary>
    public void Run()
    {
        try
        {
            if (Start())
                ServeMessages();
        }
        catch (SqlException e) when (e.Severity == "FATAL")
        {
            Leave(e);
        }
        catch (TimeoutException)
        {
            // Only start-up reads with a timeout: PostgreSQL closes without a word, too.
        }
        catch (IOException)
        {
            // The client has gone; nobody is left to be told.
        }
        finally
        {
            _session?.Dispose();
            _stream.Dispose();
        }
    }

    /// <summary>From any thread: the client gets 57P01 and the connection ends, at once when it waits, at the next check when it works.</summary>
    public void RequestStop()
    {
        _stopping = true;
        _session?.Cancel();
        _stream.EndReading();
    }

    private void ServeMessages()
    {
        while (_reader.TryRead(out var code, out var body))
        {
            if (_stopping || Session.Termination is not null)
                break;
            if (code == FrontendCode.Terminate)
                break;
            if (_skipToSync && code != FrontendCode.Sync)
                continue;
            Session.BeginRequest();
            try
            {
                Dispatch(code, body);
            }
            catch (SqlException e) when (e.Severity != "FATAL")
            {
                Fail(code, e);
            }
            catch (InsufficientExecutionStackException)
            {
                Fail(code, new SqlException(SqlState.StatementTooComplex, "stack depth limit exceeded"));
            }
            catch (OutOfMemoryException)
            {
                Fail(code, new SqlException(SqlState.OutOfMemory, "out of memory"));
            }
            catch (Exception e) when (e is not (SqlException or IOException))
            {
                // A defect of the engine must cost one statement, not the server: the client sees it, the log has the trace.
                _settings.Log?.Invoke($"internal error in backend {Session.BackendId}: {e}");
                Fail(code, SqlException.Internal($"{e.GetType().Name}: {e.Message}"));
            }
        }
        if (_stopping)
            throw AdminShutdown();
        if (Session.Termination is { } reason)
            throw reason;
        _output.Flush(); // answers that no Sync has sent off: the client may have closed its sending side only
    }

    private void Dispatch(byte code, ReadOnlyMemory<byte> body)
    {
        switch (code)
        {
            case FrontendCode.Query: OnQuery(Query.Parse(body.Span)); break;
            case FrontendCode.Parse: OnParse(ParseMessage.Parse(body.Span)); break;
            case FrontendCode.Bind: OnBind(body); break;
            case FrontendCode.Describe: OnDescribe(Describe.Parse(body.Span)); break;
            case FrontendCode.Execute: OnExecute(Execute.Parse(body.Span)); break;
            case FrontendCode.Close: OnClose(Close.Parse(body.Span)); break;
            case FrontendCode.Sync: OnSync(body.Span); break;
            case FrontendCode.Flush:
                EmptyMessage.Check(body.Span);
                _output.Flush();
                break;
            case FrontendCode.FunctionCall:
                throw SqlException.NotSupported("the function call message");
            case FrontendCode.CopyData or FrontendCode.CopyDone or FrontendCode.CopyFail:
                break; // what was still under way when a COPY failed
            default:
                throw SqlException.Protocol($"invalid frontend message type {code}");
        }
    }

    /// <summary>Reports an error and brings the conversation back into step.</summary>
    private void Fail(byte code, SqlException error)
    {
        _output.Discard();
        if (_stopping)
            throw AdminShutdown();
        ErrorResponse.Write(_output, error);
        Session.FailTransaction();
        if (FrontendCode.IsExtended(code))
        {
            _skipToSync = true;
            _output.FlushIfFull();
            return;
        }
        if (code == FrontendCode.Sync)
            _skipToSync = false;
        SendReady();
    }

    private void OnSync(ReadOnlySpan<byte> body)
    {
        _skipToSync = false;
        EmptyMessage.Check(body);
        Session.Sync();
        SendReady();
    }

    private void SendReady()
    {
        if (_changedParameters.Count > 0)
        {
            foreach (var (name, value) in _changedParameters)
                ParameterStatus.Write(_output, name, value);
            _changedParameters.Clear();
        }
        Session.EndRequest();
        ReadyForQuery.Write(_output, Session.TransactionStatus);
        _output.Flush();
    }

    /// <summary>The last words on a connection. A peer that does not listen any more is no reason to complain.</summary>
    private void Leave(SqlException error)
    {
        try
        {
            _output.Discard();
            ErrorResponse.Write(_output, error);
            _output.Flush();
        }
        catch (IOException)
        {
            // Gone already.
        }
    }

    private static SqlException AdminShutdown() =>
        new(SqlState.AdminShutdown, "terminating connection due to administrator command") { Severity = "FATAL" };
}

/// <summary>What all connections of a server share.</summary>
internal sealed record ConnectionSettings
{
    public IPEndPoint? Client { get; init; }

    /// <summary>A client that has not finished start-up by then is dropped; 0: never.</summary>
    public int StartupTimeoutMs { get; init; } = 60_000;

    /// <summary>Asked once the start-up packet is here; false: 53300.</summary>
    public Func<bool>? TryEnter { get; init; }

    public Action<string>? Log { get; init; }
}
