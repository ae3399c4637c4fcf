/*
 * What a sheet holds
 */

CREATE FUNCTION xlsx.discover(file bytea, sheet text DEFAULT NULL, range text DEFAULT NULL, header text DEFAULT 'auto',
  sample int DEFAULT NULL,
  OUT "position" int, OUT col text, OUT header_text text, OUT column_name text, OUT type text, OUT filled bigint,
  OUT blanks bigint, OUT errors bigint, OUT longest int, OUT min_value text, OUT max_value text, OUT examples text[],
  OUT header_row int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_discover' LANGUAGE C STABLE ROWS 20;
COMMENT ON FUNCTION xlsx.discover(bytea, text, text, text, int) IS
'Columns of a sheet (the first one by default) and what they hold: letters, header, a name and the type that suits all values, counts of values, blanks and errors, the longest value in characters, the least and the greatest, some different examples; long texts are cut in these three, and headers of more than 1023 bytes. header: auto, none, or the number of its row; header_row says which it was. sample: look at so many rows only.';

CREATE FUNCTION xlsx.create_table_sql(file bytea, name text, sheet text DEFAULT NULL, range text DEFAULT NULL,
  header text DEFAULT 'auto', sample int DEFAULT NULL)
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
  FROM xlsx.discover(file, sheet, range, header, sample) AS d;
  IF columns IS NULL THEN
    RAISE EXCEPTION 'sheet has no columns' USING ERRCODE = 'no_data_found';
  END IF;
  RETURN format(E'CREATE TABLE %s (\n%s\n);', quoted, columns) || coalesce(comments, '');
END
$$;
COMMENT ON FUNCTION xlsx.create_table_sql(bytea, text, text, text, text, int) IS
'CREATE TABLE statement that suits a sheet, by xlsx.discover. Headers that the column''s names do not give away become comments, where a profile finds them.';
