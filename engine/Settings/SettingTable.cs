using System.Collections.Frozen;
using System.Collections.Immutable;
using OmenDb.Types;

namespace OmenDb.Engine.Settings;

/// <summary>All settings. A new one is one line here; what it does is read where it is needed.</summary>
public static class SettingTable
{
    public const string ServerVersion = "15.0 (OmenDb 0.1.0)";
    public const int ServerVersionNumber = 150000;

    private const string Formatting = "Client Connection Defaults / Locale and Formatting";
    private const string Preset = "Preset Options";
    private const string Methods = "Query Tuning / Planner Method Configuration";
    private const string Compatibility = "Version and Platform Compatibility / Previous PostgreSQL Versions";
    private const string Logging = "Reporting and Logging / What to Log";
    private const string Own = "OmenDb";
    private const string NoEffect = "Accepted for the sake of clients; has no effect.";

    private static readonly ImmutableArray<string> _levels =
        ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];

    private static readonly ImmutableArray<string> _isolations = ["serializable", "repeatable read", "read committed", "read uncommitted"];

    /// <summary>Sorted by name, upper and lower case alike, as SHOW ALL lists them.</summary>
    public static readonly ImmutableArray<SettingDefinition> All = [.. Define().OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];

    private static readonly FrozenDictionary<string, SettingDefinition> _byName =
        All.ToFrozenDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Case does not matter.</summary>
    public static SettingDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    private static SettingDefinition Bool(string name, bool value, string description) => new(name, SettingKind.Bool, value ? "on" : "off", description);

    private static SettingDefinition Int(string name, long value, long min, long max, string description, string? unit = null) =>
        new(name, SettingKind.Integer, value.ToString(System.Globalization.CultureInfo.InvariantCulture), description) { Min = min, Max = max, Unit = unit };

    private static SettingDefinition Real(string name, string value, double min, double max, string description, string? unit = null) =>
        new(name, SettingKind.Real, value, description) { Min = min, Max = max, Unit = unit };

    private static SettingDefinition Text(string name, string value, string description) => new(name, SettingKind.String, value, description);

    private static SettingDefinition Enum(string name, string value, string description, params ImmutableArray<string> values) =>
        new(name, SettingKind.Enum, value, description) { Values = values };

    private static SettingDefinition Fact(string name, SettingKind kind, string value, string description) =>
        new(name, kind, value, description) { Context = SettingContext.Internal, Category = Preset };

    private static IEnumerable<SettingDefinition> Define()
    {
        // The session and its client.
        yield return Text("application_name", "", "Name of the client program, for pg_stat_activity.") with { IsReported = true, Category = Logging, Check = Printable };
        yield return Text("client_encoding", "UTF8", "Encoding of the client's texts.") with { IsReported = true, Category = Formatting, Check = SettingChecks.Encoding };
        yield return Enum("client_min_messages", "notice", "Least severe message that is sent to the client.", _levels);
        yield return Text("search_path", "\"$user\", public", "Schemas in which names without schema are looked up.") with { AffectsPlans = true, IsList = true };
        yield return Text("role", "none", "Current role.") with { IsHidden = true };
        yield return Fact("session_authorization", SettingKind.String, "", "User of the session.") with { IsReported = true, IsHidden = true };
        yield return Fact("is_superuser", SettingKind.Bool, "on", "Whether the current user is a superuser.") with { IsReported = true, IsHidden = true };
        yield return Int("statement_timeout", 0, 0, int.MaxValue, "Longest time of a statement; 0 is no limit.", "ms");
        yield return Int("lock_timeout", 0, 0, int.MaxValue, "Longest wait for a lock; 0 is no limit.", "ms");
        yield return Int("idle_in_transaction_session_timeout", 0, 0, int.MaxValue, "Longest idle time inside a transaction; 0 is no limit.", "ms");
        yield return Int("transaction_timeout", 0, 0, int.MaxValue, "Longest time of a transaction; 0 is no limit.", "ms");
        yield return Int("idle_session_timeout", 0, 0, int.MaxValue, "Longest idle time outside of transactions; 0 is no limit.", "ms");

        // Forms of values.
        yield return Text("DateStyle", "ISO, MDY", "Form of dates and times.") with { IsReported = true, Category = Formatting, Check = SettingChecks.DateStyle, IsList = true };
        yield return Enum("IntervalStyle", "postgres", "Form of intervals.", "postgres", "postgres_verbose", "sql_standard", "iso_8601") with { IsReported = true, Category = Formatting };
        yield return Text("TimeZone", "UTC", "Time zone of the session.") with { IsReported = true, Category = Formatting, Check = SettingChecks.TimeZone };
        yield return Int("extra_float_digits", 1, -15, 3, "Above 0: floats are printed with the digits that read back exactly.") with { Category = Formatting };
        yield return Enum("bytea_output", "hex", "Form of bytea values.", "escape", "hex");
        yield return Enum("xmlbinary", "base64", NoEffect, "base64", "hex");
        yield return Enum("xmloption", "content", NoEffect, "content", "document");
        yield return Text("lc_messages", "C", "Language of messages; always English.") with { Category = Formatting };
        yield return Text("lc_monetary", "C", "Form of money amounts.") with { Category = Formatting };
        yield return Text("lc_numeric", "C", "Form of numbers in to_char.") with { Category = Formatting };
        yield return Text("lc_time", "C", "Names of days and months in to_char.") with { Category = Formatting };
        yield return Text("timezone_abbreviations", "Default", NoEffect) with { Category = Formatting };
        yield return Text("default_text_search_config", "pg_catalog.simple", NoEffect) with { Category = Formatting };

        // Transactions.
        yield return Enum("default_transaction_isolation", "read committed", "Isolation level of new transactions.", _isolations);
        yield return Bool("default_transaction_read_only", false, "New transactions are read-only.") with { IsReported = true };
        yield return Bool("default_transaction_deferrable", false, NoEffect);
        yield return Enum("transaction_isolation", "read committed", "Isolation level of the current transaction.", _isolations);
        yield return Bool("transaction_read_only", false, "Whether the current transaction is read-only.");
        yield return Bool("transaction_deferrable", false, NoEffect);
        yield return Enum("synchronous_commit", "on", "Off: a commit is answered before it is on disk.", "local", "remote_write", "remote_apply", "on", "off") with
        {
            Category = "Write-Ahead Log / Settings", HiddenValues = SettingChecks.BoolWords,
        };
        yield return Int("deadlock_timeout", 1000, 1, int.MaxValue, NoEffect + " Deadlocks are seen at once.", "ms") with { Context = SettingContext.Superuser, Category = "Lock Management" };

        // SQL.
        yield return Fact("standard_conforming_strings", SettingKind.Bool, "on", "Backslashes in plain strings stand for themselves.") with
        {
            IsReported = true, Context = SettingContext.User, Category = Compatibility, Check = SettingChecks.AlwaysOn,
        };
        yield return Bool("escape_string_warning", true, NoEffect) with { Category = Compatibility };
        yield return Enum("backslash_quote", "safe_encoding", NoEffect, "safe_encoding", "on", "off") with { Category = Compatibility };
        yield return Bool("array_nulls", true, NoEffect) with { Category = Compatibility };
        yield return Bool("quote_all_identifiers", false, NoEffect) with { Category = Compatibility };
        yield return Bool("transform_null_equals", false, NoEffect) with { Category = Compatibility };
        yield return Bool("synchronize_seqscans", true, NoEffect) with { Category = Compatibility };
        yield return Bool("check_function_bodies", true, NoEffect);
        yield return Bool("row_security", true, NoEffect);
        yield return Enum("session_replication_role", "origin", NoEffect, "origin", "replica", "local") with { Context = SettingContext.Superuser };
        yield return Text("default_table_access_method", "heap", NoEffect);
        yield return Text("default_tablespace", "", NoEffect);
        yield return Text("temp_tablespaces", "", NoEffect);
        yield return Enum("default_toast_compression", "pglz", NoEffect, "pglz", "lz4");
        yield return Enum("password_encryption", "scram-sha-256", "How new passwords are kept.", "scram-sha-256") with { Category = "Connections and Authentication / Authentication" };
        yield return Int("default_statistics_target", 100, 1, 10000, "Most common values and histogram bounds per column that ANALYZE keeps.") with { Category = "Query Tuning / Other Planner Options" };
        yield return Int("gin_fuzzy_search_limit", 0, 0, int.MaxValue, NoEffect);
        yield return Real("vacuum_cost_delay", "0", 0, 100, NoEffect, "ms") with { Category = "Resource Usage / Cost-Based Vacuum Delay" };
        yield return Int("vacuum_freeze_min_age", 50000000, 0, 1000000000, NoEffect);
        yield return Int("vacuum_freeze_table_age", 150000000, 0, 2000000000, NoEffect);

        // Planning and resources.
        foreach (var method in (string[])["seqscan", "indexscan", "indexonlyscan", "bitmapscan", "hashjoin", "mergejoin", "nestloop", "hashagg", "sort", "material", "memoize", "tidscan", "gathermerge",
            "incremental_sort", "parallel_append", "parallel_hash", "partition_pruning", "partitionwise_join", "partitionwise_aggregate", "async_append"])
            yield return Bool("enable_" + method, method is not ("partitionwise_join" or "partitionwise_aggregate"), NoEffect) with { Category = Methods };
        yield return Bool("jit", true, NoEffect) with { Category = "Query Tuning / Other Planner Options" };
        yield return Bool("geqo", true, NoEffect) with { Category = "Query Tuning / Genetic Query Optimizer" };
        yield return Int("from_collapse_limit", 8, 1, int.MaxValue, NoEffect) with { Category = "Query Tuning / Other Planner Options" };
        yield return Int("join_collapse_limit", 8, 1, int.MaxValue, NoEffect) with { Category = "Query Tuning / Other Planner Options" };
        yield return Real("random_page_cost", "4", 0, double.MaxValue, NoEffect) with { Category = "Query Tuning / Planner Cost Constants" };
        yield return Real("seq_page_cost", "1", 0, double.MaxValue, NoEffect) with { Category = "Query Tuning / Planner Cost Constants" };
        yield return Real("cursor_tuple_fraction", "0.1", 0, 1, NoEffect) with { Category = "Query Tuning / Other Planner Options" };
        yield return Enum("constraint_exclusion", "partition", NoEffect, "partition", "on", "off") with { Category = "Query Tuning / Other Planner Options" };
        yield return Enum("plan_cache_mode", "auto", NoEffect, "auto", "force_generic_plan", "force_custom_plan") with { Category = "Query Tuning / Other Planner Options" };
        yield return Int("effective_cache_size", 524288, 1, int.MaxValue, NoEffect, "8kB") with { Category = "Query Tuning / Planner Cost Constants" };
        yield return Int("work_mem", 4096, 64, int.MaxValue, NoEffect, "kB") with { Category = "Resource Usage / Memory" };
        yield return Int("maintenance_work_mem", 65536, 1024, int.MaxValue, NoEffect, "kB") with { Category = "Resource Usage / Memory" };
        yield return Int("max_parallel_workers", 8, 0, 1024, NoEffect) with { Category = "Resource Usage / Asynchronous Behavior" };
        yield return Int("max_parallel_workers_per_gather", 2, 0, 1024, NoEffect) with { Category = "Resource Usage / Asynchronous Behavior" };

        // Logging: accepted, there is nothing to switch.
        yield return Enum("log_min_messages", "warning", NoEffect, [.. _levels, "fatal", "panic"]) with { Context = SettingContext.Superuser, Category = Logging };
        yield return Enum("log_statement", "none", NoEffect, "none", "ddl", "mod", "all") with { Context = SettingContext.Superuser, Category = Logging };
        yield return Int("log_min_duration_statement", -1, -1, int.MaxValue, NoEffect, "ms") with { Context = SettingContext.Superuser, Category = Logging };
        yield return Bool("track_activities", true, NoEffect) with { Context = SettingContext.Superuser };
        yield return Bool("track_io_timing", false, NoEffect) with { Context = SettingContext.Superuser };

        // Facts.
        yield return Fact("server_version", SettingKind.String, ServerVersion, "PostgreSQL's version that clients are to take this server for.") with { IsReported = true };
        yield return Fact("server_version_num", SettingKind.Integer, "150000", "The same as a number.");
        yield return Fact("server_encoding", SettingKind.String, "UTF8", "Encoding of stored texts.") with { IsReported = true };
        yield return Fact("integer_datetimes", SettingKind.Bool, "on", "Dates and times are integers.") with { IsReported = true };
        yield return Fact("in_hot_standby", SettingKind.Bool, "off", "Whether this server is a standby.") with { IsReported = true };
        yield return Fact("lc_collate", SettingKind.String, "C", "Order of texts.");
        yield return Fact("lc_ctype", SettingKind.String, "C", "Classes of characters.");
        yield return Fact("max_identifier_length", SettingKind.Integer, "63", "Bytes of a name.");
        yield return Fact("max_index_keys", SettingKind.Integer, "32", "Columns of an index.");
        yield return Fact("max_function_args", SettingKind.Integer, "100", "Arguments of a function.");
        yield return Fact("block_size", SettingKind.Integer, "8192", "Bytes of a page, in sizes that are counted in pages.");
        yield return Fact("data_checksums", SettingKind.Bool, "on", "Stored data carries checksums.");
        yield return Fact("max_connections", SettingKind.Integer, "100", "Sessions at a time.") with { Context = SettingContext.Postmaster, Category = "Connections and Authentication / Connection Settings" };
        yield return Fact("max_prepared_transactions", SettingKind.Integer, "0", "Prepared transactions at a time.") with { Context = SettingContext.Postmaster };
        yield return Fact("port", SettingKind.Integer, "5432", "Port of the server.") with { Context = SettingContext.Postmaster, Category = "Connections and Authentication / Connection Settings" };
        yield return Fact("listen_addresses", SettingKind.String, "localhost", "Addresses of the server.") with { Context = SettingContext.Postmaster, Category = "Connections and Authentication / Connection Settings" };
        yield return Fact("data_directory", SettingKind.String, "", "Where the data lie.") with { Context = SettingContext.Postmaster, Category = "File Locations" };
        yield return Fact("wal_level", SettingKind.Enum, "replica", NoEffect) with { Context = SettingContext.Postmaster };
        yield return Fact("fsync", SettingKind.Bool, "on", "Commits wait for the disk.") with { Context = SettingContext.Sighup };
        yield return Fact("autovacuum", SettingKind.Bool, "on", NoEffect) with { Context = SettingContext.Sighup };
        yield return Fact("ssl", SettingKind.Bool, "off", "Whether connections may be encrypted.") with { Context = SettingContext.Sighup };
        yield return Fact("shared_buffers", SettingKind.Integer, "16384", NoEffect) with { Context = SettingContext.Postmaster, Unit = "8kB" };
        yield return Fact("shared_preload_libraries", SettingKind.String, "", NoEffect) with { Context = SettingContext.Postmaster };

        // Our own: forced modes for tests, and limits.
        yield return Text("omendb.disable_rule", "", "Optimiser rules that are off, separated by commas; all: every switchable one.") with { Category = Own, AffectsPlans = true, IsList = true };
        yield return Int("omendb.vector_size", 2048, 4, 2048, "Rows per batch.") with { Category = Own };
        yield return Bool("omendb.force_spill", false, "Operators that can spill do so after every batch.") with { Category = Own };
        yield return Bool("omendb.constant_hash", false, "All hashes are equal: every collision path runs.") with { Category = Own };
        yield return Int("omendb.memory_limit_mb", 0, 0, 1 << 20, "Memory of one query; 0 is no limit of its own.", "MB") with { Category = Own };
        yield return Int("omendb.max_parallelism", 0, 0, 1024, "Threads of one query; 0 is all.") with { Category = Own };
    }

    private static string Printable(string value) =>
        string.Create(value.Length, value, static (target, text) =>
        {
            for (var i = 0; i < text.Length; i++)
                target[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
        });
}
