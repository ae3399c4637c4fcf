/*
 * Reading without importing
 */

CREATE FUNCTION xlsx.server_file(path text) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_server_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.server_file(text) IS
'A file of the server as bytea. Needs the rights of pg_read_server_files. Functions of pg_xlsx that take a file read it in pieces; for all others it is the bytes.';

CREATE FUNCTION xlsx.large_object(id oid) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_large_object' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.large_object(oid) IS
'A large object as bytea. Needs SELECT on it. Functions of pg_xlsx that take a file read it in pieces; for all others it is the bytes.';

CREATE FUNCTION xlsx.sheets(file bytea, OUT sheet int, OUT name text, OUT state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_sheets' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.sheets(bytea) IS
'Worksheets of a workbook, one row each, in the order of the workbook. sheet: number, from 1. state: visible or hidden.';

CREATE FUNCTION xlsx.cells(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL,
  OUT sheet int, OUT "row" int, OUT col text, OUT kind text, OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_cells' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.cells(bytea, text, text) IS
'Cells of a workbook that hold a value, one row each, in the order of the file. sheet (argument): name of the sheet; all sheets by default. range: such as A2:C100, A:C or 2:100; all cells by default. Result: sheet: number of the sheet, from 1. row: number of the row, from 1. col: letters of the column. kind: number, text, bool, date, error, or no_value for a formula that was never calculated. value: the value as text, as the file has it; NULL for no_value.';

CREATE FUNCTION xlsx.read(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL, header_row text DEFAULT 'auto',
  on_error text DEFAULT 'error', header_rows int DEFAULT NULL, fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL,
  date_order text DEFAULT NULL, "decimal" text DEFAULT NULL, time_zone text DEFAULT NULL, locale text DEFAULT NULL)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_read' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx.read(bytea, text, text, text, text, int, boolean, boolean, text, text, text, text) IS
'Rows of a sheet, with the types of the caller''s column list: SELECT * FROM xlsx.read(file) AS t(name text, born date). Columns are found by their headers, and cells become values, as in an import. sheet: its name, "#2" for the second sheet, "~regexp" for the first whose name matches; the first visible sheet by default. range: such as B2:F500; all cells by default. header_row: "auto" (the row among the first 20 that fits best), "first" (the first row that is not blank), its number, or "none" (columns by position). on_error: "error" (an error that names the cell) or "null". header_rows, fill_merged, skip_hidden: as in xlsx.alter_profile. date_order, decimal, time_zone, locale: how texts are read, as in xlsx.alter_profile. Numbers into text and into numeric without limits have all digits of the file.';
