/*
 * Writing workbooks
 */

CREATE FUNCTION xlsx.write(query text, sheet text DEFAULT 'Sheet1', headers jsonb DEFAULT NULL, header boolean DEFAULT true)
RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_write' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.write(text, text, jsonb, boolean) IS
'Workbook (xlsx) with the rows of a query. The query runs as the caller and cannot write. Numbers, booleans, dates and times become typed cells. Text never becomes a formula. A value that a cell cannot hold exactly becomes text. sheet: name of the sheet; rows beyond 1,048,576 go to "name (2)" and so on. headers: labels for columns, {"bio_id": "Bio-ID"}. header: false leaves the row of headers out.';

CREATE FUNCTION xlsx.write_chunks(query text, sheet text DEFAULT 'Sheet1', headers jsonb DEFAULT NULL,
  header boolean DEFAULT true)
RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_write_chunks' LANGUAGE C VOLATILE ROWS 100;
COMMENT ON FUNCTION xlsx.write_chunks(text, text, jsonb, boolean) IS
'The workbook of xlsx.write in pieces of at most 256 kB, in order. In the select list, each piece is made when it is fetched.';
