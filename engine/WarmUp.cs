namespace OmenDb.Engine;

/// <summary>Loads the code of the ordinary paths before the first client waits for it: one statement of every common kind, over a small
/// database in memory. A process meets each method once, and the runtime links, or compiles, it then: some 100 ms for a first join.</summary>
public static class WarmUp
{
    /// <summary>So many vectors that, with two rounds, kernels are called often enough to be compiled for this machine.</summary>
    private const string Tables = """
        CREATE TABLE item (id int PRIMARY KEY, kind int NOT NULL, price numeric(15,2) NOT NULL, tax numeric(15,2), name varchar(40), note text, flag char(1),
                           sold date, at timestamp, weight double precision, big bigint, ok boolean);
        CREATE TABLE kind (id int PRIMARY KEY, title text NOT NULL, parent bigint, since date);
        CREATE TABLE pair (a int, b int, amount numeric(15,2), PRIMARY KEY (a, b));
        CREATE INDEX item_kind ON item (kind);
        INSERT INTO kind SELECT i, 'title ' || i, i / 7, date '2000-01-01' + i FROM generate_series(0, 199) i;
        INSERT INTO item SELECT i, i % 200, i * 1.25, 0.05, 'name ' || i, 'some note number ' || i % 50, chr(65 + i % 3), date '1995-01-01' + i % 2000,
                                timestamp '2020-01-01' + i * interval '1 minute', i / 3.0, i::bigint * 1000000, i % 2 = 0 FROM generate_series(1, 40000) i;
        INSERT INTO pair SELECT i / 4, i % 4, i * 0.5 FROM generate_series(0, 4999) i;
        INSERT INTO kind VALUES (1000, 'x', NULL, NULL), (1001, 'y', 3, '2001-02-03');
        ANALYZE;
        """;

    private const string Queries = """
        SELECT flag, ok, sum(price), sum(price * (1 - tax)), sum(price * (1 - tax) * (1 + tax)), avg(price), avg(big), count(*), min(note), max(sold), sum(weight)
            FROM item WHERE sold <= date '2000-12-01' - interval '90 days' GROUP BY flag, ok ORDER BY flag, ok;
        SELECT k.title, sum(i.price * (1 - i.tax)) AS revenue, k.since FROM item i, kind k WHERE i.kind = k.id AND i.sold >= date '1996-01-01' AND i.sold < date '1996-01-01' + interval '1 year'
            AND k.title LIKE '%1%' GROUP BY k.title, k.since ORDER BY revenue DESC, k.since LIMIT 10;
        SELECT sum(price * tax) FROM item WHERE tax BETWEEN 0.04 AND 0.06 AND price < 24 AND flag IN ('A', 'B');
        SELECT i.id, i.name FROM item i JOIN pair p ON p.a = i.id JOIN kind k ON k.id = i.kind WHERE p.amount = (SELECT min(p2.amount) FROM pair p2 JOIN item i2 ON i2.id = p2.a
            WHERE p2.a = i.id AND i2.note LIKE '%7') ORDER BY i.price DESC, i.name LIMIT 20;
        SELECT extract(year FROM i.sold) AS y, sum(CASE WHEN k.title = 'title 3' THEN i.price ELSE 0 END) / sum(i.price) FROM item i, kind k, kind o
            WHERE i.kind = k.id AND k.parent = o.id GROUP BY y ORDER BY y;
        SELECT flag, count(*) FROM item i WHERE EXISTS (SELECT 1 FROM pair p WHERE p.a = i.id AND p.b < 3) AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.a = i.id AND p.amount > 2400) GROUP BY flag;
        SELECT c, count(*) FROM (SELECT k.id, count(i.id) FROM kind k LEFT JOIN item i ON k.id = i.kind AND i.note NOT LIKE '%4%5%' GROUP BY k.id) AS x (id, c) GROUP BY c ORDER BY 2 DESC, 1 DESC;
        WITH t AS (SELECT kind AS k, sum(price) AS total FROM item GROUP BY kind) SELECT k, total FROM t WHERE total = (SELECT max(total) FROM t);
        SELECT note, count(DISTINCT kind) AS n FROM item WHERE flag <> 'A' AND kind NOT IN (SELECT id FROM kind WHERE title LIKE '%9%') GROUP BY note HAVING count(*) > 1 ORDER BY n DESC, note;
        SELECT substring(name FROM 1 FOR 2), upper(note), coalesce(weight, 0), (price::float8 / 3)::numeric(10,2), at::date, row_number() OVER (PARTITION BY flag ORDER BY price) FROM item
            WHERE id > 39000 AND (ok OR weight > 3) ORDER BY at DESC, id;
        SELECT DISTINCT flag FROM item UNION ALL SELECT title FROM kind WHERE id < 3;
        SELECT * FROM item WHERE id = 17;
        SELECT * FROM item WHERE kind = 17 AND id BETWEEN 100 AND 2000;
        SELECT * FROM pair WHERE a = 17 AND b = 2;
        UPDATE item SET price = price + 1 WHERE id = 17;
        UPDATE item SET note = note || '.' WHERE kind = 3;
        DELETE FROM pair WHERE a = 17;
        INSERT INTO pair VALUES (17, 1, 2.5) ON CONFLICT (a, b) DO UPDATE SET amount = excluded.amount;
        BEGIN; SELECT price FROM item WHERE id = 18 FOR UPDATE; SAVEPOINT s; UPDATE item SET tax = 0 WHERE id = 18; ROLLBACK TO s; COMMIT;
        SELECT c.relname, n.nspname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') ORDER BY 1, 2;
        EXPLAIN SELECT k.title FROM item i JOIN kind k ON k.id = i.kind WHERE i.id = 5;
        """;

    /// <summary>Runs the statements twice. Some hundred milliseconds of one core and 5 MB for as long as it runs.</summary>
    public static void Run()
    {
        using var database = Database.OpenInMemory();
        using var session = database.CreateSession();
        foreach (var script in (string[])[Tables, Queries, Queries])
        {
            foreach (var result in session.ExecuteScript(script))
            {
                using (result)
                {
                    while (result.Portal.NextBatch(out _))
                    {
                    }
                }
            }
        }
        for (var id = 1; id <= 3; id++)
        {
            using var row = session.Execute("SELECT name, price FROM item WHERE id = $1", id);
            while (row.Portal.NextBatch(out _))
            {
            }
        }
    }
}
