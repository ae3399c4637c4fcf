-- Whatever a message, a hint or a comment calls a setting is one: names in the sources, and limits of the reader, which hints name.
\getenv root PG_ABS_SRCDIR
\set named `cd :'root' && (grep -rhoE --include='*.[ch]' --include='*.sql' 'pg_xlsx\.[a-z_]+' extension | grep -vE '^pg_xlsx\.(c|h|o|so|control)$'; grep -rhoE '(fail|stop)[a-z_]*_limit\([^"]*"[a-z_]+"' --include='*.c' extension | sed -E 's/.*"([a-z_]+)"$/pg_xlsx.\1/') | sort -u | tr '\n' ' '`
SELECT count(*) > 20 AS many_are_named, count(*) FILTER (WHERE name LIKE '%.max_row_bytes') AS limits_are_among_them FROM regexp_split_to_table(trim(:'named'), ' ') AS name;
SELECT given.name AS no_such_setting FROM regexp_split_to_table(trim(:'named'), ' ') AS given (name)
WHERE NOT EXISTS (SELECT FROM pg_settings s WHERE s.name = given.name) ORDER BY 1;
-- The hint of a limit names the setting that lifts it.
\set SHOW_CONTEXT never
\set wide `:'root'/test/tools/book.py "$(python3 -c 'import json; print(json.dumps([["A", "B", "C"], ["&" * 30000] * 3]))')"`
SET pg_xlsx.max_row_bytes = '64kB';
SELECT count(*) FROM xlsx.cells(decode(:'wide', 'base64'));
RESET pg_xlsx.max_row_bytes;
SELECT count(*) FROM xlsx.cells(decode(:'wide', 'base64'));
