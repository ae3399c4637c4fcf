/*
 * Reading without importing
 */

CREATE FUNCTION xlsx.server_file(path text) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_server_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.server_file(text) IS
'A file of the server, for roles with pg_read_server_files. The functions of this schema read it piece by piece; for others it is the bytes.';

CREATE FUNCTION xlsx.large_object(id oid) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_large_object' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.large_object(oid) IS
'A large object, if the current role may read it. The functions of this schema read it piece by piece; for others it is the bytes.';

CREATE FUNCTION xlsx.sheets(file bytea, OUT sheet int, OUT name text, OUT state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_sheets' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.sheets(bytea) IS
'Worksheets of a workbook in its order, counted from 1; state is visible or hidden.';

CREATE FUNCTION xlsx.cells(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL,
  OUT sheet int, OUT "row" int, OUT col text, OUT kind text, OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_cells' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION xlsx.cells(bytea, text, text) IS
'Cells of a workbook that hold a value, in file order: sheet number, row, column letters, kind (number, text, bool, date, error), value as text. sheet: name, all by default; range: such as A2:C100, A:C or 2:100.';

CREATE FUNCTION xlsx.read(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL, header_row text DEFAULT 'auto',
  on_error text DEFAULT 'error')
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_read' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx.read(bytea, text, text, text, text) IS
'Rows of a sheet with the caller''s types: SELECT * FROM xlsx.read(file) AS t(name text, born date). Columns are found by their headers as in an import, and cells become values by the same rules. sheet: its name, #2 for the second, ~regexp for the first that matches; the first one by default. range: such as B2:F500. header_row: auto (of the first 20 rows the one that fits best), first (that is not blank), the number of its row, or none: by position. on_error: error, which names the cell, or null.';
