using OmenDb.Storage.Catalog;

namespace OmenDb.Storage.Transactions;

/// <summary>Turns a transaction's changes into one frame of the log.</summary>
internal interface IRedoBuilder
{
    /// <summary>Outside every lock: the rows are the transaction's own until it ends.</summary>
    RedoFrame Build(Transaction transaction);
}

/// <summary>Bytes of a transaction for the log, from a pool.</summary>
internal abstract class RedoFrame : IDisposable
{
    public abstract ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Under the order of commits: fills in what is known only there.</summary>
    public abstract void SetTimestamp(ulong timestamp, CatalogChanges? catalog);

    public abstract void Dispose();
}

/// <summary>For databases without a log.</summary>
internal sealed class NoRedo : RedoFrame, IRedoBuilder
{
    public RedoFrame Build(Transaction transaction) => this;

    public override ReadOnlySpan<byte> Bytes => default;

    public override void SetTimestamp(ulong timestamp, CatalogChanges? catalog)
    {
    }

    public override void Dispose()
    {
    }
}
