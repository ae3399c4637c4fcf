/*
 * Workbooks to fill in
 */

CREATE FUNCTION xlsx.template(profile text DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_template' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx.template(text) IS
'Workbook (xlsx) to fill in for a profile (NULL: the default one). It has the headers, notes with the rules, drop-downs for enums, booleans, lookups and references of at most 1000 values, and formats for texts and dates. Lookups and referenced tables are read as the caller.';
