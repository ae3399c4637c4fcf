/*
 * The shape of a profile's rows, as JSON Schema (2020-12)
 */

CREATE FUNCTION xlsx_private.enum_labels(type_id oid) RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = type_id;
END;
COMMENT ON FUNCTION xlsx_private.enum_labels(oid) IS 'Labels of an enum in their order; NULL for other types.';

CREATE FUNCTION xlsx_private.bounds_schema(lowest numeric, highest numeric) RETURNS jsonb
LANGUAGE sql STABLE
RETURN pg_catalog.jsonb_build_object('type', 'integer', 'minimum', lowest, 'maximum', highest);
COMMENT ON FUNCTION xlsx_private.bounds_schema(numeric, numeric) IS 'JSON Schema of an integer.';

-- numeric rounds to its scale, so that is no error; how many digits stand before the point is.
CREATE FUNCTION xlsx_private.numeric_schema(modifier int) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bound CONSTANT numeric := 10::numeric ^ xlsx_private.integer_digits(modifier);
BEGIN
  IF bound IS NULL THEN
    RETURN '{"type": "number"}';
  END IF;
  RETURN jsonb_build_object('type', 'number', 'exclusiveMinimum', trim_scale(-bound), 'exclusiveMaximum', trim_scale(bound));
END
$$;
COMMENT ON FUNCTION xlsx_private.numeric_schema(int) IS 'JSON Schema of numeric(digits, scale), by its type modifier.';

CREATE FUNCTION xlsx_private.type_schema(type oid, modifier int) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  t pg_type := (SELECT t FROM pg_type t WHERE t.oid = type_schema.type);
BEGIN
  IF t.typtype = 'd' THEN
    RETURN xlsx_private.type_schema(t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE modifier END);
  ELSIF t.typtype = 'e' THEN
    RETURN jsonb_build_object('enum', xlsx_private.enum_labels(type));
  ELSIF t.typcategory = 'A' THEN
    RETURN jsonb_build_object('type', 'array', 'items', CASE WHEN t.typelem <> 0 THEN xlsx_private.type_schema(t.typelem, modifier) ELSE '{}' END);
  END IF;
  RETURN CASE type::regtype
    WHEN 'int2'::regtype THEN xlsx_private.bounds_schema(-32768, 32767)
    WHEN 'int4'::regtype THEN xlsx_private.bounds_schema(-2147483648, 2147483647)
    WHEN 'int8'::regtype THEN xlsx_private.bounds_schema(-9223372036854775808, 9223372036854775807)
    WHEN 'float4'::regtype THEN '{"type": "number"}'
    WHEN 'float8'::regtype THEN '{"type": "number"}'
    WHEN 'numeric'::regtype THEN xlsx_private.numeric_schema(modifier)
    WHEN 'bool'::regtype THEN '{"type": "boolean"}'
    WHEN 'date'::regtype THEN '{"type": "string", "format": "date"}'
    WHEN 'timestamptz'::regtype THEN '{"type": "string", "format": "date-time"}'
    WHEN 'uuid'::regtype THEN '{"type": "string", "format": "uuid"}'
    WHEN 'json'::regtype THEN '{}'
    WHEN 'jsonb'::regtype THEN '{}'
    WHEN 'name'::regtype THEN '{"type": "string", "maxLength": 63}'
    ELSE CASE WHEN type::regtype IN ('varchar'::regtype, 'bpchar'::regtype) AND modifier > 4
      THEN jsonb_build_object('type', 'string', 'maxLength', modifier - 4) ELSE '{"type": "string"}' END
  END;
END
$$;
COMMENT ON FUNCTION xlsx_private.type_schema(oid, int) IS 'JSON Schema of the values of a type.';

-- Regular expressions of PostgreSQL know more than those of JSON Schema.
CREATE FUNCTION xlsx_private.is_common_pattern(pattern text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN pattern OPERATOR(pg_catalog.!~) '^\*\*\*|\\[AZmMyYe0]|\[\[[:.=]|\(\?([^:=!]|$)';
COMMENT ON FUNCTION xlsx_private.is_common_pattern(text) IS 'Does a regular expression have the same meaning in ECMA-262?';

CREATE FUNCTION xlsx_private.rule_schema(kind text, argument text[], is_number boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bound CONSTANT text := argument[1];
BEGIN
  RETURN CASE kind
    WHEN 'min' THEN CASE WHEN is_number THEN jsonb_build_object('minimum', bound::numeric) END
    WHEN 'max' THEN CASE WHEN is_number THEN jsonb_build_object('maximum', bound::numeric) END
    WHEN 'min_length' THEN CASE WHEN NOT is_number THEN jsonb_build_object('minLength', bound::int) END
    WHEN 'max_length' THEN CASE WHEN NOT is_number THEN jsonb_build_object('maxLength', bound::int) END
    WHEN 'pattern' THEN CASE WHEN NOT is_number AND xlsx_private.is_common_pattern(bound) THEN jsonb_build_object('pattern', bound) END
    WHEN 'one_of' THEN jsonb_build_object('enum', CASE WHEN is_number THEN (SELECT jsonb_agg(a::numeric) FROM unnest(argument) a) ELSE to_jsonb(argument) END)
  END;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION xlsx_private.rule_schema(text, text[], boolean) IS
'JSON Schema that a rule of one cell adds to its column. NULL if a schema cannot express the rule.';

CREATE FUNCTION xlsx_private.is_needed(profile text, c xlsx.profile_columns) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN c.required OR EXISTS (SELECT FROM xlsx.profile_rules r
    WHERE r.profile = is_needed.profile AND r.column_name = c.column_name AND r.kind = 'required' AND r.severity = 'error');
END
$$;
COMMENT ON FUNCTION xlsx_private.is_needed(text, xlsx.profile_columns) IS 'Does a blank cell in this column make its row an error?';

CREATE FUNCTION xlsx_private.column_schema(profile text, c xlsx.profile_columns, type oid, modifier int) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known CONSTANT boolean := coalesce(c.lookup, c.lookup_table, c.transform) IS NULL;
  base jsonb := CASE WHEN known THEN xlsx_private.type_schema(type, modifier) ELSE '{"type": ["string", "number", "boolean"]}' END;
  is_text CONSTANT boolean := base ->> 'type' = 'string' AND NOT base ? 'format';
  is_number CONSTANT boolean := base ->> 'type' IN ('integer', 'number');
  needed CONSTANT boolean := xlsx_private.is_needed(profile, c);
  schema jsonb := jsonb_build_object('title', c.label, 'description', c.type);
  parts jsonb;
BEGIN
  -- Each rule beside the type, so that none hides another.
  SELECT jsonb_agg(p.part ORDER BY p.no) INTO parts
  FROM (SELECT r."position" AS no, xlsx_private.rule_schema(r.kind, r.argument, is_number) AS part FROM xlsx.profile_rules r
    WHERE known AND (is_text OR is_number) AND r.profile = column_schema.profile AND r.column_name = c.column_name AND r.severity = 'error') p
  WHERE p.part IS NOT NULL;
  IF needed AND is_text THEN
    base := jsonb_build_object('minLength', 1) || base;
  END IF;
  IF parts IS NOT NULL THEN
    base := base || jsonb_build_object('allOf', parts);
  END IF;
  IF needed OR base = '{}' THEN
    RETURN schema || base;
  END IF;
  RETURN schema || jsonb_build_object('anyOf', jsonb_build_array('{"type": "null"}'::jsonb, base));
END
$$;
COMMENT ON FUNCTION xlsx_private.column_schema(text, xlsx.profile_columns, oid, int) IS
'JSON Schema of the values of a column of a profile: type, length, rules; null if a cell may be blank.';

CREATE FUNCTION xlsx.row_schema(profile text) RETURNS json
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  chosen record;
  properties json;
  needed json;
BEGIN
  SELECT p.name, p.target INTO chosen FROM xlsx.profiles p JOIN pg_class r ON r.oid = p.target
  WHERE p.name = row_schema.profile AND has_schema_privilege(r.relnamespace, 'USAGE');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Profile % not found', profile USING ERRCODE = 'no_data_found';
  END IF;
  WITH cell AS (
    SELECT c.header, c."position", xlsx_private.is_needed(row_schema.profile, c) AS needed,
      xlsx_private.column_schema(row_schema.profile, c, a.atttypid, a.atttypmod) AS schema
    FROM xlsx.profile_columns c JOIN pg_attribute a ON a.attrelid = chosen.target AND a.attname = c.column_name AND NOT a.attisdropped
    WHERE c.profile = row_schema.profile AND c.source = 'cell')
  SELECT json_object_agg(cell.header, cell.schema ORDER BY cell."position"),
    json_agg(cell.header ORDER BY cell."position") FILTER (WHERE cell.needed)
  INTO properties, needed FROM cell;
  RETURN json_build_object('$schema', 'https://json-schema.org/draft/2020-12/schema', 'title', chosen.name, 'type', 'object',
    'properties', coalesce(properties, '{}'), 'required', coalesce(needed, '[]'));
END
$$;
COMMENT ON FUNCTION xlsx.row_schema(text) IS
'JSON Schema (2020-12) of a row of a profile: an object with the headers as keys. Types, lengths, enums and required columns come from the target; bounds, patterns and lists from the rules of severity "error". What a schema cannot express is left out: unique, expressions, CHECK constraints, rules on dates. Error if there is no such profile.';
