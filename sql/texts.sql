-- Dates and numbers in text cells: what is read, how, and what is refused.
\set SHOW_CONTEXT never
SET timezone = 'Europe/Berlin'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres';
CREATE FUNCTION pg_temp.sheet(texts text[]) RETURNS bytea LANGUAGE sql AS
$$ SELECT xlsx.write(format('SELECT t AS value FROM unnest(%L::text[]) WITH ORDINALITY AS u (t, o) ORDER BY o', texts)) $$;

-- Dates that have one reading, whatever the order is, and words of five languages.
SELECT t AS text, (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value timestamp)) AS value
FROM unnest('{2024-02-01,2024/2/1,2024.02.01,20240201,20240201T134501,2024-02-01T13:45,2024-02-01 13:45:07.25,25.12.2024,12/25/2024,31-12-99,12.12.2024,1 Feb 2024,"Feb 1, 2024",01-Feb-24,
  1. März 2024,1 de febrero de 2024,1er août 2024,"Thu, 06 Jun 2024 15:42:37 +0200",15.03.2024 14:30,2024-02-01 1:05 pm,2024-02-01 12:00 AM,2024-12-31 24:00,2024-02-01 14:30 Uhr,0001-01-01,9999-12-31}'::text[]) AS t;
-- None of these is a date.
SELECT t AS text, (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value timestamp)) AS value
FROM unnest('{2024-13-01,30.02.2024,31.04.2024,2024-02-01 25:00,2024-02-01 13:60,1.2,240201,today,now,infinity,2024-02,Feb 2024,1/2,0000-01-01,2024-02-01T,2024-02-01x,12345,32 Feb 2024}'::text[]) AS t;
-- Offsets are never dropped.
SELECT t AS text, (SELECT value AT TIME ZONE 'UTC' FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value timestamptz)) AS with_zone,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value timestamp)) AS without,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', time_zone => 'America/New_York') AS r (value timestamp)) AS in_new_york
FROM unnest('{2024-06-06T15:42:37Z,2024-06-06 15:42:37+02:00,2024-06-06 15:42:37 -0500,2024-06-06 15:42 UTC,2024-06-06 15:42 GMT+2,2024-06-06 15:42 Asia/Kolkata,2024-06-06 15:42,2024-06-06 15:42 Mars/Base,2024-06-06 15:42+99:00}'::text[]) AS t;

-- Declared orders and forms.
SELECT o AS date_order, (SELECT string_agg(coalesce(value::text, '-'), ' ' ORDER BY value) FROM xlsx.read(pg_temp.sheet('{03.04.1990,3/4/90,90-04-03,25.12.2024}'), on_error => 'null', date_order => o) AS r (value date)) AS values
FROM unnest('{DMY,MDY,YMD}'::text[]) AS o;
CREATE TABLE texts (value timestamp, line int);
SELECT xlsx.create_profile('texts', 'texts') > 0 AS made, xlsx.set_column('texts', 'line', source => 'row_number');
CREATE FUNCTION pg_temp.formed(form text, locale text, texts text[]) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
  result text;
BEGIN
  PERFORM xlsx.set_column('texts', 'value', format => form);
  PERFORM xlsx.import('texts', pg_temp.sheet(texts), locale => formed.locale);
  SELECT string_agg(coalesce(t.value::text, '-'), ', ' ORDER BY g) INTO result FROM generate_series(2, cardinality(texts) + 1) AS g LEFT JOIN texts t ON t.line = g;
  DELETE FROM texts;
  RETURN result;
END
$$;
SELECT pg_temp.formed('DD.MM.YYYY', NULL, '{03.04.1990,3.4.1990,1990-04-03,03/04/1990,31.04.1990}');
SELECT pg_temp.formed('D. MONTH YYYY HH24:MI', 'de', '{1. März 2024 14:05,1. March 2024 14:05,1. mars 2024 14:05,1. Dez 2024 00:00}');
SELECT pg_temp.formed('MM/DD/YY hh:mm AM', NULL, '{02/03/24 01:05 PM,02/03/24 13:05 PM}');
SELECT pg_temp.formed('YYYYMMDD"T"HH24MISSTZ', NULL, '{20240203T131500Z,20240203T131500+0200}');
SELECT xlsx.set_column('texts', 'value', format => 'DD.MM');
SELECT xlsx.set_column('texts', 'value', format => 'DD.QQ.YYYY');
SELECT xlsx.set_column('texts', 'value', "decimal" => ',');
SELECT xlsx.set_column('texts', 'line', rounding => 'up');
SELECT xlsx.alter_profile('texts', date_order => 'DYM');
SELECT xlsx.alter_profile('texts', time_zone => 'Mars/Base');
SELECT * FROM xlsx.read(pg_temp.sheet('{1}'), "decimal" => ';') AS r (value numeric);
SELECT xlsx.drop_profile('texts');
DROP TABLE texts;

-- Numbers: by the comma, by the point, and by what the text itself says.
SELECT t AS text, (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', "decimal" => ',') AS r (value numeric)) AS by_comma,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', "decimal" => '.') AS r (value numeric)) AS by_point,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value numeric)) AS alone
FROM unnest(ARRAY['1.234,50', '1,234.50', '1.234', '1,234', '12,5', '12.5', '1.5', '1 234,5', E'1\u00a0234.5', E'1\u202f234', '1''234.50', '1’234,50', '1.234.567', '12,34,567.8', '1.234,50 €', '€ 1,234.50', 'CHF 12.50',
  '$-12.50', '-$12.50', '12.50-', '(12.50)', E'\u221212.50', '5,5 %', '10%', '12,-', '1e3', '1,5e3', ',5', '.5', '0.123', '0012', '+7', 'R$ 1.000,00', '12 kr']) AS t;
-- None of these is a number.
SELECT t AS text, (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', "decimal" => ',') AS r (value numeric)) AS by_comma,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null') AS r (value numeric)) AS alone
FROM unnest(ARRAY['1.23,4.5', '1.2345,6', '12.34.56', '--1', '(-1)', '1 23', '12 ABC', 'EUR', '1 € $', '%', '1,2,3', '..', '1 2 3', 'NaN', '0x10', '(1', '1)', '€ 1 €']) AS t;
-- A column of both ways: each is read as it says, what has two readings is refused, and both are counted.
CREATE TABLE amounts (value numeric(10, 2), whole int, line int);
SELECT xlsx.create_profile('amounts', 'amounts') > 0 AS made, xlsx.set_column('amounts', 'line', source => 'row_number'), xlsx.set_column('amounts', 'whole', source => 'none');
SELECT task FROM xlsx.import('amounts', pg_temp.sheet('{"1.234,50","1,234.50","1.234","7"}')) \gset
SELECT value, line FROM amounts ORDER BY line;
SELECT code, message, detail, hint FROM xlsx.task_errors(:task);
SELECT jsonb_pretty(findings) FROM xlsx.tasks WHERE id = :task;
SELECT xlsx.report(:task) -> 'findings' = findings AS same_in_the_report, xlsx_rest.task_json(:task)::jsonb -> 'findings' = findings AS same_in_rest FROM xlsx.tasks WHERE id = :task;
SELECT f ->> 'text' AS text FROM json_array_elements(xlsx.preview(pg_temp.sheet('{"1.234,50","1.234"}'), 'amounts') -> 'findings') AS f;
SELECT f ->> 'text' AS text FROM json_array_elements(xlsx.preview(pg_temp.sheet('{"1.234,50","1.234"}'), 'amounts', "decimal" => '.') -> 'findings') AS f;
DELETE FROM amounts;

-- Rounding, of texts and of numbers.
CREATE FUNCTION pg_temp.rounded(how text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
  result text;
BEGIN
  PERFORM xlsx.set_column('amounts', 'value', rounding => how);
  PERFORM xlsx.import('amounts', xlsx.write('SELECT v AS value FROM unnest(''{0.125,0.135,-0.125,2.675,1.005,99999999.994,0.001,1e-9,0.1}''::numeric[]) v'));
  SELECT string_agg(coalesce(a.value::text, '-'), ' ' ORDER BY g) INTO result FROM generate_series(2, 10) AS g LEFT JOIN amounts a ON a.line = g;
  DELETE FROM amounts;
  RETURN result;
END
$$;
SELECT how, pg_temp.rounded(how) FROM unnest('{error,half_up,half_even}'::text[]) AS how;
SELECT xlsx.drop_profile('amounts');
DROP TABLE amounts;
-- Into numeric with limits the usual forms are read by another way, with the same result.
SELECT t AS text, (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', "decimal" => ',') AS r (value numeric(18,2))) AS by_comma,
  (SELECT value FROM xlsx.read(pg_temp.sheet(ARRAY[t]), on_error => 'null', "decimal" => '.') AS r (value numeric(18,2))) AS by_point
FROM unnest(ARRAY['1.234,50', '-1.234.567,8', '1,234.50', '1.23,45', '0.123,45', '0,5', ',5', '5,', '12,345', '1.234', '12.34,5', '1234567890123456,78', '123456789012345', '-', '', '-,', '007,10', '1.234,500', '1.000', '100.00']) AS t;
