# Another role's schema is first on the caller's search_path: the functions of the extension call no operator
# and no function in it. The SQL of a profile does not either; it means the same with every search_path.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('path');
my $book = workbook('-r', 30, '-e', 10);
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

$sql->(<<"SQL");
CREATE ROLE mallory LOGIN;
CREATE SCHEMA trap AUTHORIZATION mallory;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
CREATE TABLE sex (name varchar PRIMARY KEY);
INSERT INTO sex VALUES ('Male'), ('Female');
CREATE TABLE people (task_id bigint, name text NOT NULL, gender varchar NOT NULL REFERENCES sex, bio_id varchar(40) PRIMARY KEY);
CREATE TABLE plain (name text, gender text, bio_id text);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SELECT xlsx.add_rule('people', 'expression', argument => '{length(name) < 1000}');
SELECT xlsx.create_profile('plain', 'plain', headers => '{"bio_id": "Bio-ID"}');
CREATE DOMAIN word AS varchar;
CREATE TABLE keyed (name word, gender json, bio_id varchar(40) UNIQUE,
  note word DEFAULT CASE coalesce(nullif('a', 'b'), 'x') WHEN 'a' THEN 'made' || length('here') END);
SELECT xlsx.create_profile('keyed', 'keyed', headers => '{"bio_id": "Bio-ID"}');
SELECT xlsx.set_column('keyed', 'gender', transform => 'pg_catalog.to_json(value)');
SELECT xlsx.set_column('keyed', 'note', required => false);
SELECT xlsx.schedule('s', NULL, 'plain', query => 'SELECT data, ''book.xlsx'' FROM public.book');
SQL

# Every operator and function of these types that the server has, once more.
$sql->(<<'SQL', 'mallory');
CREATE FUNCTION trap.spring(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'hijacked: %', what;
END $$;
DO $$
DECLARE
  types CONSTANT regtype[] := '{bool,int2,int4,int8,float8,text,name,varchar,oid,xid,tid,regclass,regrole,jsonb,json,bytea,timestamptz,interval,text[],int[],bigint[],oid[],name[],xid[],tid[],jsonb[],uuid}';
  f record;
  o record;
  number int := 0;
BEGIN
  FOR f IN SELECT p.proname, p.prorettype::regtype AS returned, p.proretset,
      (SELECT string_agg(t::regtype::text, ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)) AS arguments
    FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 AND p.pronargs BETWEEN 1 AND 3
      AND p.prorettype::regtype = ANY (types) AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS t WHERE t::regtype <> ALL (types))
  LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM trap.spring(%L); RETURN%s; END $f$', f.proname, f.arguments,
        CASE WHEN f.proretset THEN 'SETOF' ELSE '' END, f.returned, f.proname, CASE WHEN f.proretset THEN '' ELSE ' NULL' END);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  -- Also where the server has one of another type, or of any: the exact one would be taken.
  FOR o IN SELECT DISTINCT p.oprname, l AS left_type, r AS right_type, CASE WHEN p.oprresult::regtype = ANY (types) THEN p.oprresult::regtype ELSE l END AS result
    FROM (SELECT DISTINCT ON (oprname) oprname, oprresult FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b'
        AND oprname IN ('=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '||', '->', '->>', '?', '~', '!~', '&&', '@>') ORDER BY oprname, oprresult) p,
      unnest(types) AS l, unnest(types) AS r
    WHERE l = r OR (p.oprname IN ('||', '->', '->>', '?', '+', '-') AND r IN ('text'::regtype, 'int4'::regtype, 'oid'::regtype, 'tid'::regtype, 'interval'::regtype))
  LOOP
    number := number + 1;
    EXECUTE format('CREATE FUNCTION trap.op%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM trap.spring(%L); RETURN NULL; END $f$', number, o.left_type, o.right_type, o.result,
      format('%s %s %s', o.left_type, o.oprname, o.right_type));
    EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap.op%s)', o.oprname, o.left_type, o.right_type, number);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
SQL

my $hostile = 'SET search_path = trap, pg_catalog, public; ';
my ($status, $out, $error) = $node->psql('postgres', "$hostile SELECT 1 + 1");
like($error, qr/hijacked: integer \+ integer/, 'the trap snaps');

# What the statements come to; hijacked is none.
sub passes
{
	my ($statement, $expected, $name) = @_;
	my ($rc, $result, $message) = $node->psql('postgres', $hostile . $statement);

	is($message =~ s/\nCONTEXT.*//sr, '', "$name: nothing is called");
	return is($result, $expected, "$name: as it should be");
}

passes("SELECT status, saved_rows, error_rows FROM xlsx.import('people', (SELECT data FROM public.book))", 'HAS_ERRORS|17|13', 'xlsx.import');
passes('SELECT undone, kept FROM xlsx.undo(1)', '17|0', 'xlsx.undo of inserted rows');
$sql->("SELECT xlsx.alter_profile('people', mode => 'upsert', keep_old => true)");
my $by_key = "SELECT status, saved_rows FROM xlsx.import('people', (SELECT data FROM public.book))";
passes($by_key, 'HAS_ERRORS|17', 'an import by key');
passes('SELECT undone, kept FROM xlsx.undo(2)', '17|0', 'xlsx.undo of kept rows');
passes($by_key, 'HAS_ERRORS|17', 'once more');
passes('SELECT deleted_rows FROM xlsx.delete(3)', '17', 'xlsx.delete');
$sql->("SELECT xlsx.alter_profile('keyed', mode => 'upsert', key_columns => '{bio_id}')");
my $counts = 'SELECT inserted_rows, updated_rows, unchanged_rows FROM xlsx.tasks ORDER BY id DESC LIMIT 1';
for my $mode ([ upsert => '29|0|0' ], [ upsert => '0|0|29' ], [ upsert => '0|5|24', 'UPDATE keyed SET gender = NULL WHERE ctid IN (SELECT ctid FROM keyed LIMIT 5)' ],
	[ update => '0|28|1', q{UPDATE keyed SET name = 'x'} ], [ skip => '0|0|0' ])
{
	my ($name, $expected, $before) = @$mode;

	$sql->($before) if $before;
	$sql->("SELECT xlsx.alter_profile('keyed', mode => '$name')");
	passes("SELECT saved_rows FROM xlsx.import('keyed', (SELECT data FROM public.book))", $expected =~ s/(\d+)\|(\d+)\|(\d+)/$1 + $2 + $3/er, "$name by key");
	is($sql->($counts), $expected, "$name by key: counts")
	  or diag($sql->('SELECT DISTINCT e.message FROM (SELECT max(id) AS id FROM xlsx.tasks) t, xlsx.task_errors(t.id) e'));
}
for my $nonsense (q{NULL::int, 'keyed'::regclass, 4::int2}, q{NULL::text, 'keyed'::regclass, 1::int2}, q{NULL::text, 0, 99::int2}, q{NULL::text, 'keyed'::regclass, (-1)::int2})
{
	like(($node->psql('postgres', "SELECT xlsx_private.column_default($nonsense)"))[2], qr/has no column|could not open relation/, "no default: $nonsense");
}
is($sql->('SELECT DISTINCT note FROM keyed'), 'made4', 'blank cells have the default of the table');
passes("SELECT files, submitted, error FROM xlsx.run_schedule('s')", '1|1|', 'xlsx.run_schedule');
passes("SELECT xlsx.wait(pg_catalog.max(id), '60 s') FROM xlsx.tasks", 'COMPLETED', 'xlsx.wait');
passes("SELECT xlsx.set_column('people', 'name', label => 'Full name'), xlsx.add_rule('people', 'min_length', 'name', '{1}'), xlsx.pause('people'), xlsx.resume('people'), xlsx.limit_tasks(3, 'people')", '|name_min_length|||', 'what changes profiles and the queue');
passes("SELECT pg_catalog.count(*) FROM xlsx.queue", '3', 'xlsx.queue');
passes("SELECT pg_catalog.length(xlsx.template('people')) OPERATOR(pg_catalog.>) 1000", 't', 'xlsx.template');
passes("SELECT status FROM xlsx_rest.rest_tasks(NULL, NULL, NULL)", '200', 'rest_tasks');
passes("SELECT status FROM xlsx_rest.rest_profiles()", '200', 'rest_profiles');
passes("SELECT pg_catalog.count(DISTINCT row_number) FROM xlsx.task_errors(1)", '13', 'task_errors');
passes("SELECT pg_catalog.json_typeof(xlsx.preview((SELECT data FROM public.book), 'people'))", 'object', 'preview');
passes("SELECT pg_catalog.length(xlsx.create_table_sql((SELECT data FROM public.book), 'x')) OPERATOR(pg_catalog.>) 10", 't', 'create_table_sql');
passes("SELECT pg_catalog.jsonb_typeof(xlsx.report(1))", 'object', 'report');
passes("SELECT pg_catalog.length(xlsx.errors_workbook(1)) OPERATOR(pg_catalog.>) 1000", 't', 'errors_workbook');

$node->stop;
done_testing();
