using OmenDb.Types;

namespace OmenDb.Tools.Server.Commands;

/// <summary>What the process tells its caller. Scripts rely on the numbers: append only.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Anything without a number of its own; also wrong command lines.</summary>
    public const int Failure = 1;

    /// <summary>A statement of a shell script failed and the shell was told to stop there; as psql's.</summary>
    public const int ScriptError = 3;

    /// <summary>The data directory is held by another process.</summary>
    public const int DirectoryInUse = 4;

    /// <summary>The data directory was written by a newer version, or is something else than a database.</summary>
    public const int WrongDirectory = 5;

    /// <summary>Damaged data.</summary>
    public const int Corruption = 6;

    public static int Of(SqlException error) => error.SqlState switch
    {
        SqlState.ObjectInUse => DirectoryInUse,
        SqlState.FeatureNotSupported or SqlState.ObjectNotInPrerequisiteState => WrongDirectory,
        SqlState.DataCorrupted or SqlState.IndexCorrupted => Corruption,
        _ => Failure,
    };

    /// <summary>The error as lines on stderr.</summary>
    public static int Report(SqlException error)
    {
        Console.Error.WriteLine($"omendb: {error.Message}");
        if (error.Detail is { } detail)
            Console.Error.WriteLine($"  detail: {detail}");
        if (error.Hint is { } hint)
            Console.Error.WriteLine($"  hint: {hint}");
        return Of(error);
    }
}
