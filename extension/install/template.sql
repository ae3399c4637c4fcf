/*
 * Workbooks to fill in
 */

CREATE FUNCTION xlsx.template(profile text DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'pg_xlsx_template' LANGUAGE C STABLE;
COMMENT ON FUNCTION xlsx.template(text) IS
'Workbook to fill in for a profile (NULL: the default one): its headers, with notes that tell the rules, drop-downs for enums, booleans, lookups and references of up to 1000 values, text format for text columns and date formats for dates. Reads lookups and referenced tables as the caller.';
