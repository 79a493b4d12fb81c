namespace OmenDb.Tpcc.Transactions;

/// <summary>The five transactions, and deliveries that a queue runs.</summary>
public enum TransactionKind
{
    NewOrder,
    Payment,
    OrderStatus,
    Delivery,
    StockLevel,
    /// <summary>With deferred deliveries: the work itself; <see cref="Delivery"/> is then what the terminal sees, the queueing.</summary>
    DeferredDelivery,
}

public static class TransactionKinds
{
    public static readonly IReadOnlyList<TransactionKind> All =
        [TransactionKind.NewOrder, TransactionKind.Payment, TransactionKind.OrderStatus, TransactionKind.Delivery, TransactionKind.StockLevel, TransactionKind.DeferredDelivery];

    public static string NameOf(TransactionKind kind) => kind switch
    {
        TransactionKind.NewOrder => "new-order",
        TransactionKind.Payment => "payment",
        TransactionKind.OrderStatus => "order-status",
        TransactionKind.Delivery => "delivery",
        TransactionKind.StockLevel => "stock-level",
        _ => "deferred delivery",
    };
}
