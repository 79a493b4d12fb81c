using OmenDb.Workload;
using OmenDb.Workload.Bulk;

namespace OmenDb.Tpcc.Generation;

/// <summary>The initial population of clause 4.3.3. Every unit (items, or one table of one warehouse or district) has random streams of its own:
/// the data depend on scale and seed only, whoever generates them in whatever order.</summary>
public sealed class TpccGenerator(TpccScale scale, long seed)
{
    /// <summary>Stands for "the current time" of the specification, so that loads are equal.</summary>
    public static readonly DateTime LoadTime = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private readonly NonUniform _nonUniform = NonUniform.ForLoad(seed);

    private enum Stream
    {
        Item = 1, Warehouse, Stock, District, Customer, History, Order, Supplier,
    }

    public TpccScale Scale => scale;

    public long Seed => seed;

    public void Items(TableWriter writer, int first, int count)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, 0);
        for (var item = first; item < first + count; item++)
        {
            random.Restart(seed, StreamOf(Stream.Item, 0, 0, item));
            writer.Int(item);
            writer.Int(random.Next(1, 10_000));
            writer.Text(text.Letters(random, 14, 24));
            writer.Numeric(random.Next(100, 10_000));
            writer.Text(text.Data(random));
            writer.EndRow();
        }
    }

    public void Warehouse(TableWriter writer, int warehouse)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, StreamOf(Stream.Warehouse, warehouse));
        writer.Int(warehouse);
        writer.Text(text.Letters(random, 6, 10));
        Address(writer, text, random);
        writer.Numeric(random.Next(0, 2000));
        writer.Numeric(TpccScale.DistrictsPerWarehouse * DistrictYtd);
        writer.EndRow();
    }

    public void Stock(TableWriter writer, int warehouse, int first, int count)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, 0);
        for (var item = first; item < first + count; item++)
        {
            random.Restart(seed, StreamOf(Stream.Stock, warehouse, 0, item));
            writer.Int(item);
            writer.Int(warehouse);
            writer.Int(random.Next(10, 100));
            for (var district = 0; district < TpccScale.DistrictsPerWarehouse; district++)
                writer.Text(text.Letters(random, 24, 24));
            writer.Int(0);
            writer.Int(0);
            writer.Int(0);
            writer.Text(text.Data(random));
            writer.EndRow();
        }
    }

    public void District(TableWriter writer, int warehouse, int district)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, StreamOf(Stream.District, warehouse, district));
        writer.Int(district);
        writer.Int(warehouse);
        writer.Text(text.Letters(random, 6, 10));
        Address(writer, text, random);
        writer.Numeric(random.Next(0, 2000));
        writer.Numeric(DistrictYtd);
        writer.Int(scale.CustomersPerDistrict + 1);
        writer.EndRow();
    }

    public void Customers(TableWriter writer, int warehouse, int district)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, StreamOf(Stream.Customer, warehouse, district));
        for (var customer = 1; customer <= scale.CustomersPerDistrict; customer++)
        {
            writer.Int(customer);
            writer.Int(district);
            writer.Int(warehouse);
            writer.Text(text.Letters(random, 8, 16));
            writer.Text(text.Ascii("OE"));
            writer.Text(text.Ascii(TpccText.LastName(customer <= scale.LastNames ? customer - 1 : _nonUniform.LastName(random, scale.LastNames))));
            Address(writer, text, random);
            writer.Text(text.Digits(random, 16));
            writer.Timestamp(LoadTime);
            writer.Text(text.Ascii(random.Percent(10) ? "BC" : "GC"));
            writer.Numeric(50_000_00);
            writer.Numeric(random.Next(0, 5000));
            writer.Numeric(-10_00);
            writer.Numeric(10_00);
            writer.Int(1);
            writer.Int(0);
            writer.Text(text.Letters(random, 300, 500));
            writer.EndRow();
        }
    }

    public void History(TableWriter writer, int warehouse, int district)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, StreamOf(Stream.History, warehouse, district));
        for (var customer = 1; customer <= scale.CustomersPerDistrict; customer++)
        {
            writer.Int(customer);
            writer.Int(district);
            writer.Int(warehouse);
            writer.Int(district);
            writer.Int(warehouse);
            writer.Timestamp(LoadTime);
            writer.Numeric(10_00);
            writer.Text(text.Letters(random, 12, 24));
            writer.EndRow();
        }
    }

    /// <summary>A district's orders with their lines, and which of them are new.</summary>
    public void Orders(TableWriter orders, TableWriter lines, TableWriter newOrders, int warehouse, int district)
    {
        var text = new TpccText();
        var random = new WorkloadRandom(seed, StreamOf(Stream.Order, warehouse, district));
        var customers = random.Permutation(scale.CustomersPerDistrict);
        var firstNew = scale.CustomersPerDistrict - scale.UndeliveredPerDistrict + 1;
        for (var order = 1; order <= scale.CustomersPerDistrict; order++)
        {
            var isNew = order >= firstNew;
            var lineCount = random.Next(5, 15);
            var carrier = random.Next(1, 10);
            orders.Int(order);
            orders.Int(district);
            orders.Int(warehouse);
            orders.Int(customers[order - 1]);
            orders.Timestamp(LoadTime);
            if (isNew)
                orders.Null();
            else
                orders.Int(carrier);
            orders.Int(lineCount);
            orders.Int(1);
            orders.EndRow();
            for (var line = 1; line <= lineCount; line++)
            {
                lines.Int(order);
                lines.Int(district);
                lines.Int(warehouse);
                lines.Int(line);
                lines.Int(random.Next(1, scale.Items));
                lines.Int(warehouse);
                if (isNew)
                    lines.Null();
                else
                    lines.Timestamp(LoadTime);
                lines.Int(5);
                lines.Numeric(isNew ? random.Next(1, 999_999) : 0);
                lines.Text(text.Letters(random, 24, 24));
                lines.EndRow();
            }
            if (!isNew)
                continue;
            newOrders.Int(order);
            newOrders.Int(district);
            newOrders.Int(warehouse);
            newOrders.EndRow();
        }
    }

    /// <summary>CH-benCHmark: five regions as in TPC-H.</summary>
    public static void Regions(TableWriter writer)
    {
        var text = new TpccText();
        for (var region = 0; region < ChNames.Regions.Length; region++)
        {
            writer.Int(region);
            writer.Text(text.Ascii(ChNames.Regions[region]));
            writer.Text(text.Ascii(""));
            writer.EndRow();
        }
    }

    /// <summary>CH-benCHmark: 62 nations, whose keys are the codes of the letters and digits with which a customer's state may begin.</summary>
    public static void Nations(TableWriter writer)
    {
        var text = new TpccText();
        for (var i = 0; i < ChNames.Nations.Count; i++)
        {
            var (key, name, region) = ChNames.Nations[i];
            writer.Int(key);
            writer.Text(text.Ascii(name));
            writer.Int(region);
            writer.Text(text.Ascii(""));
            writer.EndRow();
        }
    }

    public void Suppliers(TableWriter writer)
    {
        var text = new TpccText();
        for (var supplier = 0; supplier < scale.Suppliers; supplier++)
        {
            var random = new WorkloadRandom(seed, StreamOf(Stream.Supplier, 0, 0, supplier));
            writer.Int(supplier);
            writer.Text(text.Ascii($"Supplier#{supplier:000000000}"));
            writer.Text(text.Letters(random, 10, 40));
            writer.Int(ChNames.Nations[random.Next(0, ChNames.Nations.Count - 1)].Key);
            writer.Text(text.Digits(random, 15));
            writer.Numeric(random.Next(-999_99, 9_999_99));
            // TPC-H's rule: five suppliers in 10,000 have complaints, five have praise.
            var comment = text.Letters(random, 40, 80);
            writer.Text(supplier % 2000 == 7 ? text.Ascii("about Customer and Complaints") : supplier % 2000 == 11 ? text.Ascii("about Customer and Recommends") : comment);
            writer.EndRow();
        }
    }

    private long DistrictYtd => scale.CustomersPerDistrict * 10_00L;

    private static long StreamOf(Stream stream, int warehouse, int district = 0, int unit = 0) =>
        (long)stream << 56 | (long)warehouse << 36 | (long)district << 32 | (uint)unit;

    private static void Address(TableWriter writer, TpccText text, WorkloadRandom random)
    {
        for (var i = 0; i < 3; i++)
            writer.Text(text.Letters(random, 10, 20));
        writer.Text(text.Letters(random, 2, 2));
        writer.Text(text.Zip(random));
    }
}
