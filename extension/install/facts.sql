/*
 * What the C code knows and SQL needs, too: it stands in the C code alone.
 */

CREATE FUNCTION xlsx_private.names_of(kind text) RETURNS text[]
AS 'MODULE_PATHNAME', 'pg_xlsx_names_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.names_of(text) IS
'Names that something can have, in order: mode, index_after_load, target_by, header_check, source, rule, severity, date_order, decimal, rounding, no_value, blank_cells, phase, status; active_status and success_status are parts of status.';

CREATE FUNCTION xlsx_private.sentence_of(kind text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.regexp_replace(pg_catalog.array_to_string(xlsx_private.names_of(kind), ', '), ', ([^,]+)$', ' and \1');
COMMENT ON FUNCTION xlsx_private.sentence_of(text) IS 'The names of xlsx_private.names_of as "one, two and three".';

CREATE FUNCTION xlsx_private.choices_of(kind text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN '"' || pg_catalog.regexp_replace(pg_catalog.array_to_string(xlsx_private.names_of(kind), '", "'), ', ([^,]+)$', ' or \1') || '"';
COMMENT ON FUNCTION xlsx_private.choices_of(text) IS 'The names of xlsx_private.names_of as ""one", "two" or "three"".';

CREATE FUNCTION xlsx_private.folded(word text) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_folded' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.folded(text) IS
'The text in lower case and without accents: "Straße" is "strasse". Lookups that ignore case compare by it.';

-- Both are put in place where they are called, so that indexes with such a condition are used.
CREATE FUNCTION xlsx_private.is_active(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status OPERATOR(pg_catalog.=) ANY (xlsx_private.names_of('active_status'));
COMMENT ON FUNCTION xlsx_private.is_active(text) IS 'Does this status mean that the task has not ended?';

CREATE FUNCTION xlsx_private.is_success(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status OPERATOR(pg_catalog.=) ANY (xlsx_private.names_of('success_status'));
COMMENT ON FUNCTION xlsx_private.is_success(text) IS 'Does this status mean that the task has ended and its good rows are saved?';

CREATE FUNCTION xlsx_private.rule_takes(rule text, arguments int) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_rule_takes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.rule_takes(text, int) IS 'May a rule of this kind have N arguments? NULL if there is no such kind.';

CREATE FUNCTION xlsx_private.is_header_row(header_row text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_is_header_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.is_header_row(text) IS 'Is the text a header_row of an import?';

CREATE FUNCTION xlsx_private.row_in_sheet(row_number int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN row_number & 16777215;
COMMENT ON FUNCTION xlsx_private.row_in_sheet(int) IS 'Number of a row in its sheet, of its number among all rows of a task.';

CREATE FUNCTION xlsx_private.row_sheet(row_number int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (row_number >> 24) + 1;
COMMENT ON FUNCTION xlsx_private.row_sheet(int) IS 'Number of the sheet of a row among those of its task, from 1, of its number among all rows of the task.';

CREATE FUNCTION xlsx_private.number_of(kind text) RETURNS int
AS 'MODULE_PATHNAME', 'pg_xlsx_number_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.number_of(text) IS
'chunk_bytes: size of all chunks of a file but the last, in bytes. skip_end: the greatest number of rows that a profile can leave out at the end. length_digits: the greatest number of digits in the length of a rule. header_rows: the greatest number of rows that headers can take.';

CREATE FUNCTION xlsx_private.integer_digits(modifier int) RETURNS int
AS 'MODULE_PATHNAME', 'pg_xlsx_integer_digits' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.integer_digits(int) IS
'Greatest number of digits before the point of numeric(digits, scale), by its type modifier. NULL if there is no modifier.';

CREATE FUNCTION xlsx_private.may_pass(sqlstate text) RETURNS boolean
AS 'MODULE_PATHNAME', 'pg_xlsx_may_pass' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.may_pass(text) IS
'May an error with this SQLSTATE pass by itself, so that another attempt at the task can succeed?';

CREATE FUNCTION xlsx_private.built_in_messages(OUT no int, OUT language text, OUT message text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'pg_xlsx_built_in_messages' LANGUAGE C IMMUTABLE;
COMMENT ON FUNCTION xlsx_private.built_in_messages() IS
'The built-in messages of violations: each has a number and is there in every language. Places in braces are filled for each violation. A locale chooses the language by what stands before its first "-" or "_"; English stands for all others.';
