using OmenDb.Types;

namespace OmenDb.Engine;

public enum CopyDirection : byte
{
    None,
    /// <summary>COPY FROM STDIN: the client sends data.</summary>
    In,
    /// <summary>COPY TO STDOUT: the client reads data.</summary>
    Out,
}

/// <summary>The data stream of a COPY with the client. Belongs to its portal.</summary>
public abstract class CopyOperation
{
    public abstract CopyDirection Direction { get; }

    /// <summary>True: COPY ... BINARY, format code 1 in CopyInResponse and CopyOutResponse.</summary>
    public abstract bool IsBinary { get; }

    public abstract int ColumnCount { get; }

    /// <summary>In: the next bytes, cut anywhere.</summary>
    /// <exception cref="SqlException">What is wrong with the data; the operation is over.</exception>
    public virtual void Write(ReadOnlySpan<byte> data) => throw SqlException.Internal("this COPY takes no data");

    /// <summary>In: CopyDone. The rows are in when this returns; the portal then has its command tag.</summary>
    public virtual void Complete() => throw SqlException.Internal("this COPY takes no data");

    /// <summary>In: CopyFail.</summary>
    /// <exception cref="SqlException">Always: 57014, COPY from stdin failed.</exception>
    public virtual void Fail(string reason) => throw SqlException.Internal("this COPY takes no data");

    /// <summary>Out: the next row (a line or a binary tuple; the header before it), valid until the next call.</summary>
    /// <returns>False at the end; the portal then has its command tag.</returns>
    public virtual bool Read(out ReadOnlyMemory<byte> data) => throw SqlException.Internal("this COPY gives no data");
}
