# What is read often reads no more after a year: counted in blocks, beside a history of 60,000 tasks that have ended.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('history', "autovacuum = off\npg_xlsx.upload_ttl = '1 d'\n");
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

$node->command_ok([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-v', 'tasks=60000', '-v', 'error_rows=60000', '-v', 'big_errors=30000',
	'-v', 'roles=50', '-v', 'profiles=100', '-f', $ENV{HISTORY} ], 'a history');
$sql->('GRANT xlsx_admin TO support');

# Blocks that a statement reads as a role, in a session that has run it before.
sub blocks
{
	my ($role, $statement) = @_;
	my $plan = $sql->("SET jit = off; $statement \\g /dev/null\n EXPLAIN (ANALYZE, BUFFERS, TIMING off) $statement", $role);
	my ($execution) = split /^Planning:/m, $plan;
	my ($hit) = $execution =~ /Buffers: shared hit=(\d+)/;
	my ($read) = $execution =~ /^ *Buffers: shared .*?read=(\d+)/m;

	return ($hit // 0) + ($read // 0);
}

#
# Lists
#

foreach my $role ('postgres', 'sidecar', 'support', 'busy', 'tenant_1', 'newcomer')
{
	my $own = $role =~ /postgres|sidecar|support/ ? 'true' : "owner::oid = '$role'::regrole";

	foreach my $status (undef, 'FAILED', 'HAS_ERRORS', 'PROCESSING')
	{
		my $given = defined $status ? "'$status'" : 'NULL';
		my $where = $own . (defined $status ? " AND status = '$status'" : '');
		my $list = "SELECT xlsx_rest.rest_tasks('2', '20', $given)";

		is($sql->("SELECT string_agg(t ->> 'id', ' ') FROM json_array_elements((xlsx_rest.rest_tasks('2', '20', $given)).body -> 'data') t", $role),
			$sql->("SELECT string_agg(id::text, ' ') FROM (SELECT id FROM xlsx_private.task WHERE $where ORDER BY id DESC OFFSET 20 LIMIT 20) t"),
			"$role sees the second page of $given");
		cmp_ok(blocks($role, $list), '<', 500, "$role reads few blocks for it");
	}
	my $total = $sql->("SELECT count(*) FROM xlsx_private.task WHERE $own");
	my $estimate = $total > 10000 ? 'true' : 'null';
	is($sql->("SELECT jsonb_build_array(m -> 'total', m -> 'totalIsEstimate') FROM jsonb((xlsx_rest.rest_tasks(NULL, NULL, NULL)).body -> 'meta') AS m", $role),
		"[$total, $estimate]", "$role sees how many there are");
	is($sql->("SELECT (xlsx_rest.rest_tasks('100000', '100', NULL)).body ->> 'data'", $role), '[]', "$role finds nothing past the end");
}
cmp_ok(blocks('tenant_1', 'SELECT id FROM xlsx.tasks WHERE created_at > now() - $$2 d$$::interval'), '<', 300, 'tasks of some days are found by owner and time');
cmp_ok(blocks('sidecar', 'SELECT id FROM xlsx.tasks WHERE created_at > now() - $$2 d$$::interval'), '<', 1500, 'also those of everybody');
cmp_ok(blocks('busy', 'SELECT xlsx_rest.rest_own_tasks(NULL)'), '<', 500, 'a stream of one\'s own tasks begins without reading all of them');

# A plan that was made for an administrator does not outlive the membership.
my $session = $node->background_psql('postgres', extra_params => [ '-U', 'support' ]);
$session->query_safe('SET plan_cache_mode = force_generic_plan; PREPARE mine AS SELECT count(*) FROM xlsx.tasks');
is($session->query_safe('EXECUTE mine'), 60000, 'xlsx_admin sees all tasks');
$sql->("REVOKE xlsx_admin FROM support; DO \$\$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenant\\_%' LOOP EXECUTE format('REVOKE %I FROM support', r); END LOOP; END \$\$");
is($session->query_safe('EXECUTE mine'), 0, 'who is no longer one does not, in a session that saw them');
$sql->('GRANT tenant_1 TO support');
is($session->query_safe('EXECUTE mine'), $sql->("SELECT count(*) FROM xlsx_private.task WHERE owner::oid = 'tenant_1'::regrole"), 'who became a member of an owner sees his tasks');
$session->quit;

#
# Errors of a task that has many
#

my $big = $sql->('SELECT max(id) FROM xlsx_private.task');
my $rows = $sql->("SELECT sum(row_count) FROM xlsx_private.error_page WHERE task_id = $big");
my %parts = (
	'the first page' => "xlsx_rest.rest_errors('$big', '1', '10')",
	'the last page' => "xlsx_rest.rest_errors('$big', '" . int(($rows + 9) / 10) . "', '10')",
	'a page past the end' => "xlsx_rest.rest_errors('$big', '100000', '10')",
	'rows behind one in the middle' => "xlsx_rest.rest_errors('$big', NULL, '10', '115000')",
	'the last rows' => "xlsx_rest.rest_errors('$big', NULL, '10', '130000')",
	'the summary' => "xlsx_rest.rest_error_summary('$big')",
	'the task' => "xlsx_rest.rest_task('$big')");
foreach my $role ('postgres', 'sidecar', 'busy')
{
	cmp_ok(blocks($role, "SELECT $parts{$_}"), '<', 600, "$role reads few blocks for $_") foreach sort keys %parts;
	cmp_ok(blocks($role, "SELECT * FROM xlsx.task_errors($big, 115000) LIMIT 10"), '<', 100, "$role reads few blocks for a part of xlsx.task_errors");
}
is($sql->("SELECT (r -> 0 ->> 'rowNumber')::int || ' ' || json_array_length(r) FROM (SELECT (xlsx_rest.rest_errors('$big', NULL, '10', '115000')).body -> 'data' AS r) AS e", 'busy'), '115001 10',
	'rows behind a row are those');
is($sql->("SELECT (xlsx_rest.rest_errors('$big', NULL, '10', '115000')).body ->> 'meta'"), qq({"total" : $rows, "limit" : 10, "next" : 115010}), 'and the answer says where to go on');
is($sql->("SELECT (xlsx_rest.rest_errors('$big', NULL, '10', '130000')).body -> 'meta' ->> 'next' IS NULL"), 't', 'or that there are no more');
is($sql->("SELECT string_agg((i ->> 'rowNumber'), ' ') FROM json_array_elements((xlsx_rest.rest_errors('$big', '" . int(($rows + 9) / 10) . "', '10')).body -> 'data') i"),
	$sql->("SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT row_number AS n FROM xlsx_private.error_row WHERE task_id = $big ORDER BY 1 DESC LIMIT " . ($rows % 10 || 10) . ') AS e'),
	'the last page has the last rows');
my ($refused, undef, $why) = $node->psql('postgres', "SELECT xlsx_rest.rest_errors('$big', '1', '10', '5')");
like($why, qr/ERROR:  page and after exclude each other\n/, 'page and after exclude each other');
(undef, undef, $why) = $node->psql('postgres', "SELECT xlsx_rest.rest_errors('$big', NULL, '10', 'x')");
like($why, qr/ERROR:  after must be an integer between 0 and 999999999\n/, 'after is a number');
is($sql->("SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace IN ('xlsx_rest'::regnamespace, 'xlsx_private'::regnamespace)
  AND proname IN ('rest_tasks', 'rest_errors', 'newest_tasks', 'errors_json', 'tasks_json', 'find_error') AND NOT coalesce('jit=off' = ANY (proconfig), false)"), '', 'no compiler runs for them');

#
# Profiles
#

$sql->(<<'SQL');
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE SCHEMA hidden;
CREATE TABLE hidden.target (a int);
CREATE TABLE changing (id serial, "Odd Name" text NOT NULL, kept int DEFAULT 3, gone int, made int GENERATED ALWAYS AS (1) STORED, task_id bigint, how mood);
SELECT xlsx.create_profile('hidden', 'hidden.target'), xlsx.create_profile('changing', 'changing', 'task_id');
SELECT xlsx.set_column('changing', 'gone', header => 'Gone By');
ALTER TABLE changing DROP COLUMN gone;
ALTER TABLE changing ADD late mood NOT NULL, ADD second_id bigint GENERATED ALWAYS AS IDENTITY;
COMMENT ON COLUMN changing.late IS 'Came later';
SQL
cmp_ok(blocks('tenant_1', 'SELECT xlsx_rest.rest_profiles()'), '<', 2000, 'profiles are listed without a look for each of their columns');
is($sql->(<<'SQL', 'tenant_1'), 101, 'and the list says of their columns what the views say');
SELECT count(*) FROM json_array_elements((xlsx_rest.rest_profiles()).body -> 'data') AS p
WHERE (p ->> 'headers')::jsonb = (SELECT to_jsonb(v.headers) FROM xlsx.profiles v WHERE v.name = p ->> 'name')
  AND (p ->> 'columns')::jsonb = (SELECT jsonb_agg(jsonb_build_object('header', c.header, 'column', c.column_name, 'type', c.type, 'required', c.required,
      'label', c.label, 'source', c.source, 'values', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = to_regtype(c.type)))
      ORDER BY c.position, c.column_name) FROM xlsx.profile_columns c WHERE c.profile = p ->> 'name' AND c.type IS NOT NULL)
SQL
is($sql->("SELECT count(*) FROM json_array_elements((xlsx_rest.rest_profiles()).body -> 'data') AS p WHERE p ->> 'name' = 'hidden'", 'tenant_1'), 0, 'those of a schema that is closed are left out');
is($sql->("SELECT string_agg(h, ' ') FROM json_array_elements((xlsx_rest.rest_profiles()).body -> 'data') AS p, json_array_elements_text(p -> 'headers') h WHERE p ->> 'name' = 'changing'", 'tenant_1'),
	'Odd Name Kept Gone By How Late', 'columns that came are there, and those that are configured but gone');

#
# Metrics
#

cmp_ok(blocks('sidecar', 'SELECT * FROM xlsx.metrics'), '<', 300, 'metrics do not read the history');
is($sql->("SELECT string_agg(label || ' ' || value, ', ' ORDER BY label) FROM xlsx.metrics WHERE name = 'tasks'"),
	$sql->("SELECT string_agg(s || ' ' || (SELECT count(*) FROM xlsx_private.task WHERE status = s), ', ' ORDER BY s) FROM unnest(xlsx_private.names_of('status')) s"),
	'and count it');

# What the counters must say, whatever happens to tasks.
sub count_is_true
{
	my ($name) = @_;
	is($sql->("SELECT string_agg(label || ' ' || value, ', ' ORDER BY label) FROM xlsx.metrics WHERE name = 'tasks'"),
		$sql->("SELECT string_agg(s || ' ' || (SELECT count(*) FROM xlsx_private.task WHERE status = s), ', ' ORDER BY s) FROM unnest(xlsx_private.names_of('status')) s"),
		"$name: counted");
	return;
}
my %before;
sub sums_have_risen
{
	my ($name, %by) = @_;
	foreach my $sum ('rows_saved', 'rows_refused', 'tasks_ended')
	{
		my $now = $sql->("SELECT sum(value) FROM xlsx.metrics WHERE name = '$sum' AND type = 'counter'");
		is($now - ($before{$sum} // $now), $by{$sum} // 0, "$name: $sum") if %before;
		$before{$sum} = $now;
	}
	return;
}
make_people($node);
sums_have_risen('at first');
$before{saved} = 1;
my $first = submit($node, workbook('-r', 20, '-e', 5));
is(wait_for($node, $first), 'HAS_ERRORS', 'an import');
sums_have_risen('after an import', rows_saved => 19, rows_refused => 1, tasks_ended => 1);
count_is_true('after an import');
$sql->("SELECT xlsx.undo($first)");
sums_have_risen('after an undo');
$sql->("SELECT xlsx.delete($first)");
sums_have_risen('after a delete');
count_is_true('after a delete');
$sql->("CREATE TABLE book AS SELECT pg_read_binary_file('" . workbook('-r', 20) . "') AS data; SELECT xlsx.import('people', data) FROM book");
sums_have_risen('after xlsx.import', rows_saved => 20, tasks_ended => 1);
$sql->("BEGIN; SELECT xlsx.import('people', data) FROM book; ROLLBACK");
sums_have_risen('after one that was rolled back');

# A task that fails half-way counts what it has saved once, also when it is retried.
$sql->("ALTER SYSTEM SET pg_xlsx.max_attempts = 1; ALTER SYSTEM SET pg_xlsx.progress_interval = 0; SELECT pg_reload_conf()");
$sql->(<<'SQL');
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM people) > 1500 THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = 'stopped';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER stop_here AFTER INSERT ON people EXECUTE FUNCTION stop_here();
SQL
my $half = submit($node, workbook('-r', 3000));
is(wait_for($node, $half), 'FAILED', 'a task fails half-way');
my $saved = task_row($node, $half, 'saved_rows');
cmp_ok($saved, '>', 0, 'with rows saved');
sums_have_risen('after its end', rows_saved => $saved, tasks_ended => 1);
$sql->('DROP FUNCTION stop_here CASCADE');
$sql->("SELECT xlsx.retry($half)");
is(wait_for($node, $half), 'COMPLETED', 'and is retried');
sums_have_risen('after the second end', rows_saved => 3000 - $saved, tasks_ended => 1);
count_is_true('after a retry');

# A sweep folds what was appended, and nothing is lost by that.
is($sql->('SELECT count(*) > 3 FROM xlsx_private.tally WHERE NOT folded'), 't', 'counts are appended');
my $folding = 'SELECT xlsx_private.fold_tally(1, 100000)';
$sql->("BEGIN; $folding; ROLLBACK");
$sql->($folding);
is($sql->('SELECT count(*) FROM xlsx_private.tally WHERE NOT folded'), 0, 'and folded');
sums_have_risen('after folding');
count_is_true('after folding');
$sql->("INSERT INTO xlsx_private.tally (owner, status, tasks, ended) SELECT 'busy'::regrole, 'FAILED', 1, 0 FROM generate_series(1, 200)");
$sql->('SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx_private.tally WHERE NOT folded'), 'by a sweep, when there are many');
$sql->('SELECT xlsx_private.recount()');
count_is_true('after a recount');

# While a transaction that ends tasks is open, others end tasks, too, and sweeps fold.
$session = $node->background_psql('postgres');
$session->query_safe("BEGIN; SELECT xlsx.import('people', data) FROM book");
is($sql->("SET lock_timeout = '10 s'; SELECT (xlsx.import('people', data)).status FROM book"), 'COMPLETED', 'an open transaction with an import stops no other');
$sql->("SET lock_timeout = '10 s'; $folding");
sums_have_risen('while it is open', rows_saved => 20, tasks_ended => 1);
$session->query_safe('COMMIT');
$session->quit;
sums_have_risen('after its commit', rows_saved => 20, tasks_ended => 1);
$sql->($folding);

# Retention.
$sql->("ALTER SYSTEM SET pg_xlsx.keep_tasks = '30 d'; SELECT pg_reload_conf(); SELECT xlsx.resume()");
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM xlsx_private.task WHERE completed_at < now() - interval '30 d'"), 'a sweep removes what is old');
$sql->("ALTER SYSTEM SET pg_xlsx.keep_tasks = 0; SELECT pg_reload_conf()");
sums_have_risen('after retention');
count_is_true('after retention');

$node->restart;
sums_have_risen('after a restart');
$node->stop;
done_testing();
