-- Whatever a message, a hint or a comment calls a setting is one: names in the sources, and limits of the reader, which hints name.
\getenv root PG_ABS_SRCDIR
\set named `cd :'root' && (grep -rhoE --include='*.[ch]' --include='*.sql' 'pg_xlsx\.[a-z_]+' extension | grep -vE '^pg_xlsx\.(c|h|o|so|control)$'; sed -nE 's/^.X\(([a-z_]+), .*/pg_xlsx.\1/p' extension/core/limits.h) | sort -u | tr '\n' ' '`
SELECT count(*) > 20 AS many_are_named, count(*) FILTER (WHERE name LIKE '%.max_row_bytes') AS limits_are_among_them FROM regexp_split_to_table(trim(:'named'), ' ') AS name;
SELECT given.name AS no_such_setting FROM regexp_split_to_table(trim(:'named'), ' ') AS given (name)
WHERE NOT EXISTS (SELECT FROM pg_settings s WHERE s.name = given.name) ORDER BY 1;
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
-- The pages list every setting once, with its default.
\set listed `:'root'/test/tools/documented.py`
WITH listed AS (SELECT d ->> 0 AS name, d ->> 1 AS value FROM json_array_elements(:'listed') AS d)
SELECT s.name, s.boot_val, s.unit, l.value
FROM (SELECT * FROM pg_settings WHERE name LIKE 'pg\_xlsx.%') AS s FULL JOIN listed l USING (name)
WHERE (CASE WHEN s.unit IN ('kB', 'MB') AND l.value <> '0' THEN pg_size_bytes(l.value) = s.boot_val::bigint * pg_size_bytes('1 ' || s.unit)
        WHEN s.unit IN ('ms', 's') AND l.value <> '0' THEN l.value::interval = (s.boot_val || ' ' || s.unit)::interval
        ELSE l.value = s.boot_val END) IS NOT true
  OR (SELECT count(*) FROM listed o WHERE o.name = s.name) <> 1
ORDER BY 1;
\set SHOW_CONTEXT never
-- A limit of 0 is 0, where the setting takes it.
SELECT decode(:'people', 'base64') AS people \gset
SET pg_xlsx.max_compression_ratio = 1;
SELECT count(*) > 0 AS small_parts_may_be_compressed FROM xlsx.cells(:'people'::bytea);
SET pg_xlsx.ratio_floor_bytes = 0;
SELECT count(*) FROM xlsx.cells(:'people'::bytea);
RESET pg_xlsx.max_compression_ratio;
RESET pg_xlsx.ratio_floor_bytes;
-- The hint of a limit names the setting that lifts it.
\set wide `:'root'/test/tools/book.py "$(python3 -c 'import json; print(json.dumps([["A", "B", "C"], ["&" * 30000] * 3]))')"`
SET pg_xlsx.max_row_bytes = '64kB';
SELECT count(*) FROM xlsx.cells(decode(:'wide', 'base64'));
RESET pg_xlsx.max_row_bytes;
SELECT count(*) FROM xlsx.cells(decode(:'wide', 'base64'));
