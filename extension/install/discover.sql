/*
 * What a sheet holds
 */

CREATE TYPE xlsx.discovered_column AS (
  "position"  int,
  col         text,
  header_text text,
  column_name text,
  type        text,
  filled      bigint,
  blanks      bigint,
  errors      bigint,
  longest     int,
  min_value   text,
  max_value   text,
  examples    text[],
  header_row  int
);
COMMENT ON TYPE xlsx.discovered_column IS 'A column of a sheet that holds a value; xlsx.discover returns one row for each.';
COMMENT ON COLUMN xlsx.discovered_column."position" IS 'Number among these columns, from 1.';
COMMENT ON COLUMN xlsx.discovered_column.col IS 'Letters of the column: A, B, …';
COMMENT ON COLUMN xlsx.discovered_column.header_text IS 'Text of the cell in the header row; NULL if there is none. A text above 1023 bytes is cut.';
COMMENT ON COLUMN xlsx.discovered_column.column_name IS 'A name for a column of a table, made of the header. Names are unique.';
COMMENT ON COLUMN xlsx.discovered_column.type IS 'Type of PostgreSQL that fits all values.';
COMMENT ON COLUMN xlsx.discovered_column.filled IS 'Number of cells with a value.';
COMMENT ON COLUMN xlsx.discovered_column.blanks IS 'Number of rows without a value in this column.';
COMMENT ON COLUMN xlsx.discovered_column.errors IS 'Number of cells with an error value, such as #N/A.';
COMMENT ON COLUMN xlsx.discovered_column.longest IS 'Length of the longest value, in characters.';
COMMENT ON COLUMN xlsx.discovered_column.min_value IS 'The smallest value as text; a long text is cut.';
COMMENT ON COLUMN xlsx.discovered_column.max_value IS 'The greatest value as text; a long text is cut.';
COMMENT ON COLUMN xlsx.discovered_column.examples IS 'Some different values; long texts are cut.';
COMMENT ON COLUMN xlsx.discovered_column.header_row IS 'Number of the header row in the sheet; NULL where there is none.';

CREATE FUNCTION xlsx.discover(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL, header_row text DEFAULT 'auto',
  sample int DEFAULT NULL, header_rows int DEFAULT NULL, fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL)
RETURNS SETOF xlsx.discovered_column
AS 'MODULE_PATHNAME', 'pg_xlsx_discover' LANGUAGE C STABLE ROWS 20;
COMMENT ON FUNCTION xlsx.discover(bytea, text, text, text, int, int, boolean, boolean) IS
'Columns of a sheet and what they hold, one row for each column that holds anything. sheet: its name, "#2" for the second one, "~regexp" for the first whose name matches; the first visible sheet by default. range: such as B2:F500. header_row: "auto" (of the first 20 rows that are not blank, the widest that holds headers only), "first" (the first row that is not blank), its number, or "none". sample: reads the first N rows only; all by default. header_rows, fill_merged, skip_hidden: as in xlsx.alter_profile.';

CREATE FUNCTION xlsx.create_table_sql(file bytea, name text, sheet text DEFAULT NULL, range text DEFAULT NULL,
  header_row text DEFAULT 'auto', sample int DEFAULT NULL, header_rows int DEFAULT NULL, fill_merged boolean DEFAULT NULL, skip_hidden boolean DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  quoted text := (SELECT string_agg(quote_ident(part), '.' ORDER BY ordinal)
    FROM unnest(parse_ident(name)) WITH ORDINALITY AS p (part, ordinal));
  columns text;
  comments text;
BEGIN
  IF file IS NULL THEN
    RETURN NULL;
  END IF;
  -- A header that would not be found again by the column's name is kept as its label.
  SELECT string_agg(format(E'  %I %s', d.column_name, d.type), E',\n' ORDER BY d.position),
    string_agg(format(E'\nCOMMENT ON COLUMN %s.%I IS %L;', quoted, d.column_name, d.header_text), '' ORDER BY d.position)
      FILTER (WHERE translate(lower(d.header_text), ' -_', '') <> translate(d.column_name, '_', ''))
  INTO columns, comments
  FROM xlsx.discover(file, sheet, range, header_row, sample, header_rows, fill_merged, skip_hidden) AS d;
  IF columns IS NULL THEN
    RAISE EXCEPTION 'sheet has no columns' USING ERRCODE = 'no_data_found';
  END IF;
  RETURN format(E'CREATE TABLE %s (\n%s\n);', quoted, columns) || coalesce(comments, '');
END
$$;
COMMENT ON FUNCTION xlsx.create_table_sql(bytea, text, text, text, text, int, int, boolean, boolean) IS
'CREATE TABLE statement for the columns that xlsx.discover finds, with the same arguments. A header that cannot be derived from the name of its column becomes the column''s comment, where a profile finds it. Error if the sheet has no columns.';
