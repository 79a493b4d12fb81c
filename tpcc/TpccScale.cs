namespace OmenDb.Tpcc;

/// <summary>Sizes of the tables (TPC-C 5.11, clause 4.3.3). Only the number of warehouses is free; the others are smaller in tests.</summary>
public sealed record TpccScale
{
    public const int DistrictsPerWarehouse = 10;

    public TpccScale(int warehouses)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(warehouses, 1);
        Warehouses = warehouses;
    }

    public int Warehouses { get; }

    public int Items { get; internal init; } = 100_000;

    /// <summary>And as many orders. A multiple of 10, at least 20.</summary>
    public int CustomersPerDistrict { get; internal init; } = 3_000;

    /// <summary>Suppliers of CH-benCHmark.</summary>
    public int Suppliers { get; internal init; } = 10_000;

    /// <summary>The newest 30% of the initial orders have not been delivered.</summary>
    public int UndeliveredPerDistrict => CustomersPerDistrict * 3 / 10;

    /// <summary>Distinct last names in use: the first third of the customers of a district has one each.</summary>
    public int LastNames => Math.Max(1, CustomersPerDistrict / 3);

    /// <summary>For tests: a few megabytes.</summary>
    internal static TpccScale Small(int warehouses, int items = 200, int customers = 30) =>
        new(warehouses) { Items = items, CustomersPerDistrict = customers, Suppliers = 100 };
}
