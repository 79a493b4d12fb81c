using OmenDb.Engine.Catalog;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>Facts about the server and its sessions, and functions of the catalogs that fit nowhere else.</summary>
internal static class ServerFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        SqlType oid = SqlType.Oid, text = SqlType.Text, int4 = SqlType.Int4;
        foreach (var (name, type) in new[]
        {
            ("to_regclass", SqlType.Regclass), ("to_regtype", SqlType.Regtype), ("to_regproc", SqlType.Regproc), ("to_regprocedure", SqlType.Regproc),
            ("to_regnamespace", SqlType.Regnamespace), ("to_regrole", CatalogCall.Regrole),
        })
        {
            var id = type.Id;
            yield return CatalogCall.Define<long?>(name, [text], type, (context, a) => TryResolve(CatalogCall.Scan(context).Names, id, a.Get<string>(0)));
        }
        yield return CatalogCall.Define("pg_encoding_to_char", [int4], SqlType.Name, static (_, a) => EncodingName(a.Get<int>(0)));
        yield return CatalogCall.Define("pg_char_to_encoding", [SqlType.Name], int4, static (_, a) => EncodingNumber(a.Get<string>(0)));
        yield return CatalogCall.Always("getdatabaseencoding", [], SqlType.Name, "UTF8");
        yield return CatalogCall.Always("pg_client_encoding", [], SqlType.Name, "UTF8");
        yield return CatalogCall.Always("pg_is_in_recovery", [], SqlType.Bool, false);
        yield return CatalogCall.Always("pg_is_in_backup", [], SqlType.Bool, false);
        yield return CatalogCall.Always("pg_jit_available", [], SqlType.Bool, false);
        yield return CatalogCall.Always("pg_tablespace_location", [oid], text, "");
        yield return CatalogCall.Define("pg_postmaster_start_time", [], SqlType.TimestampTz, static (context, _) => SystemValues.Micros(CatalogCall.Session(context.Session).Database.StartTime));
        yield return CatalogCall.Define("pg_conf_load_time", [], SqlType.TimestampTz, static (context, _) => SystemValues.Micros(CatalogCall.Session(context.Session).Database.StartTime));
        yield return CatalogCall.Always("pg_relation_is_publishable", [SqlType.Regclass], SqlType.Bool, false);
        yield return CatalogCall.Define("pg_relation_is_updatable", [SqlType.Regclass, SqlType.Bool], int4, static (context, a) => IsTable(context, a.Get<long>(0)) ? 28 : 0);
        yield return CatalogCall.Define("pg_column_is_updatable", [SqlType.Regclass, SqlType.Int2, SqlType.Bool], SqlType.Bool, static (context, a) => IsTable(context, a.Get<long>(0)));
        yield return CatalogCall.Define<bool?>("pg_indexam_has_property", [oid, text], SqlType.Bool, static (_, a) => a.Get<long>(0) != 403 ? null : Method(a.Get<string>(1)));
        yield return CatalogCall.Define<bool?>("pg_index_has_property", [SqlType.Regclass, text], SqlType.Bool,
            static (_, a) => a.Get<string>(1) switch { "clusterable" or "index_scan" or "backward_scan" => true, "bitmap_scan" => false, _ => null });
        yield return CatalogCall.Define<bool?>("pg_index_column_has_property", [SqlType.Regclass, int4, text], SqlType.Bool, static (context, a) => IndexColumn(context, a));
        foreach (var name in new[] { "numscans", "tuples_returned", "tuples_fetched", "tuples_inserted", "tuples_updated", "tuples_deleted", "tuples_hot_updated", "dead_tuples",
            "mod_since_analyze", "blocks_fetched", "blocks_hit" })
            yield return CatalogCall.Always("pg_stat_get_" + name, [oid], SqlType.Int8, 0L);
        yield return CatalogCall.Define("pg_stat_get_live_tuples", [oid], SqlType.Int8, static (context, a) =>
        {
            var scan = CatalogCall.Scan(context);
            return scan.Catalog.Find<Storage.Catalog.TableEntry>((int)a.Get<long>(0)) is { } table ? scan.RowCount(table) : 0;
        });
        yield return CatalogCall.Always<string?>("pg_collation_actual_version", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_database_collation_actual_version", [oid], text, null);
        yield return CatalogCall.Rows("pg_partition_ancestors", [SqlType.Regclass], SqlType.Regclass, [("relid", SqlType.Regclass)], static (_, arguments) => []);
        yield return CatalogCall.Rows("pg_get_keywords", [], SqlType.Record,
            [("word", text), ("catcode", SqlType.InternalChar), ("barelabel", SqlType.Bool), ("catdesc", text), ("baredesc", text)], static (_, _) => Keywords());
        yield return CatalogCall.Rows("pg_listening_channels", [], text, [], static (_, _) => []);
        yield return CatalogCall.Rows("pg_options_to_table", [SqlType.ArrayOf(text)], SqlType.Record, [("option_name", text), ("option_value", text)], static (_, arguments) => Options((object?[])arguments[0]!));
        yield return CatalogCall.Rows("pg_show_all_settings", [], SqlType.Record,
            [
                ("name", text), ("setting", text), ("unit", text), ("category", text), ("short_desc", text), ("extra_desc", text), ("context", text), ("vartype", text), ("source", text),
                ("min_val", text), ("max_val", text), ("enumvals", SqlType.ArrayOf(text)), ("boot_val", text), ("reset_val", text), ("sourcefile", text), ("sourceline", int4),
                ("pending_restart", SqlType.Bool),
            ],
            static (context, _) => SettingViews.Settings(CatalogCall.Session(context.Session)));
        yield return new ExpandArray { Name = "_pg_expandarray", Kind = FunctionKind.Table, Arguments = [SqlType.AnyArray], Result = SqlType.Record };
    }

    private static IEnumerable<object?[]> Keywords() => SqlParser.Keywords.Select(k => new object?[]
    {
        k.Word, k.Class.ToString(), k.IsBareLabel,
        k.Class switch { 'U' => "unreserved", 'C' => "unreserved (cannot be function or type name)", 'T' => "reserved (can be function or type name)", _ => "reserved" },
        k.IsBareLabel ? "can be bare label" : "requires AS",
    });

    private static long? TryResolve(SessionCatalog names, TypeId type, string text)
    {
        try
        {
            return ObjectNames.TryResolve(names, type, text);
        }
        catch (SqlException error) when (error.SqlState is SqlState.UndefinedObject or SqlState.InvalidSchemaName or SqlState.UndefinedTable)
        {
            return null; // a part of the name is unknown: that is the function's answer
        }
    }

    private static bool IsTable(FunctionContext context, long oid) => CatalogCall.Scan(context).Catalog.Find((int)oid) is Storage.Catalog.TableEntry;

    private static bool? Method(string property) => property switch
    {
        "can_order" or "can_unique" or "can_multi_col" or "can_include" => true,
        "can_exclude" => false,
        _ => null,
    };

    private static bool? IndexColumn(FunctionContext context, RowArguments a)
    {
        var number = a.Get<int>(1);
        if (CatalogCall.Scan(context).Catalog.Find<Storage.Catalog.IndexEntry>((int)a.Get<long>(0)) is not { } index || number < 1 || number > index.Keys.Length)
            return null;
        var key = index.Keys[number - 1];
        return a.Get<string>(2) switch
        {
            "asc" => !key.Descending,
            "desc" => key.Descending,
            "nulls_first" => key.NullsFirst,
            "nulls_last" => !key.NullsFirst,
            "orderable" or "returnable" or "search_array" or "search_nulls" => true,
            "distance_orderable" => false,
            _ => null,
        };
    }

    private static IEnumerable<object?[]> Options(object?[] options)
    {
        foreach (var option in options.OfType<string>())
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? [option, null] : [option[..equals], option[(equals + 1)..]];
        }
    }

    private static string EncodingName(int number) => number switch { 0 => "SQL_ASCII", 6 => "UTF8", 8 => "LATIN1", _ => "" };

    private static int EncodingNumber(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant() switch
    {
        "UTF8" or "UNICODE" => 6,
        "SQLASCII" => 0,
        "LATIN1" or "ISO88591" => 8,
        _ => -1,
    };

    /// <summary>information_schema._pg_expandarray: elements with their numbers.</summary>
    private sealed class ExpandArray : TableFunctionImpl
    {
        public override System.Collections.Immutable.ImmutableArray<(string Name, SqlType Type)> ResultColumns(ReadOnlySpan<SqlType> arguments) =>
            [("x", arguments.Length > 0 && arguments[0].Id is TypeId.Array or TypeId.Int2Vector or TypeId.OidVector ? ValueBox.ElementType(arguments[0]) : SqlType.AnyElement), ("n", SqlType.Int4)];

        public override TableFunctionCall Open(Execution.ExecutionContext context, RowArguments arguments, SqlType[] resultTypes) =>
            new Call(arguments.IsNull(0) ? [] : (object?[])arguments.Boxed(0)!, resultTypes[0]);

        private sealed class Call(object?[] items, SqlType element) : TableFunctionCall
        {
            private int _next;

            public override int Next(Rows.ColumnBuilder[] columns, int capacity)
            {
                var count = Math.Min(capacity, items.Length - _next);
                for (var i = 0; i < count; i++)
                {
                    ValueBox.AppendBoxed(columns[0], items[_next], element);
                    columns[1].Append(++_next);
                }
                return count;
            }
        }
    }
}
