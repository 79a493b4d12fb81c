using System.Runtime.InteropServices;

namespace OmenDb.Tpch.Targets.DuckDb;

/// <summary>The functions that we use of DuckDB's C interface (duckdb.h, 1.x), in a library that the user names.</summary>
/// <remarks>Handles are pointers to what the library keeps. Once loaded, the library stays.</remarks>
internal sealed unsafe class DuckDbLibrary
{
    public const int Success = 0;

    public readonly delegate* unmanaged<byte*> Version;
    public readonly delegate* unmanaged<nint*, int> CreateConfig;
    public readonly delegate* unmanaged<nint, byte*, byte*, int> SetConfig;
    public readonly delegate* unmanaged<nint*, void> DestroyConfig;
    public readonly delegate* unmanaged<byte*, nint*, nint, byte**, int> Open;
    public readonly delegate* unmanaged<nint*, void> Close;
    public readonly delegate* unmanaged<nint, nint*, int> Connect;
    public readonly delegate* unmanaged<nint*, void> Disconnect;
    public readonly delegate* unmanaged<void*, void> Free;

    public readonly delegate* unmanaged<nint, byte*, DuckDbResult*, int> Query;
    public readonly delegate* unmanaged<DuckDbResult*, byte*> ResultError;
    public readonly delegate* unmanaged<DuckDbResult*, void> DestroyResult;
    public readonly delegate* unmanaged<DuckDbResult*, ulong> ColumnCount;
    public readonly delegate* unmanaged<DuckDbResult*, ulong, nint> ColumnType;
    public readonly delegate* unmanaged<DuckDbResult, nint> FetchChunk;

    public readonly delegate* unmanaged<int, nint> CreateType;
    public readonly delegate* unmanaged<byte, byte, nint> CreateDecimalType;
    public readonly delegate* unmanaged<nint, int> TypeId;
    public readonly delegate* unmanaged<nint, byte> DecimalScale;
    public readonly delegate* unmanaged<nint, int> DecimalStorage;
    public readonly delegate* unmanaged<nint*, void> DestroyType;

    public readonly delegate* unmanaged<nint*, ulong, nint> CreateChunk;
    public readonly delegate* unmanaged<nint, void> ResetChunk;
    public readonly delegate* unmanaged<nint, ulong, void> SetChunkSize;
    public readonly delegate* unmanaged<nint, ulong> ChunkSize;
    public readonly delegate* unmanaged<nint, ulong, nint> ChunkVector;
    public readonly delegate* unmanaged<nint*, void> DestroyChunk;
    public readonly delegate* unmanaged<nint, void*> VectorData;
    public readonly delegate* unmanaged<nint, ulong*> VectorValidity;
    public readonly delegate* unmanaged<nint, ulong, byte*, ulong, void> AssignString;

    public readonly delegate* unmanaged<nint, byte*, byte*, nint*, int> CreateAppender;
    public readonly delegate* unmanaged<nint, nint, int> AppendChunk;
    public readonly delegate* unmanaged<nint, int> CloseAppender;
    public readonly delegate* unmanaged<nint, byte*> AppenderError;
    public readonly delegate* unmanaged<nint*, int> DestroyAppender;

    /// <exception cref="DllNotFoundException">No library there.</exception>
    /// <exception cref="EntryPointNotFoundException">Another library, or one too old.</exception>
    public DuckDbLibrary(string path)
    {
        var library = NativeLibrary.Load(path);
        void* F(string name) => (void*)NativeLibrary.GetExport(library, "duckdb_" + name);
        Version = (delegate* unmanaged<byte*>)F("library_version");
        CreateConfig = (delegate* unmanaged<nint*, int>)F("create_config");
        SetConfig = (delegate* unmanaged<nint, byte*, byte*, int>)F("set_config");
        DestroyConfig = (delegate* unmanaged<nint*, void>)F("destroy_config");
        Open = (delegate* unmanaged<byte*, nint*, nint, byte**, int>)F("open_ext");
        Close = (delegate* unmanaged<nint*, void>)F("close");
        Connect = (delegate* unmanaged<nint, nint*, int>)F("connect");
        Disconnect = (delegate* unmanaged<nint*, void>)F("disconnect");
        Free = (delegate* unmanaged<void*, void>)F("free");
        Query = (delegate* unmanaged<nint, byte*, DuckDbResult*, int>)F("query");
        ResultError = (delegate* unmanaged<DuckDbResult*, byte*>)F("result_error");
        DestroyResult = (delegate* unmanaged<DuckDbResult*, void>)F("destroy_result");
        ColumnCount = (delegate* unmanaged<DuckDbResult*, ulong>)F("column_count");
        ColumnType = (delegate* unmanaged<DuckDbResult*, ulong, nint>)F("column_logical_type");
        FetchChunk = (delegate* unmanaged<DuckDbResult, nint>)F("fetch_chunk");
        CreateType = (delegate* unmanaged<int, nint>)F("create_logical_type");
        CreateDecimalType = (delegate* unmanaged<byte, byte, nint>)F("create_decimal_type");
        TypeId = (delegate* unmanaged<nint, int>)F("get_type_id");
        DecimalScale = (delegate* unmanaged<nint, byte>)F("decimal_scale");
        DecimalStorage = (delegate* unmanaged<nint, int>)F("decimal_internal_type");
        DestroyType = (delegate* unmanaged<nint*, void>)F("destroy_logical_type");
        CreateChunk = (delegate* unmanaged<nint*, ulong, nint>)F("create_data_chunk");
        ResetChunk = (delegate* unmanaged<nint, void>)F("data_chunk_reset");
        SetChunkSize = (delegate* unmanaged<nint, ulong, void>)F("data_chunk_set_size");
        ChunkSize = (delegate* unmanaged<nint, ulong>)F("data_chunk_get_size");
        ChunkVector = (delegate* unmanaged<nint, ulong, nint>)F("data_chunk_get_vector");
        DestroyChunk = (delegate* unmanaged<nint*, void>)F("destroy_data_chunk");
        VectorData = (delegate* unmanaged<nint, void*>)F("vector_get_data");
        VectorValidity = (delegate* unmanaged<nint, ulong*>)F("vector_get_validity");
        AssignString = (delegate* unmanaged<nint, ulong, byte*, ulong, void>)F("vector_assign_string_element_len");
        CreateAppender = (delegate* unmanaged<nint, byte*, byte*, nint*, int>)F("appender_create");
        AppendChunk = (delegate* unmanaged<nint, nint, int>)F("append_data_chunk");
        CloseAppender = (delegate* unmanaged<nint, int>)F("appender_close");
        AppenderError = (delegate* unmanaged<nint, byte*>)F("appender_error");
        DestroyAppender = (delegate* unmanaged<nint*, int>)F("appender_destroy");
    }

    public static string? Text(byte* text) => Marshal.PtrToStringUTF8((nint)text);
}

/// <summary>duckdb_result; passed by value to fetch_chunk.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResult
{
    private ulong _columnCount, _rowCount, _rowsChanged;
    private nint _columns, _errorMessage, _internalData;
}

/// <summary>Members of DUCKDB_TYPE that our tables and answers have.</summary>
internal static class DuckDbType
{
    public const int Boolean = 1, SmallInt = 3, Integer = 4, BigInt = 5, Double = 11, Date = 13, HugeInt = 16, Varchar = 17, Decimal = 19;
}
