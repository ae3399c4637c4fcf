/*
 * Writing workbooks
 */

CREATE FUNCTION xlsx.write(query text, sheet text DEFAULT 'Sheet1', headers jsonb DEFAULT NULL, header boolean DEFAULT true)
RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_write' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.write(text, text, jsonb, boolean) IS
'Workbook of the rows of a query, which runs as the caller and may not write: numbers, booleans, dates and times are typed cells, text is never a formula, and what a cell cannot hold exactly is text. sheet: its name; rows beyond 1,048,576 go on in "name (2)". headers: labels for columns, {"bio_id": "Bio-ID"}; header false leaves them out.';

CREATE FUNCTION xlsx.write_chunks(query text, sheet text DEFAULT 'Sheet1', headers jsonb DEFAULT NULL,
  header boolean DEFAULT true)
RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_write_chunks' LANGUAGE C VOLATILE ROWS 100;
COMMENT ON FUNCTION xlsx.write_chunks(text, text, jsonb, boolean) IS
'The workbook of xlsx.write in pieces of up to 256 kB; call it in the select list to have them one by one.';
