/*
 * A look at a file before it is imported
 */

CREATE TYPE xlsx.matched_column AS (
  sheet       text,
  header_row  int,
  column_name text,
  header      text,
  col         text
);
COMMENT ON TYPE xlsx.matched_column IS 'A column of a profile and the column of a sheet that feeds it; xlsx.match_headers returns one for each column of the profile.';
COMMENT ON COLUMN xlsx.matched_column.sheet IS 'Name of the sheet.';
COMMENT ON COLUMN xlsx.matched_column.header_row IS 'Number of the header row in the sheet; NULL where the sheet has none.';
COMMENT ON COLUMN xlsx.matched_column.column_name IS 'Column of the target.';
COMMENT ON COLUMN xlsx.matched_column.header IS 'Header in the sheet that feeds the column; NULL where no header does.';
COMMENT ON COLUMN xlsx.matched_column.col IS 'Letters of that column of the sheet: A, B, …';

CREATE FUNCTION xlsx.match_headers(profile text, file bytea, sheet text DEFAULT NULL, header_row text DEFAULT NULL, mapping jsonb DEFAULT NULL,
  range text DEFAULT NULL, header_rows int DEFAULT NULL, fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL)
RETURNS SETOF xlsx.matched_column
AS 'MODULE_PATHNAME', 'pg_xlsx_match' LANGUAGE C STABLE ROWS 10;
COMMENT ON FUNCTION xlsx.match_headers(text, bytea, text, text, jsonb, text, int, boolean, boolean) IS
'How an import would match the headers of a sheet with a profile: one row for each column of the profile. Nothing is imported. Arguments as for xlsx.submit.';

CREATE FUNCTION xlsx_private.sheet_findings(profile text, file bytea, sheet text, header_row text, mapping jsonb, range text, header_rows int,
  fill_merged boolean, skip_hidden boolean)
RETURNS json
AS 'MODULE_PATHNAME', 'pg_xlsx_sheet_findings' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.sheet_findings(text, bytea, text, text, jsonb, text, int, boolean, boolean) IS
'What an import would tell of a sheet: {"missing", "unused", "duplicates", "notes"}, as in xlsx.tasks. Columns without a header are found if one of the first 1000 rows fills them. notes: also merged and hidden cells of sheets up to 2 MB. Arguments as for xlsx.match_headers.';

CREATE FUNCTION xlsx_private.upload_file(upload bigint) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_file(bigint) IS 'Bytes of an upload that is not finished, read from the store.';

CREATE FUNCTION xlsx_private.first_cells(file bytea, sheet text, after_row int, rows int,
  OUT sheet_number int, OUT "row" int, OUT col text, OUT kind text, OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_first_cells' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.first_cells(bytea, text, int, int) IS
'Cells of the first N rows of a sheet below a row that hold a value, in the form of xlsx.cells. Later rows are not read.';

CREATE FUNCTION xlsx_private.first_rows(file bytea, sheet text, header_row int, columns text[]) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('rowNumber', r.row, 'values', r.cells) ORDER BY r.row), '[]'::pg_catalog.json)
  FROM (SELECT g.row, (SELECT pg_catalog.json_agg(v.value ORDER BY p.place)
      FROM pg_catalog.unnest(columns) WITH ORDINALITY AS p (col, place)
        LEFT JOIN ROWS FROM (pg_catalog.unnest(g.cols), pg_catalog.unnest(g.cells)) AS v (col, value) ON v.col = p.col) AS cells
    FROM (SELECT c.row, pg_catalog.array_agg(c.col) AS cols, pg_catalog.array_agg(pg_catalog.left(c.value, 200)) AS cells
      FROM xlsx_private.first_cells(file, sheet, header_row, 10) AS c
      GROUP BY c.row ORDER BY c.row) AS g) AS r;
END;
COMMENT ON FUNCTION xlsx_private.first_rows(bytea, text, int, text[]) IS
'The first 10 rows below a header row: [{"rowNumber": 2, "values": ["…", null]}], with the values of the columns that are named by their letters, in their order. A value has at most 200 characters.';

CREATE FUNCTION xlsx_private.default_profile() RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(nullif(pg_catalog.current_setting('pg_xlsx.default_profile', true), ''),
    (SELECT min(p.name) FROM xlsx_private.profile p HAVING pg_catalog.count(*) = 1));
END;
COMMENT ON FUNCTION xlsx_private.default_profile() IS
'Name of the profile that is taken where none is named: pg_xlsx.default_profile, else the only one that exists; NULL where there is no such profile.';

CREATE FUNCTION xlsx_private.text_findings(profile text, file bytea, sheet text, header_row text, mapping jsonb, range text, header_rows int,
  fill_merged boolean, skip_hidden boolean, locale text, date_order text, "decimal" text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'pg_xlsx_text_findings' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx_private.text_findings(text, bytea, text, text, jsonb, text, int, boolean, boolean, text, text, text) IS
'How an import would read the texts of columns that could be read in two ways, as in the column findings of xlsx.tasks; also columns whose texts are all certain. Reads the whole sheet. NULL if there is no file.';

CREATE FUNCTION xlsx.preview(file bytea, profile text DEFAULT NULL, sheet text DEFAULT NULL, header_row text DEFAULT NULL, mapping jsonb DEFAULT NULL,
  range text DEFAULT NULL, header_rows int DEFAULT NULL, fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL,
  locale text DEFAULT NULL, date_order text DEFAULT NULL, "decimal" text DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  chosen_sheet text;
  chosen_row int;
  matches jsonb;
  found json;
  extra json;
  findings json;
  letters text[];
  chosen_profile CONSTANT text := coalesce(preview.profile, xlsx_private.default_profile());
  area CONSTANT text := coalesce(preview.range, (SELECT p.range FROM xlsx.profiles p WHERE p.name = chosen_profile));
  lines CONSTANT int := coalesce(preview.header_rows, (SELECT p.header_rows FROM xlsx.profiles p WHERE p.name = chosen_profile), 1);
  merged CONSTANT boolean := coalesce(preview.fill_merged, (SELECT p.fill_merged FROM xlsx.profiles p WHERE p.name = chosen_profile), false);
  hidden CONSTANT boolean := coalesce(preview.skip_hidden, (SELECT p.skip_hidden FROM xlsx.profiles p WHERE p.name = chosen_profile), false);
BEGIN
  SELECT max(m.sheet), max(m.header_row),
    jsonb_agg(jsonb_build_object('column', m.column_name, 'header', m.header, 'col', m.col))
  INTO chosen_sheet, chosen_row, matches
  FROM xlsx.match_headers(chosen_profile, file, sheet, header_row, mapping, area, header_rows, fill_merged, skip_hidden) AS m;
  findings := xlsx_private.sheet_findings(chosen_profile, file, sheet, header_row, mapping, area, header_rows, fill_merged, skip_hidden);
  SELECT coalesce(json_agg(json_build_object('col', d.col, 'header', d.header_text, 'target', m.item ->> 'column',
      'targetHeader', c.header, 'type', d.type, 'blank', d.blanks, 'longest', d.longest, 'examples', d.examples)
      ORDER BY d."position"), '[]'),
    coalesce(json_agg(d.header_text ORDER BY d."position") FILTER (WHERE m.item IS NULL AND d.header_text IS NOT NULL), '[]'),
    coalesce(array_agg(d.col ORDER BY d."position"), '{}')
  INTO found, extra, letters
  FROM xlsx.discover(file, chosen_sheet, area, coalesce(chosen_row::text, 'none'), 1000, lines, merged, hidden) AS d
    LEFT JOIN jsonb_array_elements(matches) AS m (item) ON m.item ->> 'col' = d.col
    LEFT JOIN xlsx.profile_columns c ON c.profile = chosen_profile AND c.column_name = m.item ->> 'column';
  RETURN json_build_object(
    'sheets', (SELECT json_agg(json_build_object('index', s.sheet, 'name', s.name, 'state', s.state) ORDER BY s.sheet) FROM xlsx.sheets(file) AS s),
    'sheet', chosen_sheet, 'headerRow', chosen_row, 'columns', found,
    'missing', findings -> 'missing', 'extra', extra, 'unused', findings -> 'unused', 'duplicates', findings -> 'duplicates',
    'notes', findings -> 'notes',
    'findings', xlsx_private.text_findings(chosen_profile, file, preview.sheet, header_row, mapping, area, lines, merged, hidden, locale, date_order, preview.decimal),
    'rows', xlsx_private.first_rows(file, chosen_sheet, coalesce(chosen_row + lines - 1, 0), letters),
    'rowsSampled', 1000);
END
$$;
COMMENT ON FUNCTION xlsx.preview(bytea, text, text, text, jsonb, text, int, boolean, boolean, text, text, text) IS
'What an import would make of a file, as JSON; nothing is imported. sheets: all sheets of the workbook. sheet, headerRow: those that the import would read. columns: each column of the sheet with its letters, its header, the target that it would feed (null for none), its likely type and examples, from the first 1000 rows. missing: columns of the profile that no header feeds. extra: headers that feed no column. findings: how texts of dates and numbers are read, by column, from the whole sheet: "38 of 40 values only fit DD.MM.YYYY". unused, duplicates, notes: as in xlsx.tasks; notes also of merged and hidden cells. rows: the first 10 rows, their values in the order of columns. Arguments as for xlsx.submit.';

CREATE FUNCTION xlsx_private.upload_settings(upload bigint, OUT name text, OUT size bigint, OUT profile text, OUT options jsonb)
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_settings' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_settings(bigint) IS 'Options of an upload that is not finished, by the names of the arguments of xlsx.submit.';
