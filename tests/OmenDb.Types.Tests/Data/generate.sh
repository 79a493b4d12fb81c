#!/usr/bin/env bash
# Rewrites the expectation tables from a PostgreSQL 15 server: PGHOST=... PGUSER=... ./generate.sh
set -euo pipefail
cd "$(dirname "$0")"
run() { { echo "set timezone='UTC'; set client_min_messages=error;"; cat; } | psql -qAtX -F "$(printf '\t')" > "$1"; }
psql -qX <<'EOF'
create or replace function ev(q text) returns text language plpgsql as $$
declare r text;
begin
  execute 'select (' || q || ')::text' into r;
  return coalesce(r, 'NULL');
exception when others then return 'ERR ' || sqlstate || ' ' || sqlerrm;
end $$;
EOF
run numeric_pairs.tsv <<'EOF'
with v(x) as (select unnest('{0,0.00,1,-1,2,10,3,7,0.1,-0.5,1.5,123.45,-99999.99999,1234567890123456789,0.000000000000000001,9999,10000,10001,99999999.9999,170141183460469231731687303715884105727,-12345678901234567890123456789012345678901234567890.123456789,0.00000000000000000000000000000000000000000000123,NaN,Infinity,-Infinity,1e20,2.50,100}'::text[])),
p as (select a.x a, b.x b from v a, v b)
select a,b, ev(format('%L::numeric + %L::numeric',a,b)), ev(format('%L::numeric - %L::numeric',a,b)), ev(format('%L::numeric * %L::numeric',a,b)), ev(format('%L::numeric / %L::numeric',a,b)), ev(format('%L::numeric %% %L::numeric',a,b)), ev(format('div(%L::numeric,%L::numeric)',a,b)), ev(format('case when %1$L::numeric<%2$L::numeric then -1 when %1$L::numeric>%2$L::numeric then 1 else 0 end',a,b)) from p;
EOF
run numeric_unary.tsv <<'EOF'
with v(x) as (select unnest('{0,0.000,1,-1,2,10,3,7,0.1,-0.5,1.5,2.5,-2.5,123.45,-99999.99999,1234567890123456789,0.000000000000000001,9999.5,10000,10001,99999999.9999,170141183460469231731687303715884105727,-12345678901234567890.5,0.00000000000000000000000000000000000000000000123,NaN,Infinity,-Infinity,1e20,2.50,100,1.00001,0.99999,0.95,1.1,0.9,20.25,-3.7,500.123,-1000,3.00000000000000000000000001,1e-30,6000,-0.001}'::text[])),
f(f) as (select unnest('{sqrt,exp,ln,log,floor,ceil,round,trunc,sign,abs,trim_scale,numeric_send,float8,float4,int8,int4,int2}'::text[]))
select x,f, case when f in ('float8','float4','int8','int4','int2') then ev(format('%L::numeric::%I',x,f)) else ev(format('%I(%L::numeric)',f,x)) end from v,f;
EOF
run numeric_power.tsv <<'EOF'
with v(x) as (select unnest('{0,1,-1,2,10,3,0.1,-0.5,1.5,123.45,-99,0.000000001,1.00001,NaN,Infinity,-Infinity,2.50,20}'::text[])),
w(y) as (select unnest('{0,1,-1,2,3,-3,10,0.5,-0.5,2.5,33,1.0,40.00,-17,NaN,Infinity,-Infinity,0.3333333333,1000}'::text[]))
select 'power',x,y,ev(format('power(%L::numeric,%L::numeric)',x,y)) from v,w union all select 'log',x,y,ev(format('log(%L::numeric,%L::numeric)',x,y)) from v,w
union all select 'round',x,n::text,ev(format('round(%L::numeric,%s)',x,n)) from v,generate_series(-3,12,3) n union all select 'trunc',x,n::text,ev(format('trunc(%L::numeric,%s)',x,n)) from v,generate_series(-3,12,3) n;
EOF
run numeric_parse.tsv <<'EOF'
with v(x) as (select unnest(array['0','  12.50 ','+1','-1','.5','5.','1e5','1.50e1','1.5e-3','1E+2','1e','1e5x','','.','-','--1','1.2.3','nan','NaN','+nan','inf','-INFINITY','+Infinity','infinit','1e200000','1e-20000','0e10','0.00e1','00012.3400','1e-3','123456789012345678901234567890123456789012345','0.000000000000000000000000000000000000000000001','-0','-0.00','1_000','0x10','99999999999999999999999999999999999999','9e37','1e38','12345e-2','1 2']))
select x, ev(format('%L::numeric',x)), ev(format('%L::numeric(5,2)',x)), ev(format('%L::numeric(20,3)',x)) from v;
EOF
run interval_parse.tsv <<'EOF'
with v(x) as (select unnest(array['1 year 2 mons -3 days 04:05:06.789','-1 year -2 mons +3 days -04:05:06','1-2','-1-2','P1Y2M3DT4H5M6.7S','P-1Y2M','PT-1.5S','P1.5Y','P0001-02-03T04:05:06','P2W','1.5 years','1.5 months','1.7 months','@ 1 hour ago','@ 1 year 2 mons 3 days ago','0','1 day 2','-1.5 hours','3:4','1 2:3:4.5','-1 2:3:4.5','1 week 2 days','1.5 weeks','1 millennium 2 c 3 decs','0.1 months','1h 2m 3s','100','1.25','-2.5','1 day -1 hour','200000000 years','9999999999 days','1 yer','','abc','1 2 3','1 day 1 day','1 hour 02:00','day 1','1 year ago 2','5 microseconds','5 ms','1.5 ms','1 qtr','3 centuries','25:00:00','2562047788:00:00','04:05:06 1 day','1 day 04:60:00','-0:00:01','1e3 seconds','1y 2mon 3d','365 days 23:59:59.9999999','1 year 13 months','-5 days 10 hours', '1 mon -1 days', '+1 day', 'P', 'PT', 'P1H', '1,5 days','1 month, 2 days']))
select x, ev(format('%L::interval',x)), ev(format('extract(epoch from %L::interval)',x)), ev(format('interval_send(%L::interval)',x)) from v;
EOF
run interval_styles.tsv <<'EOF'
create temp table iv as select unnest(array['1 year 2 mons -3 days 04:05:06.789','-1 year','1-2','1 day','-1 day -02:03:04','0','3 days 00:00:00.5','-00:00:00.5','14 mons','1 mon -1 day','-1 mon -2 days -03:00:00','100 hours','-1 year +1 sec','1 sec','-1 sec 2 days','1 hour 1 min 1 sec','-1 month 1 day -1 second']::text[]) x;
create temp table o(x text, s text, t text);
set intervalstyle=postgres; insert into o select x,'Postgres',x::interval::text from iv;
set intervalstyle=postgres_verbose; insert into o select x,'PostgresVerbose',iv.x::interval::text from iv;
set intervalstyle=sql_standard; insert into o select x,'SqlStandard',o.i::text from (select x, null::interval i from iv where false) o;
set intervalstyle=postgres; create temp table ivv as select x, x::interval i from iv;
set intervalstyle=sql_standard; insert into o select x,'SqlStandard',i::text from ivv;
set intervalstyle=iso_8601; insert into o select x,'Iso8601',i::text from ivv;
select * from o;
EOF
run interval_math.tsv <<'EOF'
with v(x) as (select unnest(array['1 month 15 days 3 hours','1 mon','1 day','-1 year 2 days','02:46:40.5','-3 mons -17 days 05:06:07.890123','100 days 25:00','1 mon -1 day','-1 mon 31 days -1 hour']))
select 'mul',x,f::text,ev(format('%L::interval * %s',x,f)) from v, unnest('{0.3,2,-1.5,0.123456789,7,1e-3}'::float8[]) f
union all select 'div',x,f::text,ev(format('%L::interval / %s',x,f)) from v, unnest('{0.3,2,-1.5,7,30,0}'::float8[]) f
union all select f,x,'',ev(format('%I(%L::interval)',f,x)) from v, unnest('{justify_hours,justify_days,justify_interval}'::text[]) f
union all select 'qualifier',v, q, ev(format('interval %L %s', v, q)) from unnest('{1,1-2,3:4,1 2:03,10.567,1 year 2 mons 3 days 04:05:06.789}'::text[]) v, unnest('{year,month,day,hour,minute,second,year to month,day to hour,day to minute,day to second,hour to minute,hour to second,minute to second}'::text[]) q;
EOF
run type_io.tsv <<'EOF'
create or replace function pg_temp.send(t text, v text) returns text language plpgsql as $$
declare r text; f text;
begin
  select typsend::text into f from pg_type where oid = t::regtype;
  execute format('select (%s(%L::%s))::text', f, v, t) into r;
  return r;
exception when others then return '';
end $$;
with c(t, v) as (values
 ('boolean','t'),('boolean',' TRUE '),('boolean','of'),('boolean','o'),('boolean','1'),('boolean','2'),
 ('smallint','32767'),('smallint','32768'),('integer',' -42 '),('integer','2147483648'),('integer','1.5'),('integer',''),('bigint','-9223372036854775808'),('bigint','9223372036854775808'),
 ('real','1.1'),('real','1e38'),('real','1e39'),('real','16777216'),('real','1234567'),('double precision','0.1'),('double precision','1e20'),('double precision','1e15'),('double precision','123456789012345678'),('double precision','1e-5'),('double precision','0.0001'),('double precision','nan'),('double precision','-inf'),('double precision','-0'),('double precision','1e400'),('double precision','x'),('double precision','5e-324'),('double precision','1.7976931348623157e308'),
 ('numeric','12.50'),('numeric(10,2)','12.505'),('numeric(10,2)','NaN'),('numeric(30,5)','-123456789012345678901234.567891'),('numeric(4,2)','100'),
 ('text','häß'),('character varying(3)','abc  '),('character(5)','ab'),
 ('bytea','\x00ff10'),('bytea','abc\\\001'),('bytea','\x0'),('bytea','\xzz'),
 ('uuid','A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'),('uuid','{a0eebc999c0b4ef8bb6d6bb9bd380a11}'),('uuid','a0ee'),
 ('date','2020-02-29'),('date','2021-02-29'),('date','2021-13-01'),('date','Jan 5 2020'),('date','5 Jan 2020'),('date','January 5, 2020'),('date','1/2/2003'),('date','20200105'),('date','200105'),('date','2020-1-5'),('date','infinity'),('date','-infinity'),('date','epoch'),('date','0044-03-15 BC'),('date','99-01-08'),('date','05-Jan-2020'),('date','2020-Jan-05'),('date','Jan-05-2020'),('date','2020.123'),('date','x'),('date','13/2/2003'),('date','5874897-12-31'),('date','10000-01-01'),('date','4714-11-24 BC'),
 ('time without time zone','10:00:00'),('time without time zone','24:00:00'),('time without time zone','04:05:06.789012'),('time without time zone','04:05 PM'),('time without time zone','040506'),('time without time zone','25:00'),('time without time zone','10:60:00'),('time(2) without time zone','10:00:00.126'),
 ('time with time zone','10:00:00+02'),('time with time zone','10:00:00-05:30'),('time with time zone','10:00:00'),
 ('timestamp without time zone','2020-01-05 10:00:00'),('timestamp without time zone','2020-01-05T10:00:00.123456'),('timestamp without time zone','2020-01-05'),('timestamp without time zone','2020-01-05 10:00:00+02'),('timestamp without time zone','Sun Jan 05 10:00:00 2020'),('timestamp without time zone','2020-01-05 24:00:00'),('timestamp without time zone','infinity'),('timestamp without time zone','1999-12-31 23:59:59.9999999'),('timestamp(3) without time zone','2020-01-05 10:00:00.1235'),('timestamp without time zone','20200105T101500'),('timestamp without time zone','0001-01-01 00:00:00 BC'),('timestamp without time zone','2020-01-05 10:00 PM'),
 ('timestamp with time zone','2020-01-05 10:00:00+02'),('timestamp with time zone','2020-01-05 10:00:00'),('timestamp with time zone','2020-07-05 10:00:00 Europe/Berlin'),('timestamp with time zone','2020-01-05 10:00:00 PST'),('timestamp with time zone','2020-01-05T10:00:00Z'),('timestamp with time zone','2020-01-05 10:00:00-0330'),('timestamp with time zone','2020-01-05 10:00:00 nowhere'),
 ('interval','1 day 02:03:04'),('interval(1)','1.26 s'),
 ('json',' {"a" : 1} '),('jsonb','{"bb":1,"a":[1, 2.50,1e3],"a":null,"c":"x\u00e9\n"}'),('jsonb','"a"'),('jsonb','[]'),
 ('integer[]','{1,NULL,3}'),('integer[]','{}'),('text[]','{a,"b c",NULL,"NULL",""," x","q\"u\\"}'),('text[]','{ a b , c }'),('oid','4294967295'),('name','abc'),('"char"','x')
)
select t, v, ev(format('%L::%s', v, t)), pg_temp.send(t, v) from c;
EOF
run datetime_fields.tsv <<'EOF'
with v(x) as (select unnest('{2020-02-29 13:14:15.678901,1999-12-31 23:59:59,2000-01-01,2001-01-01 00:00:00.5,0044-03-15 12:00 BC,1970-01-01,2024-12-30 01:02:03,infinity,1900-07-04}'::text[])),
f(f) as (select unnest('{microseconds,milliseconds,second,minute,hour,day,week,month,quarter,year,decade,century,millennium,dow,isodow,doy,isoyear,epoch,julian,bogus,timezone}'::text[]))
select 'extract', f, x, ev(format('extract(%s from %L::timestamp)', f, x)) from v, f
union all select 'trunc', f, x, ev(format('date_trunc(%L, %L::timestamp)', f, x)) from v, f where f not in ('dow','isodow','doy','isoyear','epoch','julian','bogus','timezone')
union all select 'add', i, x, ev(format('%L::timestamp + %L::interval', x, i)) from v, unnest('{1 mon,-1 year,36 hours,-13 mons 2 days}'::text[]) i
union all select 'age', w.x, v.x, ev(format('age(%L::timestamp, %L::timestamp)', v.x, w.x)) from v, v w where v.x <> 'infinity' and w.x <> 'infinity'
union all select 'minus', w.x, v.x, ev(format('%L::timestamp - %L::timestamp', v.x, w.x)) from v, v w where v.x <> 'infinity' and w.x <> 'infinity';
EOF
