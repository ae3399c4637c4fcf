# Two tenants of one database: neither sees or changes the other's tasks. Then every policy is dropped in turn, and
# row-level security of every table switched off, to show that the test detects it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('tenants');
my $book = workbook('-r', 40, '-e', 5);
my $psql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

$psql->(<<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE boss LOGIN IN ROLE xlsx_admin;
GRANT CREATE ON SCHEMA public TO ann, bob;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO ann, bob;
SQL

# Ann has something of everything, Bob nothing.
$psql->("SELECT xlsx.limit_role('ann', waiting_tasks => 1000)");
$psql->(<<'SQL', 'ann');
CREATE TABLE hers (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY);
SELECT xlsx.create_profile('hers', 'hers', 'task_id', '{"bio_id": "Bio-ID"}');
SELECT xlsx.alter_profile('hers', keep_old => true, mode => 'upsert');
SELECT xlsx.add_rule('hers', 'unique', 'bio_id');
SELECT xlsx.pause('hers'), xlsx.resume('hers'), xlsx.limit_tasks(9, 'hers');
SELECT xlsx.schedule('hers', NULL, 'hers', query => 'SELECT data, ''book.xlsx'' FROM book');
SELECT xlsx_rest.tus_create('hers', 'book.xlsx', NULL, 1000, NULL);
SELECT xlsx_rest.upload_begin('hers', 'book.xlsx');
SELECT xlsx.submit('hers', data) FROM book;
SQL
is(wait_for($node, 1), 'HAS_ERRORS', 'an import of the first tenant');
$psql->("INSERT INTO xlsx_private.schedule_file (schedule_id, content_hash, file_name) VALUES (1, 'x', 'x');"
	  . "INSERT INTO xlsx_private.schedule_run (schedule_id, started_at, files, submitted, refused) VALUES (1, now(), 0, 0, 0);"
	  . "INSERT INTO xlsx_private.warning_page VALUES (1, 1000, 1000, 1, ARRAY[ROW(1000, '{x}', '[{\"message\": \"x\"}]', 't')::xlsx_private.reported_row]);"
	  . "INSERT INTO xlsx_private.row_page VALUES (1, 2, 2, 1, '{2}', '{1}', '{inserted}', '[{\"bio_id\": \"B1\"}]', NULL);"
	  . "INSERT INTO xlsx_private.webhook_delivery (task_id, url, event, payload, due_at) VALUES (1, 'https://example.test/', 'task-completed', '{}', NULL);"
	  . "INSERT INTO xlsx_private.undo_xid (task_id, xids) VALUES (1, '{}');"
	  . "INSERT INTO xlsx_private.undo_row (task_id, row_number, new) SELECT 1, 1000, '{}'");
$psql->("SELECT xlsx.submit('hers', data, run_at => now() + interval '1 day') FROM book", 'ann');

# Every complaint is a line; none is right. What a statement changes is rolled back at once.
$psql->(<<'SQL');
CREATE TABLE complaint (text text);
GRANT INSERT ON complaint TO PUBLIC;
CREATE PROCEDURE complain(what text, VARIADIC arguments text[]) LANGUAGE sql AS $$ INSERT INTO complaint VALUES (format(what, VARIADIC arguments)) $$;

-- Rows that a role sees of a table, or changes by a statement; -1 when it may not try.
CREATE FUNCTION rows_for(role text, statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  found bigint;
BEGIN
  BEGIN
    PERFORM set_config('role', role, true);
    EXECUTE statement;
    GET DIAGNOSTICS found = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = found::text;
  EXCEPTION
    WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM::bigint;
    WHEN insufficient_privilege THEN RETURN -1;
  END;
END $$;

CREATE PROCEDURE examine() LANGUAGE plpgsql AS $$
DECLARE
  t record;
  f record;
  total bigint;
  anything bigint;
  seen text;
  shared CONSTANT text[] := ARRAY['profile', 'profile_column', 'profile_rule', 'queue_rule'];
BEGIN
  DELETE FROM complaint;
  FOR t IN SELECT c.oid::regclass AS name, c.relname, has_table_privilege('xlsx_user', c.oid, 'DELETE') AS written,
      (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity = '' LIMIT 1) AS a_column
    FROM pg_class c WHERE c.relnamespace = 'xlsx_private'::regnamespace AND c.relkind = 'r'
      AND has_table_privilege('xlsx_user', c.oid, 'SELECT')
  LOOP
    EXECUTE format('SELECT count(*) FROM %s', t.name) INTO total;
    IF total = 0 THEN CALL complain('%s is empty: nothing is tested', t.relname); END IF;
    IF rows_for('ann', format('SELECT FROM %s', t.name)) <> total THEN CALL complain('ann does not see all hers in %s', t.relname); END IF;
    IF rows_for('boss', format('SELECT FROM %s', t.name)) <> total THEN CALL complain('xlsx_admin does not see all in %s', t.relname); END IF;
    IF rows_for('bob', format('SELECT FROM %s', t.name)) <> (CASE WHEN t.relname = ANY (shared) THEN total ELSE 0 END) THEN
      CALL complain('bob sees the wrong rows of %s', t.relname);
    END IF;
    IF t.written THEN
      IF rows_for('bob', format('DELETE FROM %s', t.name)) > 0 THEN CALL complain('bob deletes from %s', t.relname); END IF;
      IF rows_for('bob', format('UPDATE %s SET %2$I = %2$I', t.name, t.a_column)) > 0 THEN CALL complain('bob updates %s', t.relname); END IF;
      IF rows_for('ann', format('DELETE FROM %s', t.name)) <> total THEN CALL complain('ann cannot delete hers in %s', t.relname); END IF;
    ELSE
      IF rows_for('ann', format('DELETE FROM %s', t.name)) <> -1 THEN CALL complain('ann may write %s', t.relname); END IF;
    END IF;
  END LOOP;
  -- Whatever takes the number of a task or of an upload first: it fails for the wrong one, or has no answer.
  FOR f IN SELECT p.oid::regprocedure AS signature, p.oid::regproc AS name, p.pronargs, p.pronargdefaults, p.proargtypes[0] AS type,
      format_type(p.proargtypes[1], NULL) AS second, format_type(p.proargtypes[2], NULL) AS third,
      CASE WHEN p.proargnames[1] = 'upload' THEN (SELECT min(id) FROM xlsx_private.file WHERE NOT complete) ELSE id END AS id, p.prorettype
    FROM pg_proc p, (VALUES (1), (2)) AS task (id)
    WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace) AND p.proargnames[1] IN ('task', 'task_id', 'upload', 'id')
      AND p.proargtypes[0] IN ('bigint'::regtype, 'text'::regtype) AND p.oid::regproc::text NOT LIKE '%tus_%'
      AND p.proargnames[1:2] <> ARRAY['id', 'given'] AND p.prokind = 'f'
  LOOP
    BEGIN
      anything := rows_for('bob', format('SELECT FROM %s(%L%s%s) AS r WHERE r IS NOT NULL AND r::text NOT IN (%L, %L, %L)', f.name, f.id,
        CASE WHEN f.pronargs - f.pronargdefaults > 1 THEN ', NULL::' || f.second ELSE '' END,
        CASE WHEN f.pronargs - f.pronargdefaults > 2 THEN ', NULL::' || f.third ELSE '' END, '', '(0,0,)', '()'));
      IF anything > 0 THEN CALL complain('%s has an answer for bob', f.signature::text); END IF;
    EXCEPTION WHEN null_value_not_allowed THEN NULL;
    WHEN no_data_found OR undefined_object OR invalid_parameter_value OR object_not_in_prerequisite_state THEN
      IF SQLERRM !~ 'does not exist|not found|No validation errors|cannot' THEN CALL complain('%s: %s', f.signature::text, SQLERRM); END IF;
    WHEN OTHERS THEN CALL complain('bob comes too far in %s: %s', f.signature::text, SQLERRM);
    END;
  END LOOP;
  -- By name, and through the views.
  FOREACH seen IN ARRAY ARRAY['xlsx.tasks', 'xlsx.jobs', 'xlsx.schedules', 'xlsx.schedule_runs', 'xlsx.schedule_files'] LOOP
    IF rows_for('bob', format('SELECT FROM %s', seen)) > 0 THEN CALL complain('bob sees %s', seen); END IF;
    IF rows_for('ann', format('SELECT FROM %s', seen)) < 1 THEN CALL complain('ann sees no %s', seen); END IF;
  END LOOP;
  IF rows_for('bob', 'SELECT FROM xlsx.metrics') <> -1 THEN CALL complain('bob sees the metrics'); END IF;
  IF rows_for('bob', 'SELECT xlsx.listen()') <> -1 THEN CALL complain('bob hears all events'); END IF;
  IF rows_for('bob', $s$SELECT xlsx.emit(1, 'x')$s$) <> -1 THEN CALL complain('bob makes events'); END IF;
  FOR t IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'xlsx_private'::regnamespace AND c.relkind = 'r'
    AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
  LOOP
    IF rows_for('ann', format('SELECT FROM %s', t.name)) <> -1 THEN CALL complain('ann reads %s', t.name::text); END IF;
  END LOOP;
END $$;
SQL

sub complaints
{
	return $psql->("BEGIN; $_[0]; CALL examine(); SELECT text FROM complaint ORDER BY 1; ROLLBACK");
}

is(complaints(''), '', 'neither tenant sees or touches what is the other\'s');
like(($node->psql('postgres', 'CALL xlsx.wait_for(1)', extra_params => [ '-U', 'bob' ]))[2], qr/task 1 does not exist/, 'nor waits for it');

my @policies = split /\n/, $psql->("SELECT policyname || ' ON xlsx_private.' || tablename FROM pg_policies WHERE schemaname = 'xlsx_private' ORDER BY 1");
cmp_ok(scalar(@policies), '>', 10, 'there are policies to drop');
isnt(complaints("DROP POLICY $_"), '', "dropping $_ is noticed") foreach @policies;
# What everybody may see, and nobody write, needs no policy to hold anybody back.
my @tables = split /\n/, $psql->("SELECT c.oid::regclass FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'xlsx_private'::regnamespace"
	  . " AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND pg_get_expr(p.polqual, p.polrelid) = 'true') ORDER BY 1");
like(complaints("ALTER TABLE $_ DISABLE ROW LEVEL SECURITY"), qr/bob/, "$_ without row-level security is noticed") foreach @tables;
like(complaints("GRANT SELECT ON $_ TO PUBLIC"), qr/ann reads $_/, "$_ for everybody is noticed")
  foreach ('xlsx_private.file', 'xlsx_private.chunk', 'xlsx_private.packet', 'xlsx_private.channel');

# Functions that run with more rights than their caller's pin their search_path; everybody may call only
# what reads and writes files, or does what SET ROLE does.
is($psql->(<<'SQL'), '', 'no SECURITY DEFINER function without a search_path of its own');
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
  AND p.prosecdef AND NOT coalesce(p.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)
SQL
is($psql->(<<'SQL'), 'act_as cells create_table_sql discover large_object library_version read server_file sheets version version_order write write_chunks', 'what everybody may call');
SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace IN ('xlsx'::regnamespace, 'xlsx_private'::regnamespace, 'xlsx_rest'::regnamespace)
  AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
SQL

$node->stop;
done_testing();
