namespace OmenDb.Tools.Bench.Soak;

/// <summary>The tables of the soak, and what must be true of them at every moment.</summary>
internal static class SoakSchema
{
    public const int Accounts = 5_000;
    public const int StartBalance = 1_000;
    public const int Jobs = 2_000;

    /// <summary>Made anew by each soak.</summary>
    public const string Create = """
        DROP TABLE IF EXISTS soak_item, soak_order, soak_job, soak_transfer, soak_account CASCADE;
        CREATE TABLE soak_account (id int PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL, settled bigint NOT NULL DEFAULT 0, changed timestamptz NOT NULL DEFAULT now());
        CREATE TABLE soak_transfer (id bigserial PRIMARY KEY, source int NOT NULL REFERENCES soak_account, target int NOT NULL REFERENCES soak_account,
            amount bigint NOT NULL CHECK (amount > 0), at timestamptz NOT NULL DEFAULT now());
        CREATE INDEX soak_transfer_source ON soak_transfer (source, at);
        CREATE TABLE soak_order (id bigserial PRIMARY KEY, account int NOT NULL REFERENCES soak_account, note text, total numeric(12,2) NOT NULL DEFAULT 0);
        CREATE TABLE soak_item (order_id bigint NOT NULL REFERENCES soak_order ON DELETE CASCADE, line int NOT NULL, price numeric(12,2) NOT NULL, PRIMARY KEY (order_id, line));
        CREATE TABLE soak_job (id int PRIMARY KEY, state text NOT NULL, runs int NOT NULL DEFAULT 0);
        CREATE INDEX soak_job_state ON soak_job (state);
        """;

    public static readonly string Fill = $"""
        INSERT INTO soak_account (id, owner, balance) SELECT i, 'owner ' || i, {StartBalance} FROM generate_series(1, {Accounts}) i;
        INSERT INTO soak_job SELECT i, 'open' FROM generate_series(1, {Jobs}) i;
        """;

    /// <summary>Old transfers leave and count as settled: the tables reach a steady size.</summary>
    public const string Settle = """
        WITH gone AS (DELETE FROM soak_transfer WHERE id IN (SELECT id FROM soak_transfer WHERE id < (SELECT max(id) FROM soak_transfer) - 20000 ORDER BY id LIMIT 500)
                RETURNING source, target, amount),
             moved AS (SELECT id, sum(amount)::bigint AS amount FROM (SELECT target AS id, amount FROM gone UNION ALL SELECT source, -amount FROM gone) m GROUP BY id)
        UPDATE soak_account a SET settled = settled + moved.amount FROM moved WHERE moved.id = a.id
        """;

    /// <summary>Each must give the number beside it, in any snapshot.</summary>
    public static readonly (string Name, string Sql, long Expected)[] Invariants =
    [
        ("money is neither made nor lost", "SELECT sum(balance)::bigint FROM soak_account", (long)Accounts * StartBalance),
        ("no account lacks what its transfers moved", $"""
            SELECT count(*) FROM soak_account a LEFT JOIN (SELECT id, sum(amount) AS moved FROM (SELECT target AS id, amount FROM soak_transfer UNION ALL SELECT source, -amount FROM soak_transfer) m GROUP BY id) t
            ON t.id = a.id WHERE a.balance <> {StartBalance} + a.settled + coalesce(t.moved, 0)
            """, 0),
        ("orders are the sum of their items", "SELECT count(*) FROM soak_order o WHERE total <> (SELECT coalesce(sum(price), 0) FROM soak_item i WHERE i.order_id = o.id)", 0),
        ("no item without its order", "SELECT count(*) FROM soak_item i WHERE NOT EXISTS (SELECT 1 FROM soak_order o WHERE o.id = i.order_id)", 0),
        ("no job is left in work", "SELECT count(*) FROM soak_job WHERE state NOT IN ('open', 'done')", 0),
    ];
}
