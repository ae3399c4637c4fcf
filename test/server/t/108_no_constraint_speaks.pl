# Whatever the arguments are, what refuses them is a sentence, never a constraint of a private table: each function, and each member of JSON
# that functions take, is called with values that nobody expects.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('no_constraint_speaks');
my $psql = sub { $node->safe_psql('postgres', $_[0]) };

$psql->(<<'SQL');
CREATE TABLE constrained (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task_id bigint, name text NOT NULL, price numeric(8, 2), tags text[]);
SELECT xlsx.create_profile('constrained', 'constrained', task_column => 'task_id');
SELECT xlsx.add_rule('constrained', 'min', 'price', '{0}');
CREATE TABLE book AS SELECT xlsx.write('SELECT ''Ann'' AS name, 1 AS price') AS data;
SELECT xlsx.import('constrained', data) FROM book;

CREATE TABLE complaint (call text, message text);

-- Calls it, and takes back what it did. A complaint: a private table spoke, or the server itself, of something inside.
CREATE PROCEDURE attempt(call text) LANGUAGE plpgsql AS $$
DECLARE
  said text;
  schema text;
  named text;
  detail text;
  code text;
BEGIN
  BEGIN
    EXECUTE call;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, schema = SCHEMA_NAME, named = CONSTRAINT_NAME, detail = PG_EXCEPTION_DETAIL, code = RETURNED_SQLSTATE;
  END;
  IF schema = 'xlsx_private' OR code LIKE '23%' OR code = 'XX000' OR said ~ 'violates|xlsx_private|null value in column|value too long' OR detail ~ 'Failing row|xlsx_private' THEN
    INSERT INTO complaint VALUES (left(call, 300), format('%s %s %s %s', code, said, named, detail));
  END IF;
END
$$;

CREATE FUNCTION odd_values(type regtype) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT v FROM unnest(CASE type::text
    WHEN 'text' THEN ARRAY['', ' ', 'x', '-1', '~', '~(', '#0', '{', 'null', E'a\nb', repeat('x', 3000)]
    WHEN 'name' THEN ARRAY['', ' ', 'x', 'id', 'ctid']
    WHEN 'integer' THEN ARRAY['-2147483648', '-1', '0', '2147483647']
    WHEN 'bigint' THEN ARRAY['-9223372036854775808', '-1', '0', '9223372036854775807']
    WHEN 'boolean' THEN ARRAY['true', 'false']
    WHEN 'jsonb' THEN ARRAY['null', '[]', '{}', '1', '"x"', '{"x": 1}', '{"": null}', '{"name": []}']
    WHEN 'json' THEN ARRAY['null', '[]', '{}', '1', '"x"', '{"x": 1}']
    WHEN 'text[]' THEN ARRAY['{}', '{NULL}', '{""}', '{x}', '{{a},{b}}', '{name,name}']
    WHEN 'name[]' THEN ARRAY['{}', '{NULL}', '{""}', '{x}', '{{a},{b}}', '{name,name}']
    WHEN 'interval' THEN ARRAY['-1 s', '0', '1000000 years']
    WHEN 'timestamp with time zone' THEN ARRAY['-infinity', 'infinity', '0001-01-01 BC']
    WHEN 'regclass' THEN ARRAY['0', '4294967295', 'pg_class']
    WHEN 'regrole' THEN ARRAY['0', '4294967295']
    WHEN 'bytea' THEN ARRAY['', 'x']
    ELSE '{}'::text[] END) AS v
$$;

-- A value that an argument without a default may have.
CREATE FUNCTION usual_value(name text, type regtype) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN type = 'bytea'::regtype THEN '(SELECT data FROM book)' WHEN name = 'target' THEN '''constrained''::regclass' WHEN name IN ('profile', 'name') THEN '''constrained'''
    WHEN name = 'column_name' THEN '''price''' WHEN name IN ('task', 'upload') THEN '1' WHEN name = 'kind' THEN '''required''' WHEN name = 'query' THEN '''SELECT 1'''
    WHEN name = 'definition' THEN 'xlsx.profile_json(''constrained'')' WHEN name = 'role' THEN 'current_user::regrole' ELSE format('NULL::%s', type) END
$$;
SQL

# Each argument of each function for people, the others as usual.
$psql->(<<'SQL');
DO $$
DECLARE
  f record;
  odd text;
  calls int := 0;
BEGIN
  FOR f IN SELECT p.oid::regproc AS name, p.proargnames[a.place] AS argument, a.type::regtype AS type, p.proretset,
      (SELECT coalesce(string_agg(format(', %I => %s', p.proargnames[o.place], usual_value(p.proargnames[o.place], o.type::regtype)), '' ORDER BY o.place), '')
       FROM unnest(p.proargtypes) WITH ORDINALITY AS o (type, place) WHERE o.place <= p.pronargs - p.pronargdefaults AND o.place <> a.place) AS others
    FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS a (type, place)
    WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_rest'::regnamespace) AND p.prokind = 'f' AND p.proname NOT IN ('wait', 'listen', 'server_file')
  LOOP
    FOR odd IN SELECT format('%L::%s', v, f.type) FROM odd_values(f.type) AS v UNION ALL SELECT format('NULL::%s', f.type) LOOP
      CALL attempt(format('SELECT * FROM %s(%I => %s%s)', f.name, f.argument, odd, f.others));
      calls := calls + 1;
    END LOOP;
  END LOOP;
  IF calls < 500 THEN RAISE EXCEPTION 'only % calls', calls; END IF;
END
$$;
SQL
is($psql->('SELECT DISTINCT ON (message) call, message FROM complaint'), '', 'arguments of functions');

# Each member of a profile's JSON, of its columns and its rules; and each field of an upload.
$psql->(<<'SQL');
DO $$
DECLARE
  given CONSTANT jsonb := xlsx.profile_json('constrained') || '{"name": "copy"}';
  part text;
  member text;
  odd jsonb;
  odds CONSTANT jsonb := '[null, true, -1, 0, 1e30, 1.5, "", " ", "x", [], [null], [""], ["x"], {}, {"x": 1}, [[]], "{", "~("]';
  calls int := 0;
BEGIN
  FOREACH part IN ARRAY ARRAY['', 'column', 'rule'] LOOP
    FOR member IN SELECT a.attname FROM pg_attribute a WHERE a.attrelid = ('xlsx_private.' || rtrim('profile_' || part, '_'))::regclass AND a.attnum > 0 AND NOT a.attisdropped LOOP
      FOR odd IN SELECT * FROM jsonb_array_elements(odds) LOOP
        CALL attempt(format('SELECT xlsx.create_profile_from_json(%L)', CASE part WHEN '' THEN given || jsonb_build_object(member, odd)
          ELSE jsonb_set(given, ARRAY[part || 's', '0', member], odd) END));
        calls := calls + 1;
      END LOOP;
    END LOOP;
  END LOOP;
  FOR odd IN SELECT * FROM jsonb_array_elements(odds) LOOP
    CALL attempt(format('SELECT xlsx.create_profile_from_json(%L)', given || jsonb_build_object('columns', odd)));
    CALL attempt(format('SELECT xlsx.create_profile_from_json(%L)', given || jsonb_build_object('rules', odd)));
    CALL attempt(format('SELECT xlsx.create_profile_from_json(%L)', given || jsonb_build_object('columns', jsonb_build_array(odd), 'rules', jsonb_build_array(odd))));
  END LOOP;
  -- Options of a task are the parameters of xlsx.submit.
  FOR member IN SELECT unnest(p.proargnames) FROM pg_proc p WHERE p.oid = 'xlsx.submit'::regproc LOOP
    FOR odd IN SELECT * FROM jsonb_array_elements(odds) LOOP
      CALL attempt(format('SELECT xlsx_private.upload_finish(u) FROM (SELECT xlsx_rest.upload_begin(''constrained'', ''a.xlsx'', %L::json) AS u) AS made, '
        || 'LATERAL (SELECT xlsx_rest.upload_chunk(u, 0, data) FROM book) AS sent', jsonb_build_object(member, odd)));
      calls := calls + 1;
    END LOOP;
  END LOOP;
  IF calls < 1000 THEN RAISE EXCEPTION 'only % calls', calls; END IF;
END
$$;
SQL
is($psql->('SELECT DISTINCT ON (message) call, message FROM complaint'), '', 'members of JSON, and fields of uploads');

# The test would hear a table speak.
$psql->(q{TRUNCATE complaint; CALL attempt($$UPDATE xlsx_private.profile SET mode = 'x'$$)});
like($psql->('SELECT message FROM complaint'), qr/^23514 .*profile_mode_check/, 'a constraint that speaks is heard');

$node->stop;
done_testing();
