using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>One data directory: a cluster with its databases and roles. Thread-safe.</summary>
public sealed class Database : IDisposable
{
    private Database()
    {
    }

    /// <summary>Opens the directory and recovers it; the first start creates role and database "omendb" and database "postgres".</summary>
    /// <exception cref="SqlException">The directory is locked by another process, or damaged.</exception>
    public static Database Open(string directory, DatabaseOptions? options = null)
    {
        throw SqlException.NotSupported("opening a database");
    }

    /// <exception cref="SqlException">3D000 unknown database, 28000 unknown role, 53300 too many sessions.</exception>
    public Session CreateSession(SessionOptions? options = null) => throw SqlException.NotSupported("a session");

    /// <summary>SCRAM-SHA-256 verifier of a role in PostgreSQL's format; null: no such role, no password, or no login.</summary>
    public string? PasswordVerifier(string role) => null;

    /// <summary>CancelRequest: ends what that session is doing, with 57014.</summary>
    /// <returns>False when no session has that id and secret.</returns>
    public bool Cancel(int backendId, int secret) => false;

    public void Checkpoint()
    {
    }

    /// <summary>Ends all sessions, writes a checkpoint and releases the directory.</summary>
    public void Dispose()
    {
    }
}
