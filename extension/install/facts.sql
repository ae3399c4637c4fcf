/*
 * What the C code knows and SQL needs, too: it stands in the C code alone.
 */

CREATE FUNCTION xlsx_private.names_of(kind text) RETURNS text[]
AS 'MODULE_PATHNAME', 'pg_xlsx_names_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.names_of(text) IS
'The names that something can have, in their order: mode, index_after_load, source, rule, severity, phase, status; active_status, success_status: those that mean so.';

CREATE FUNCTION xlsx_private.sentence_of(kind text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.regexp_replace(pg_catalog.array_to_string(xlsx_private.names_of(kind), ', '), ', ([^,]+)$', ' and \1');
COMMENT ON FUNCTION xlsx_private.sentence_of(text) IS 'The same as "one, two and three".';

CREATE FUNCTION xlsx_private.choices_of(kind text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN '"' || pg_catalog.regexp_replace(pg_catalog.array_to_string(xlsx_private.names_of(kind), '", "'), ', ([^,]+)$', ' or \1') || '"';
COMMENT ON FUNCTION xlsx_private.choices_of(text) IS 'The same as ""one", "two" or "three"".';

-- Both are put in place where they are called, so that indexes with such a condition are used.
CREATE FUNCTION xlsx_private.is_active(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status OPERATOR(pg_catalog.=) ANY (xlsx_private.names_of('active_status'));
COMMENT ON FUNCTION xlsx_private.is_active(text) IS 'Has a task of this status not ended?';

CREATE FUNCTION xlsx_private.is_success(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status OPERATOR(pg_catalog.=) ANY (xlsx_private.names_of('success_status'));
COMMENT ON FUNCTION xlsx_private.is_success(text) IS 'Has a task of this status ended, its good rows saved?';

CREATE FUNCTION xlsx_private.rule_takes(rule text, arguments int) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_rule_takes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.rule_takes(text, int) IS 'May a rule have so many arguments? NULL when there is no such rule.';
