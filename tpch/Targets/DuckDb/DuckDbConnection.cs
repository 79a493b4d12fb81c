using System.Data.Common;
using System.Runtime.InteropServices;
using System.Text;

namespace OmenDb.Tpch.Targets.DuckDb;

/// <summary>An error that DuckDB reports.</summary>
public sealed class DuckDbException(string message) : DbException(message);

/// <summary>One database in memory, with its connections' settings.</summary>
internal sealed unsafe class DuckDbDatabase : IDisposable
{
    private nint _handle;

    /// <param name="threads">Of all its connections together; 0: as many as there are processors.</param>
    public DuckDbDatabase(DuckDbLibrary library, int threads)
    {
        Library = library;
        nint config;
        library.CreateConfig(&config);
        try
        {
            if (threads > 0)
                Set(config, "threads", threads.ToString(System.Globalization.CultureInfo.InvariantCulture));
            nint handle;
            byte* error;
            if (library.Open(null, &handle, config, &error) != DuckDbLibrary.Success)
            {
                var message = DuckDbLibrary.Text(error) ?? "DuckDB cannot be opened";
                library.Free(error);
                throw new DuckDbException(message);
            }
            _handle = handle;
        }
        finally
        {
            library.DestroyConfig(&config);
        }
    }

    public DuckDbLibrary Library { get; }

    public DuckDbConnection Connect() => new(Library, _handle);

    public void Dispose()
    {
        var handle = _handle;
        Library.Close(&handle);
        _handle = 0;
    }

    private void Set(nint config, string name, string value)
    {
        fixed (byte* n = Encoding.UTF8.GetBytes(name + '\0'), v = Encoding.UTF8.GetBytes(value + '\0'))
        {
            if (Library.SetConfig(config, n, v) != DuckDbLibrary.Success)
                throw new DuckDbException($"DuckDB does not take {name} = {value}");
        }
    }
}

/// <summary>One connection; for one thread at a time.</summary>
internal sealed unsafe class DuckDbConnection : IDisposable
{
    private nint _handle;

    public DuckDbConnection(DuckDbLibrary library, nint database)
    {
        Library = library;
        nint handle;
        if (library.Connect(database, &handle) != DuckDbLibrary.Success)
            throw new DuckDbException("DuckDB gives no connection");
        _handle = handle;
    }

    public DuckDbLibrary Library { get; }

    public nint Handle => _handle;

    /// <summary>Runs a statement and takes all its rows, fields as PostgreSQL prints them, null for NULL.</summary>
    /// <exception cref="DuckDbException">The statement failed.</exception>
    public List<IReadOnlyList<string?>> Query(string sql)
    {
        DuckDbResult result;
        int state;
        fixed (byte* text = Encoding.UTF8.GetBytes(sql + '\0'))
            state = Library.Query(_handle, text, &result);
        try
        {
            if (state != DuckDbLibrary.Success)
                throw new DuckDbException(DuckDbLibrary.Text(Library.ResultError(&result)) ?? "the statement failed");
            return Rows(&result);
        }
        finally
        {
            Library.DestroyResult(&result);
        }
    }

    public void Dispose()
    {
        var handle = _handle;
        Library.Disconnect(&handle);
        _handle = 0;
    }

    private List<IReadOnlyList<string?>> Rows(DuckDbResult* result)
    {
        var columns = new DuckDbText[Library.ColumnCount(result)];
        for (var i = 0; i < columns.Length; i++)
        {
            var type = Library.ColumnType(result, (ulong)i);
            columns[i] = new DuckDbText(Library, type);
            Library.DestroyType(&type);
        }
        var rows = new List<IReadOnlyList<string?>>();
        while (Library.FetchChunk(*result) is var chunk and not 0)
        {
            var count = (int)Library.ChunkSize(chunk);
            var first = rows.Count;
            for (var row = 0; row < count; row++)
                rows.Add(new string?[columns.Length]);
            for (var i = 0; i < columns.Length; i++)
            {
                var vector = Library.ChunkVector(chunk, (ulong)i);
                var data = (byte*)Library.VectorData(vector);
                var validity = Library.VectorValidity(vector);
                for (var row = 0; row < count; row++)
                {
                    if (validity == null || (validity[row >> 6] >> (row & 63) & 1) != 0)
                        ((string?[])rows[first + row])[i] = columns[i].Format(data, row);
                }
            }
            Library.DestroyChunk(&chunk);
        }
        return rows;
    }
}
