namespace OmenDb.Tools.Server.Shell;

/// <summary>Lines typed before, kept in a file of the user's home directory.</summary>
internal sealed class LineHistory
{
    private const int MaxLines = 2000;

    private readonly string _path = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".omendb_history");
    private readonly List<string> _lines = [];

    public LineHistory()
    {
        try
        {
            if (File.Exists(_path))
                _lines.AddRange(File.ReadLines(_path).TakeLast(MaxLines));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"could not read the history: {e.Message}");
        }
    }

    public int Count => _lines.Count;

    public string this[int index] => _lines[index];

    public void Add(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_lines.Count == 0 || _lines[^1] != line))
            _lines.Add(line);
    }

    public void Save()
    {
        try
        {
            File.WriteAllLines(_path, _lines.TakeLast(MaxLines));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"could not save the history: {e.Message}");
        }
    }
}
