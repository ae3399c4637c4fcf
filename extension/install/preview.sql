/*
 * A look at a file before it is imported
 */

CREATE FUNCTION xlsx.match_headers(profile text, file bytea, sheet text DEFAULT NULL, header_row text DEFAULT NULL, mapping jsonb DEFAULT NULL,
  OUT sheet_name text, OUT header_row_number int, OUT column_name text, OUT header text, OUT col int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_match' LANGUAGE C STABLE ROWS 10;
COMMENT ON FUNCTION xlsx.match_headers(text, bytea, text, text, jsonb) IS
'How a sheet would be matched with a profile: for each of its columns the header that feeds it and the number of its sheet column, NULL for none. Arguments as for xlsx.submit.';

CREATE FUNCTION xlsx_private.upload_file(upload bigint) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_file' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_file(bigint) IS 'The bytes of an upload that has not ended, read where they lie.';

CREATE FUNCTION xlsx_private.first_cells(file bytea, sheet text, after_row int, rows int,
  OUT sheet_number int, OUT "row" int, OUT col text, OUT kind text, OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_first_cells' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION xlsx_private.first_cells(bytea, text, int, int) IS
'xlsx.cells of the first rows of a sheet behind one that hold anything; the rows after them are not read.';

CREATE FUNCTION xlsx_private.first_rows(file bytea, sheet text, header_row int, columns int) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('rowNumber', r.row, 'values', r.cells) ORDER BY r.row), '[]'::pg_catalog.json)
  FROM (SELECT g.row, (SELECT pg_catalog.json_agg(v.value ORDER BY p.position)
      FROM pg_catalog.generate_series(1, columns) AS p (position) LEFT JOIN ROWS FROM (pg_catalog.unnest(g.cols), pg_catalog.unnest(g.cells)) AS v (col, value)
        ON xlsx_private.cell_name(0, p.position) = v.col || '0') AS cells
    FROM (SELECT c.row, pg_catalog.array_agg(c.col) AS cols, pg_catalog.array_agg(pg_catalog.left(c.value, 200)) AS cells
      FROM xlsx_private.first_cells(file, sheet, header_row, 10) AS c
      GROUP BY c.row ORDER BY c.row) AS g) AS r;
END;
COMMENT ON FUNCTION xlsx_private.first_rows(bytea, text, int, int) IS 'The first 10 rows below a header, each with so many values; of a long one the first 200 characters.';

CREATE FUNCTION xlsx.preview(file bytea, profile text DEFAULT NULL, sheet text DEFAULT NULL, header_row text DEFAULT NULL, mapping jsonb DEFAULT NULL)
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
  width int;
BEGIN
  SELECT max(m.sheet_name), max(m.header_row_number),
    jsonb_agg(jsonb_build_object('column', m.column_name, 'header', m.header, 'col', m.col))
  INTO chosen_sheet, chosen_row, matches
  FROM xlsx.match_headers(profile, file, sheet, header_row, mapping) AS m;
  SELECT coalesce(json_agg(json_build_object('col', d.col, 'header', d.header_text, 'target', m.item ->> 'column',
      'targetHeader', c.header, 'type', d.type, 'blank', d.blanks, 'longest', d.longest, 'examples', d.examples)
      ORDER BY d."position"), '[]'),
    coalesce(json_agg(d.header_text ORDER BY d."position") FILTER (WHERE m.item IS NULL AND d.header_text IS NOT NULL), '[]'), max(d."position")
  INTO found, extra, width
  FROM xlsx.discover(file, chosen_sheet, NULL, coalesce(chosen_row::text, 'none'), 1000) AS d
    LEFT JOIN jsonb_array_elements(matches) AS m (item) ON (m.item ->> 'col')::int = d."position"
    LEFT JOIN xlsx.profile_columns c ON c.profile = preview.profile AND c.column_name = m.item ->> 'column';
  RETURN json_build_object(
    'sheets', (SELECT json_agg(json_build_object('index', s.sheet, 'name', s.name, 'state', s.state) ORDER BY s.sheet) FROM xlsx.sheets(file) AS s),
    'sheet', chosen_sheet, 'headerRow', chosen_row, 'columns', found,
    'missing', (SELECT coalesce(json_agg(json_build_object('column', c.column_name, 'header', c.header, 'required', c.required) ORDER BY c."position"), '[]')
      FROM xlsx.profile_columns c JOIN jsonb_array_elements(matches) AS m (item) ON m.item ->> 'column' = c.column_name
      WHERE c.profile = preview.profile AND c.source = 'cell' AND m.item ->> 'col' IS NULL),
    'extra', extra,
    'rows', xlsx_private.first_rows(file, chosen_sheet, coalesce(chosen_row, 0), coalesce(width, 0)),
    'rowsSampled', 1000);
END
$$;
COMMENT ON FUNCTION xlsx.preview(bytea, text, text, text, jsonb) IS
'What an import would make of a file, without doing it: its sheets, the header row, each column with the target it would feed, its likely type and examples (of the first 1000 rows), what is missing and extra, and the first 10 rows. Arguments as for xlsx.submit.';

CREATE FUNCTION xlsx_private.upload_settings(upload bigint,
  OUT name text, OUT size bigint, OUT profile text, OUT sheet text, OUT header_row text, OUT mapping text)
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_settings' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_settings(bigint) IS 'What was said of an upload that has not ended.';
