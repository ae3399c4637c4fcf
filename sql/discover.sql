-- What the columns of a sheet hold, and a table for it.
\set SHOW_CONTEXT never
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
\set types `base64 -w0 :'root'/test/samples/types.xlsx`
CREATE TEMP TABLE sample AS SELECT decode(:'people', 'base64') AS people, decode(:'types', 'base64') AS types, xlsx.write($$
  SELECT * FROM (VALUES
    (1, 'Staff of 2020', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 'Name', 'Bio-ID', 'Price (€)', 'Born', 'Name', '', '2020', 'Ids'),
    (4, 'Ann', '00123', '1', '2000-01-31', 'x', 'y', 'a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    (5, 'Bob', '7', '2.50', '1999-12-31', ' ', 'z', NULL, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12')
  ) AS v (n, name, bio, price, born, again, blank, year, ids)$$, header => false) AS titled, xlsx.write($$
  SELECT * FROM (VALUES (1::int, 1::bigint, 1.5::numeric, true, date '2020-01-31', timestamp '2020-01-31 12:00', time '12:30',
      interval '30 hours', 'text'::text, '1'::text),
    (-7, 4000000000, 2, false, '1970-01-01', '1970-01-01', '23:59:59', '1 s', 'a longer text', '00'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
  ) AS v (small, big, exact, flag, day, moment, clock, lapse, words, digits)$$) AS typed;
SELECT position, col, header_text, column_name, type, filled, blanks, longest, min_value, max_value, examples
FROM sample, xlsx.discover(people);
SELECT col, column_name, type, filled, blanks, errors, longest, min_value, max_value FROM sample, xlsx.discover(types);
SELECT col, column_name, type, filled, blanks, longest, min_value, max_value, header_row FROM sample, xlsx.discover(typed);
-- The header is looked for below titles; names are made unique
SELECT col, header_text, column_name, type, filled, blanks, min_value, max_value, header_row FROM sample, xlsx.discover(titled, range => 'B:I', header_row => '3');
SELECT DISTINCT header_row FROM sample, xlsx.discover(titled, range => 'B:E');
SELECT col, header_text, column_name, type FROM sample, xlsx.discover(titled, range => 'B4:C5', header_row => 'none');
SELECT column_name, filled, blanks FROM sample, xlsx.discover(typed, sample => 1) LIMIT 2;
SELECT xlsx.create_table_sql(typed, 'public.typed') FROM sample;
SELECT xlsx.create_table_sql(titled, '"Odd Schema".staff', range => 'B:E') AS statement FROM sample \gset
\echo :statement
CREATE SCHEMA "Odd Schema";
:statement
SELECT xlsx.create_profile('odd', '"Odd Schema".staff') > 0 AS made;
SELECT headers FROM xlsx.profiles WHERE name = 'odd';
SELECT xlsx.drop_profile('odd');
DROP SCHEMA "Odd Schema" CASCADE;
-- Refusals that help
SELECT xlsx.discover(people, 'Salaries') FROM sample;
SELECT xlsx.discover(people, header_row => 'B7') FROM sample;
SELECT xlsx.create_table_sql(people, 'a b') FROM sample;
SELECT xlsx.create_table_sql(people, 'empty', range => 'X:Z') FROM sample;
SELECT xlsx.create_table_sql(NULL, 'empty');
SELECT * FROM xlsx.discover(NULL);
