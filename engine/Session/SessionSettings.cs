namespace OmenDb.Engine;

/// <summary>The settings of a session.</summary>
public sealed class SessionSettings
{
    /// <summary>A reported parameter has a new value: ParameterStatus.</summary>
    public event Action<string, string>? ParameterChanged;

    /// <summary>What is told to a client after authentication, and again by <see cref="ParameterChanged"/> when it changes.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ReportedParameters { get; } = [];

    /// <summary>As SHOW prints it; null: no such setting.</summary>
    public string? Get(string name) => null;

    internal void Report(string name, string value) => ParameterChanged?.Invoke(name, value);
}
