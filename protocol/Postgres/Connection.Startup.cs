using OmenDb.Engine;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Frontend;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

internal sealed partial class Connection
{
    /// <summary>Encryption requests, cancel request or start-up packet, up to the first ReadyForQuery.</summary>
    /// <returns>False: nothing more to do on this connection.</returns>
    private bool Start()
    {
        _stream.SetReadTimeout(_settings.StartupTimeoutMs);
        StartupMessage startup;
        try
        {
            if (!ReadStartup(out var message))
                return false;
            startup = message;
        }
        catch (SqlException e) when (e.Severity != "FATAL")
        {
            throw AsFatal(e);
        }
        if (_settings.TryEnter is { } tryEnter && !tryEnter())
            throw new SqlException(SqlState.TooManyConnections, "sorry, too many clients already") { Severity = "FATAL" };
        if (startup.MinorVersion > 0 || startup.UnknownOptions.Count > 0)
            NegotiateProtocolVersion.Write(_output, 0, startup.UnknownOptions);

        try
        {
            _session = _sessions.Connect(new SessionOptions
            {
                User = startup.User, Database = startup.Database, Parameters = startup.Settings, ClientAddress = _settings.Client,
            });
        }
        catch (SqlException e) when (e.Severity != "FATAL")
        {
            throw AsFatal(e);
        }
        Authentication.WriteOk(_output);
        foreach (var (name, value) in _session.ReportedParameters)
            ParameterStatus.Write(_output, name, value);
        BackendKeyData.Write(_output, _session.BackendId, _session.Secret);
        _session.NoticeRaised += notice => NoticeResponse.Write(_output, notice);
        _session.ParameterChanged += (name, value) => _changedParameters[name] = value;
        _session.TerminationRequested += _stream.EndReading;
        _stream.SetReadTimeout(0);
        // A stop that came before the session was there has cancelled nothing.
        if (_stopping)
            throw AdminShutdown();
        SendReady();
        return true;
    }

    private bool ReadStartup(out StartupMessage startup)
    {
        startup = null!;
        while (_reader.TryReadStartup(StartupMessage.MaxBytes, out var body))
        {
            switch (StartupMessage.RequestCode(body.Span))
            {
                case SslRequest.TlsCode or SslRequest.GssCode:
                    // Bytes sent ahead of the answer would be read as if they had come through the encryption (CVE-2021-23214).
                    if (_reader.HasBuffered)
                        throw SqlException.Protocol("received unencrypted data after SSL request");
                    _output.WriteByte(SslRequest.Refused);
                    _output.Flush();
                    continue;
                case CancelRequest.Code:
                    var request = CancelRequest.Parse(body.Span);
                    _sessions.Cancel(request.BackendId, request.Secret);
                    return false;
                default:
                    startup = StartupMessage.Parse(body.Span);
                    return true;
            }
        }
        return false;
    }

    private static SqlException AsFatal(SqlException e) => new(e.SqlState, e.Message, e)
    {
        Severity = "FATAL", Detail = e.Detail, Hint = e.Hint,
    };
}
