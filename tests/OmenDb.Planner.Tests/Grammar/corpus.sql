select
select 1
select a, b as c, d e from s.t as x (y, z) where a = 1 and b <> 2 or not c order by 1 desc nulls last, 2 asc limit 10 offset 5
select distinct on (a, b) a, b, * from t
select all a from t
select t.*, (t).*, (t).a, (s.t).b.c, a[1], a[1:2], a[:2], a[1:], a[:], (f(x)).y from t
select -1, - 2.5, +3, 1e10, .5, 5., 1.5e-3, 99999999999, 99999999999999999999, -9223372036854775808
select 'a''b', E'a\n\'b\x41\u0041', U&'d\0061t\+000061', U&'d!0061t' uescape '!', B'0101', X'1F', N'abc', $$x$$, $tag$a $$ b$tag$
select 'a'
  'b'
select /* a /* nested */ b */ 1 -- end
select date '2020-01-01', timestamp '2020-01-01 00:00', timestamp(3) with time zone '2020-01-01', time without time zone '10:00', interval '1' day, interval '1-2' year to month, interval(3) '1', interval '1' second(2), numeric(5,2) '1.2', int '1', float(3) '1', double precision '1', char 'x', varchar(3) 'abc', bit varying(3) '101', bool 't', pg_catalog.int4 '3', jsonb '{}'
select x::int, x::regclass, x::varchar(10)[], x::int[3][], cast(x as numeric(10,2)), x::timestamp(3) with time zone, x::interval hour to minute, x::pg_catalog.int8, x::double precision, x::character varying, x::"char", x::int array, x::int array[3]
select a operator(pg_catalog.~) '^(t)$' collate pg_catalog.default, a collate "C" from t
select a = any(b), a <> all(select 1), a = some(array[1,2]), a like any(array['x']), a not ilike all (b), a = any((select 1)), a operator(pg_catalog.=) any (b)
select array[1,2], array[[1,2],[3,4]], array[]::int[], array(select 1 union all select 2), array((select 1))
select row(), row(1), row(1,2), (1,2), (1,2) = (3,4), (a,b) in (select 1,2), (a,b) overlaps (c,d), row(1,2) overlaps row(3,4)
select 1 in (1), 1 in (1,2), 1 not in (select 1), 1 in ((select 1)), 1 in ((select 1), 2), 1 in (((1))), a in ((1,2),(3,4))
select (select 1), ((select 1)), (select 1) + 1, ((select 1) + 1), (((select 1)) union select 2), ((select 1) union (select 2)), (select array[1])[1], ((select 1) limit 1), (select 1 order by 1)
select a between 1 and 2 and b, a not between symmetric 1 and 2, a between asymmetric 1 and 2, a between 1 + 1 and 2 * 2 or c
select a like 'x' escape '!', a not ilike 'y', a similar to 'z' escape 'e', a not similar to 'b', a || b like c || d
select a is null, a is not null, a isnull, a notnull, a is true, a is not false, a is unknown, a is distinct from b, a is not distinct from b and c, a is document, a is nfc normalized, a is not normalized, a is null is null, a is null = b
select not a = b, not not a, a = not b, - - a, -a::int, -a ^ 2, 2 ^ -1, @ -5, |/ 25, a !~~ b, a <-> b, ~ 1 & 2 | 3 # 4 << 1
select a at time zone 'UTC', a + b at time zone 'x' at time zone 'y', (a at time zone 'UTC')::date
select case when a then b end, case a when 1 then 2 when 3 then 4 else 5 end, case when a then case b when c then d end end
select coalesce(a, b), nullif(a, b), greatest(1,2), least(1,2), exists (select 1), exists ((select 1)), not exists (values (1))
select extract(year from x), extract('epoch' from x), extract(foo from x), overlay('a' placing 'b' from 1), overlay('a' placing 'b' from 1 for 2), overlay(a,b,c), position('a' in 'b'), substring(a from 1 for 2), substring(a for 2), substring(a from 2), substring(a for 2 from 1), substring(a similar b escape c), substring(a, 1, 2), substring(a from 'x'), trim(a), trim(both 'x' from a), trim(leading from a), trim(trailing 'x' from a), trim('x' from a), trim(a, b), normalize(a), normalize(a, nfkd), collation for (a), treat(a as int)
select current_date, current_time, current_time(3), current_timestamp, current_timestamp(0), localtime, localtimestamp(2), current_role, current_user, user, session_user, current_catalog, current_schema, current_schema()
select f(), f(1, 2), f(a => 1, b := 2), f(variadic array[1]), f(1, variadic b), count(*), count(distinct a), count(all a), s.f(1), pg_catalog.count(*), string_agg(a, ',' order by a desc, b), left('a', 1), right('a', 1), sum(a) filter (where b > 1), percentile_cont(0.5) within group (order by a) filter (where b), grouping(a, b), f(a)::int[]
select sum(a) over (), sum(a) over w, rank() over (partition by a, b order by c desc nulls first rows between unbounded preceding and current row), sum(a) over (w order by b range between 1 preceding and 2 following exclude ties), sum(a) over (groups 2 preceding exclude current row), sum(a) over (order by b rows between current row and unbounded following exclude group), sum(a) filter (where b) over (order by c rows unbounded preceding exclude no others) from t window w as (partition by a), v as (w order by b)
select * from a, b, lateral (select 1) x, lateral f(a.x) y, generate_series(1, 10) as g(i), f() with ordinality as z(a, n), rows from (f(1), g(2) as (a int, b text)) with ordinality r, f() as (a int, b text collate "C"), f() as q(a int), current_date d, unnest(a.b) u
select * from a join b on a.x = b.x left join c using (y) right outer join d using (z, w) as j full join e on true cross join f natural join g natural left join h inner join i on (1=1)
select * from a join b join c on b.x = c.x on a.x = b.x
select * from (a join b on true) x, (a cross join b), ((a join b on true) join c on true), ((select 1) x join y on true), (((select 1))) z, ((select 1) union select 2) q, (values (1, 2), (3, 4)) as v(a, b), (table t) tt
select * from only t, only (t) x, t * as y, t tablesample system (10) repeatable (5), t x tablesample bernoulli (1.5)
select * from t where a group by a, (b), (a, b), (), rollup (a, b), cube (a, (b, c)), grouping sets ((a, b), a, (), rollup (c), grouping sets ((d), ())) having count(*) > 1
select a from t group by distinct rollup (a), cube (b)
select a from t group by all a
select 1 union select 2 union all select 3 intersect select 4 except all select 5 order by 1 limit 1
(select 1) union (select 2 order by 1 limit 1) intersect all (values (1))
select 1 union distinct select 2
values (1, 'a'), (2, default), (3, null)
table s.t
table only t
with a as (select 1), b(x, y) as materialized (select 1, 2), c as not materialized (values (1)) select * from a, b, c
with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n) from t
with recursive t(n) as (select 1) search depth first by n set o cycle n set is_cycle to true default false using path select * from t
with recursive t(n) as (select 1) search breadth first by n, m set o cycle n set is_cycle using path select * from t
with x as (insert into t values (1) returning *), y as (update t set a = 1 returning a), z as (delete from t returning *) select * from x
with x as (select 1) (select 2)
(with x as (select 1) select * from x) order by 1
select * from t for update
select * from t for no key update of t, u nowait
select * from t for share skip locked for key share of a
select * from t limit 5 for update
select * from t for update limit 5
select * from t limit all offset 1 rows
select * from t offset 1 limit 2
select * from t offset 1 row fetch first 3 rows only
select * from t order by a fetch next row with ties
select * from t fetch first (1 + 2) rows only
select * from t order by a using <, b using operator(pg_catalog.>) nulls first
select a into x from t
select a into temp table x from t
select 1 as select, 2 as "Mixed Case", 3 as from, 4 name, 5 value, 6 day_x, 7 type, 8 "a""b"
select "Mixed"."Case" from "S"."T"
select name, value, type, date, time, timestamp, year, month, position, row, "values", between_ from t
select int, char, character, interval, coalesce, nullif from t
select $1, $2::int, $1[1], ($1).a
select 1;
select * from t where current_date > d and localtime < x
select a->>'b', a#>'{x}', a ? 'b', a @> b, a -> 0 ->> 'x' = 'y' from t
select t.a.b.c.d from t
select xmin, ctid, tableoid::regclass from t
select interval, x from interval
select (a).b[1].c, (a[1]).b, a.b[1].c from t
insert into t values (1, 2), (3, default)
insert into s.t as x (a, b.c, d[1]) select 1, 2, 3
insert into t default values
insert into t (a) overriding system value values (1)
insert into t overriding user value select 1
insert into t (select 1)
insert into t ((select 1) union select 2)
insert into t (a, b) (values (1, 2)) on conflict do nothing
insert into t values (1) on conflict (a, lower(b), (c || d) collate "C" text_pattern_ops) where a > 1 do update set a = excluded.a, (b, c) = (1, 2), (d, e) = row (1, 2), (f, g) = (select 1, 2) where t.a > 2 returning *, a as x
insert into t values (1) on conflict on constraint pk do update set a = default
with x as (select 1) insert into t select * from x returning a
update t set a = 1, b = default, c[1] = 2, d.e = 3, (f, g) = (1, default), (h) = row(1) from u, v where t.a = u.a returning t.*
update only t as x set a = 1
update t x set a = 1 where current of cur
delete from t
delete from only t as x using u join v on true where x.a = u.a returning *
delete from t where current of c
merge into t as x using s on x.a = s.a when matched and s.b > 1 then update set b = s.b when matched then delete when not matched and true then insert (a, b) values (s.a, default) when not matched then do nothing
merge into t using (select 1) s on true when not matched then insert default values
truncate t
truncate table only a, b * restart identity cascade
truncate a continue identity restrict
create table t (a int, b text)
create table t ()
create temp table if not exists s.t (a int primary key, b varchar(10) not null default 'x' collate "C", c numeric(10,2) check (c > 0) null, d serial unique, e int references u (x) match full on delete cascade on update set null deferrable initially deferred, f int generated always as identity (start with 10 increment by 2 minvalue 1 maxvalue 100 cache 5 cycle), g int generated by default as identity, h int generated always as (a * 2) stored, constraint pk primary key (a, b) include (c) with (fillfactor = 70) using index tablespace x, unique nulls not distinct (b), unique (c) deferrable, foreign key (a, b) references v on delete set default (a) not deferrable, constraint ck check (a > b) no inherit, exclude using gist (a with =, (b || c) with &&) where (a > 1), like u including all excluding indexes)
create table t (a int constraint nn not null constraint df default 1 + 2, b timestamptz default now(), c text default 'x'::text, d int default -1 unique with (fillfactor = 10), e bit(3), f interval year to month, g int[] default '{}', h date default current_date not null)
create unlogged table t (a int) with (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = false) tablespace x
create local temporary table t (a int) on commit delete rows
create temp table t (a int) on commit drop
create global temp table t (a int) on commit preserve rows
create table t (a int) inherits (u, v) without oids
create table t (a int) partition by range (a, lower(b))
create table p partition of t for values from (1, minvalue) to (10, maxvalue) partition by list (b)
create table p partition of t for values in (1, 'a', null)
create table p partition of t (primary key (a)) for values with (modulus 4, remainder 1)
create table p partition of t default
create table t of s.typ (a with options not null, primary key (a))
create table t (a int compression pglz, exclude int, seal int)
create table t using heap as select 1
create table t as select * from u with no data
create table if not exists t (a, b) with (fillfactor = 10) on commit drop tablespace x as values (1, 2) with data
create table t as execute p (1, 2)
create table t as table u
create table t as (select 1)
create index on t (a)
create unique index concurrently if not exists i on only s.t using btree (a desc nulls last, lower(b) collate "C" text_pattern_ops asc, (a + b), c int4_ops (siglen = 3)) include (d, e) nulls not distinct with (fillfactor = 50) tablespace x where a > 1
create index i on t (coalesce(a, b), (a is null))
create view v as select 1
create or replace temp view s.v (a, b) with (security_barrier) as select 1, 2 with cascaded check option
create view v as select 1 with local check option
create recursive view v (a) as values (1) union all select a + 1 from v
create materialized view if not exists v as select 1 with no data
refresh materialized view concurrently v with data
create schema s
create schema if not exists authorization joe
create schema s authorization joe create table t (a int) create view v as select 1
create sequence s
create temp sequence if not exists s.q as bigint increment by -1 minvalue -100 no maxvalue start with -1 cache 10 no cycle owned by t.a
alter sequence if exists s restart with 5 owned by none increment 3
alter sequence s restart
create type t as enum ('a', 'b')
create type t as enum ()
create type t as (a int, b text collate "C")
create domain d as int default 1 not null check (value > 0)
create extension if not exists pgcrypto with schema public version '1.3' cascade
create database d with owner = joe template template0 encoding 'UTF8' connection limit 5 lc_collate = 'C'
create role r with login superuser password 'x' valid until 'infinity' in role a, b connection limit -1
create user u password 'x' nocreatedb
create group g user a, b
alter role r set search_path to a, b
alter role all in database d reset all
alter user u with password null
alter role r rename to q
alter database d set timezone = 'UTC'
alter database d owner to x
alter system set work_mem = '4MB'
alter table t add column a int not null default 1, add if not exists b text, drop column c cascade, drop if exists d, alter column e set default 5, alter f drop default, alter g set not null, alter h drop not null, alter i type bigint using i::bigint, alter j set data type text collate "C", add constraint k primary key (a), add check (a > 1) not valid, drop constraint if exists l restrict, validate constraint m, owner to joe, set (fillfactor = 5), reset (fillfactor), set tablespace x, set logged, alter n set statistics 100, alter o set storage plain, alter p add generated always as identity, alter q set generated by default set start with 5 restart with 7, alter r drop identity if exists, alter s drop expression, alter constraint u deferrable initially deferred, add constraint v primary key using index w
alter table if exists only t add foreign key (a) references u (b) on delete cascade deferrable
alter table t rename to u
alter table t rename column a to b
alter table t rename a to b
alter table t rename constraint a to b
alter table t set schema s
alter table t enable row level security, disable trigger all, cluster on i, replica identity full
alter table t attach partition p for values in (1)
alter table t set without cluster
alter index i rename to j
alter index i set (fillfactor = 5)
alter view v rename to w
alter view v rename column a to b
alter view v alter column a set default 1
alter sequence s rename to q
alter sequence s owner to joe
alter materialized view v rename to w
alter schema s rename to q
alter schema s owner to joe
alter type t add value if not exists 'x' before 'y'
alter type t rename value 'a' to 'b'
alter type t rename to u
alter type t rename attribute a to b cascade
alter type t owner to joe
alter domain d add constraint c check (value > 1)
alter default privileges for role a in schema s grant select on tables to b with grant option
drop table if exists a, s.b cascade
drop index concurrently i restrict
drop view v
drop materialized view v
drop sequence s
drop schema if exists s cascade
drop type t
drop domain d
drop extension e
drop database if exists d with (force)
drop role a, b
drop user if exists u
drop function f(int, text)
drop trigger t on u
drop owned by a cascade
reassign owned by a to b
comment on table t is 'x'
comment on column s.t.a is null
comment on constraint c on t is 'x'
comment on function f(int) is 'x'
comment on database d is 'x'
comment on extension plpgsql is 'x'
grant select, insert (a, b), update on t, u to joe, public with grant option
grant all privileges on all tables in schema s to joe
grant all on table t to group g granted by x
grant usage on schema s to current_user
grant execute on function f(int, text), g to joe
grant connect, temporary on database d to joe
grant a, b to c with admin option
revoke grant option for select on t from joe cascade
revoke admin option for a from b
revoke all on t from public restrict
begin
begin work
begin transaction isolation level serializable, read only, not deferrable
start transaction isolation level repeatable read read write deferrable
commit and no chain
commit work
end transaction
rollback and chain
abort
savepoint a
release savepoint a
release a
release savepoint
rollback to a
rollback transaction to savepoint a
prepare transaction 'x'
commit prepared 'x'
rollback prepared 'x'
set a = 1
set a.b to 'x', y, -3.5
set session search_path = a, "B", 'c'
set local work_mem to default
set time zone 'UTC'
set time zone utc
set time zone -3
set time zone local
set time zone default
set local time zone interval '+00:00' hour to minute
set session characteristics as transaction isolation level read committed, read only
set transaction isolation level read uncommitted
set transaction snapshot 'x'
set names 'utf8'
set names
set schema 'x'
set role joe
set role none
set session authorization default
set local session authorization 'x'
set xml option document
set x from current
set standard_conforming_strings = on
set bytea_output = hex
set constraints all deferred
set constraints a, s.b immediate
reset all
reset a.b
reset time zone
reset session authorization
show all
show a.b
show time zone
show transaction isolation level
show session authorization
lock t
lock table only a, b in share row exclusive mode nowait
lock t in access share mode
lock t in row exclusive mode
lock t in share update exclusive mode
prepare p as select $1
prepare p (int, text[]) as insert into t values ($1, $2)
prepare p as with x as (select 1) select * from x
execute p
execute p (1, 'x', 2 + 3)
deallocate p
deallocate prepare all
deallocate all
deallocate prepare
declare c cursor for select 1
declare c binary insensitive no scroll cursor with hold for select 1 for update
declare c scroll cursor without hold for (select 1)
fetch c
fetch from c
fetch next from c
fetch prior in c
fetch first c
fetch last from c
fetch absolute -5 from c
fetch relative 3 from c
fetch 10 from c
fetch -1 c
fetch all from c
fetch forward from c
fetch forward 10 in c
fetch backward all from c
fetch next
move backward 5 from c
close c
close all
listen a
notify a
notify a, 'b'
unlisten *
unlisten a
discard all
discard plans
discard temp
discard sequences
do $$ begin end $$
do language plpgsql 'x'
checkpoint
vacuum
vacuum full freeze verbose analyze t (a, b), s.u
vacuum (full, analyze off, parallel 4, index_cleanup auto) t
analyze
analyze verbose t (a)
analyze (verbose true, skip_locked) a, b
analyse t
reindex table t
reindex (verbose, concurrently) index concurrently s.i
reindex database d
cluster
cluster verbose t using i
explain select 1
explain analyze verbose select 1
explain (analyze, verbose off, format json, costs true, buffers 1) select 1
explain (select 1)
explain ((select 1) union select 2)
explain create table t as select 1
explain execute p (1)
explain declare c cursor for select 1
explain (analyze) with x as (select 1) update t set a = 1
copy t from stdin
copy t (a, b) to '/tmp/x' with (format csv, header, delimiter ',', null '', quote '"', escape '\', force_quote (a, b), force_quote *, encoding 'utf8')
copy binary t from stdin
copy t from 'f' using delimiters '|' with null as 'x'
copy t to stdout csv header quote as '"' escape 'x' force quote a, b
copy t from stdin with csv header force not null a force null b
copy (select * from t) to stdout with (format text)
copy (insert into t values (1) returning *) to stdout
copy (values (1)) to program 'x' binary
copy t from stdin where a > 1
copy t to stdin
copy t from stdout
call p(1, 2)
create function f() returns int language sql as 'select 1'
create trigger t before insert on u for each row execute function f()
create rule r as on insert to t do instead nothing
create policy p on t
security label on table t is 'x'
select count(*) filter (where a) from t where exists (select from t)
select * from t1 left join (t2 join t3 on true) on true
select 1 from t where a @@ to_tsquery('x') and b && c
select d.adsrc as "default" from pg_catalog.pg_attrdef d where d.adrelid = '16384'::pg_catalog.oid
select c.oid::pg_catalog.regclass from pg_catalog.pg_class c where c.relname operator(pg_catalog.~) '^(t)$' collate pg_catalog.default and c.relkind = any (array['r', 'p'])
select pg_catalog.format_type(a.atttypid, a.atttypmod), (select pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and a.atthasdef) from pg_catalog.pg_attribute a where a.attnum > 0 and not a.attisdropped order by a.attnum
select * from (select * from t) as "x" where "x"."a" in ($1, $2) and ("x"."b" is null or "x"."b" = $3) order by "x"."a" limit $4 offset $5
select * from (select * from t) asof
select asof, seal from t asof where seal > 1
