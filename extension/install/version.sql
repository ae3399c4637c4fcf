/*
 * Versions: the loaded library and the SQL objects may differ after an update
 */

CREATE FUNCTION xlsx_private.library_version() RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_library_version' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.library_version() IS 'Version of the library that the server has loaded.';

CREATE FUNCTION xlsx_private.version_order(first text, second text) RETURNS int
AS 'MODULE_PATHNAME', 'pg_xlsx_version_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.version_order(text, text) IS
'Negative if the first version is older than the second, positive if it is newer, 0 if neither. Versions that are not MAJOR.MINOR cannot be compared: 0.';

CREATE FUNCTION xlsx.version(OUT library text, OUT sql text, OUT older text, OUT message text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT v.library, v.sql,
    CASE WHEN v.difference OPERATOR(pg_catalog.<) 0 THEN 'library' WHEN v.difference OPERATOR(pg_catalog.>) 0 THEN 'sql' END,
    CASE WHEN v.difference OPERATOR(pg_catalog.<) 0 THEN 'The loaded library is older than the SQL objects. Restart the server.'
      WHEN v.difference OPERATOR(pg_catalog.>) 0 THEN 'The SQL objects are older than the loaded library. Run ALTER EXTENSION pg_xlsx UPDATE.' END
  FROM (SELECT xlsx_private.library_version(), e.extversion, xlsx_private.version_order(xlsx_private.library_version(), e.extversion)
    FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'pg_xlsx') AS v (library, sql, difference);
END;
COMMENT ON FUNCTION xlsx.version() IS
'Versions of the loaded library and of the SQL objects of this database. older: library or sql, NULL if neither is. message: what to do then.';
