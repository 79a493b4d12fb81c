namespace OmenDb.Tpch;

/// <summary>The eight tables, in an order in which every foreign key points to an earlier one.</summary>
public enum TpchTable
{
    Region,
    Nation,
    Supplier,
    Customer,
    Part,
    PartSupp,
    Orders,
    LineItem,
}
