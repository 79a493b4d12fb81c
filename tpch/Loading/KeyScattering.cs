using System.Globalization;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Schema;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Loading;

/// <summary>Takes from loaded tables what the benchmark's data give away for nothing: rows come into random order and keys become sparse, so that
/// neither clustering nor dense key domains help. References still hold, and answers are the same but for the keys in them.</summary>
/// <remarks>Key k of a table whose keys end at M becomes (k * A mod P) * S + 1, with P the first prime above M and A without a common factor
/// with it: a permutation of 0 .. P - 1, spread out by the factor S. Both sides of a reference are mapped alike.</remarks>
public sealed class KeyScattering(TpchTarget target, TpchScale scale)
{
    private const long Multiplier = 1_299_709;

    /// <summary>The most that keys are spread out; less where an integer column would overflow.</summary>
    private const long MaxSpread = 97;

    /// <summary>Rewrites all tables, one statement each.</summary>
    /// <param name="step">The table that begins.</param>
    public void Run(Action<string>? step = null, CancellationToken cancellationToken = default)
    {
        foreach (var table in TpchSchema.Tables)
        {
            cancellationToken.ThrowIfCancellationRequested();
            step?.Invoke($"{table.Name} scattered");
            target.Execute($"ALTER TABLE {table.Name} RENAME TO {table.Name}_ordered");
            target.Execute(table.CreateTable(target.WantsPrimaryKeys));
            var columns = table.Columns.Select(column => DomainOf(table, column.Name) is { } domain ? Scattered(column, domain) : column.Name);
            target.Execute($"INSERT INTO {table.Name} SELECT {string.Join(", ", columns)} FROM {table.Name}_ordered ORDER BY random()");
            target.Execute($"DROP TABLE {table.Name}_ordered");
        }
    }

    /// <summary>The table whose primary key the column holds; null for all others.</summary>
    private static TpchTable? DomainOf(TpchTableDefinition table, string column)
    {
        foreach (var key in table.ForeignKeys)
        {
            for (var i = 0; i < key.Columns.Count; i++)
            {
                if (key.Columns[i] == column)
                    return DomainOf(TpchSchema.Of(key.To), key.ToColumns[i]);
            }
        }
        return table.PrimaryKey.Count == 1 && table.PrimaryKey[0] == column ? table.Table : null;
    }

    private string Scattered(TpchColumnDefinition column, TpchTable domain)
    {
        var prime = FirstPrimeAbove(MaxKey(domain));
        var spread = column.Kind == TpchColumnKind.BigInt ? MaxSpread : Math.Clamp((int.MaxValue - 1) / prime, 1, MaxSpread);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"CAST((CAST({column.Name} AS bigint) * {Multiplier % prime} % {prime}) * {spread} + 1 AS {column.SqlType})");
    }

    private long MaxKey(TpchTable domain) => domain switch
    {
        TpchTable.Supplier => scale.Suppliers,
        TpchTable.Customer => scale.Customers,
        TpchTable.Part => scale.Parts,
        TpchTable.Orders => scale.Orders * 4, // 8 of every 32 keys are used
        _ => 25,
    };

    private static long FirstPrimeAbove(long number)
    {
        for (var candidate = number + 1; ; candidate++)
        {
            var isPrime = candidate > 1 && Multiplier % candidate != 0;
            for (var divisor = 2L; isPrime && divisor * divisor <= candidate; divisor++)
                isPrime = candidate % divisor != 0;
            if (isPrime)
                return candidate;
        }
    }
}
