-- The target column is the type: what does not fit exactly is an error that names the cell.
\getenv root PG_ABS_SRCDIR
\set types `base64 -w0 :'root'/test/samples/types.xlsx`
CREATE TYPE color AS ENUM ('red', 'green');
CREATE TABLE typed (
  name text NOT NULL, code varchar(5), small_count smallint, amount numeric(6, 2), ratio double precision, active boolean,
  born date, seen timestamp, kind color, born_zone timestamptz
);
SELECT xlsx.create_profile('typed', 'typed') > 0 AS made;
SET timezone = 'Europe/Berlin';
SELECT xlsx.submit('typed', decode(:'types', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM typed \gx
SELECT row_number, column_name, cell, code, message, value, detail FROM xlsx.task_errors(:task);
-- A text column gets what a person sees.
CREATE TABLE texts (name text, code text, small_count text, amount text, ratio text, active text, born text, seen text, kind text, born_zone text);
SELECT xlsx.create_profile('texts', 'texts') > 0 AS made;
SELECT xlsx.submit('texts', decode(:'types', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM texts \gx
SELECT xlsx.drop_profile('typed'), xlsx.drop_profile('texts');
DROP TABLE typed, texts;
DROP TYPE color;
