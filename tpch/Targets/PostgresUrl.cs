using Npgsql;

namespace OmenDb.Tpch.Targets;

/// <summary>postgres://user:password@host:port/database?keyword=value as connection string.</summary>
public static class PostgresUrl
{
    public const string Usage = "postgres://[user[:password]@]host[:port][/database][?keyword=value]";

    private const int DefaultPort = 5432;

    public static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal);

    /// <summary>As libpq reads it: the user is the one of the operating system by default, the database is called like the user.</summary>
    /// <param name="error">A sentence when the result is null.</param>
    /// <returns>What Npgsql takes; null when the text is no such URL.</returns>
    public static string? TryParse(string text, out string error)
    {
        error = $"\"{text}\" is not of the form {Usage}";
        if (!IsUrl(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            return null;
        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : DefaultPort,
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : Environment.UserName,
        };
        if (user.Length > 1)
            builder.Password = Uri.UnescapeDataString(user[1]);
        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        builder.Database = database.Length > 0 ? database : builder.Username;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            try
            {
                builder[Uri.UnescapeDataString(parts[0])] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
            {
                error = $"\"{pair}\" in the target: {exception.Message}";
                return null;
            }
        }
        return builder.ConnectionString;
    }
}
