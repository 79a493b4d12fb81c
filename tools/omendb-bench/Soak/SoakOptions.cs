namespace OmenDb.Tools.Bench.Soak;

/// <summary>Arguments of "soak".</summary>
/// <param name="ConnectionString">Of the server.</param>
/// <param name="Connections">Open all the time.</param>
/// <param name="Duration">Of the load, without making the tables and the checks at the end.</param>
/// <param name="MostPause">A connection rests up to this long between two transactions.</param>
/// <param name="ServerProcess">Whose memory is shown; null: not shown.</param>
internal sealed record SoakOptions(string ConnectionString, int Connections, TimeSpan Duration, TimeSpan MostPause, int? ServerProcess);
