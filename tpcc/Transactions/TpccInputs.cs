using OmenDb.Tpcc.Generation;
using OmenDb.Workload;

namespace OmenDb.Tpcc.Transactions;

/// <summary>One line of a new order. <see cref="Quantity"/> is 1 to 10.</summary>
public readonly record struct OrderedItem(int Item, int SupplyWarehouse, int Quantity);

/// <param name="Items">5 to 15. The last one has an unused number when <paramref name="MustRollBack"/>.</param>
public sealed record NewOrderInput(int Warehouse, int District, int Customer, IReadOnlyList<OrderedItem> Items, bool MustRollBack, DateTime Entry);

/// <param name="Customer">0: by <paramref name="LastName"/>.</param>
/// <param name="Amount">In cents.</param>
public sealed record PaymentInput(int Warehouse, int District, int CustomerWarehouse, int CustomerDistrict, int Customer, string LastName, long Amount, DateTime Date);

/// <param name="Customer">0: by <paramref name="LastName"/>.</param>
public sealed record OrderStatusInput(int Warehouse, int District, int Customer, string LastName);

public sealed record DeliveryInput(int Warehouse, int Carrier, DateTime Date);

public sealed record StockLevelInput(int Warehouse, int District, int Threshold);

/// <summary>Draws what a terminal's user would enter (clauses 2.4.1, 2.5.1, 2.6.1, 2.7.1, 2.8.1).</summary>
/// <param name="homeWarehouse">The terminal's.</param>
/// <param name="homeDistrict">The terminal's, for stock-level.</param>
public sealed class TpccInputs(TpccScale scale, NonUniform nonUniform, WorkloadRandom random, int homeWarehouse, int homeDistrict)
{
    public const int LeastItems = 5;
    public const int MostItems = 15;

    /// <summary>Percentages of the specification.</summary>
    private const int RolledBack = 1;
    private const int RemoteItem = 1;
    private const int RemotePayment = 15;
    private const int ByLastName = 60;

    public NewOrderInput NewOrder(DateTime now)
    {
        var district = District();
        var customer = nonUniform.Customer(random, scale.CustomersPerDistrict);
        var items = new OrderedItem[random.Next(LeastItems, MostItems)];
        var mustRollBack = random.Percent(RolledBack);
        for (var i = 0; i < items.Length; i++)
        {
            var item = mustRollBack && i == items.Length - 1 ? scale.Items + 1 : nonUniform.Item(random, scale.Items);
            var supply = random.Percent(RemoteItem) ? OtherWarehouse() : homeWarehouse;
            items[i] = new OrderedItem(item, supply, random.Next(1, 10));
        }
        return new NewOrderInput(homeWarehouse, district, customer, items, mustRollBack, now);
    }

    public PaymentInput Payment(DateTime now)
    {
        var district = District();
        var (customerWarehouse, customerDistrict) = (homeWarehouse, district);
        if (random.Percent(RemotePayment))
            (customerWarehouse, customerDistrict) = (OtherWarehouse(), District());
        var (customer, name) = Customer();
        return new PaymentInput(homeWarehouse, district, customerWarehouse, customerDistrict, customer, name, random.Next(1_00, 5_000_00), now);
    }

    public OrderStatusInput OrderStatus()
    {
        var district = District();
        var (customer, name) = Customer();
        return new OrderStatusInput(homeWarehouse, district, customer, name);
    }

    public DeliveryInput Delivery(DateTime now) => new(homeWarehouse, random.Next(1, 10), now);

    public StockLevelInput StockLevel() => new(homeWarehouse, homeDistrict, random.Next(10, 20));

    private int District() => random.Next(1, TpccScale.DistrictsPerWarehouse);

    private (int Customer, string Name) Customer() => random.Percent(ByLastName)
        ? (0, TpccText.LastName(nonUniform.LastName(random, scale.LastNames)))
        : (nonUniform.Customer(random, scale.CustomersPerDistrict), "");

    /// <summary>Any warehouse but the terminal's own; with a single one, that one.</summary>
    private int OtherWarehouse()
    {
        if (scale.Warehouses == 1)
            return homeWarehouse;
        var other = random.Next(1, scale.Warehouses - 1);
        return other >= homeWarehouse ? other + 1 : other;
    }
}
