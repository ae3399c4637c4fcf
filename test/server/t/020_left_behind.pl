# What a tenant's SQL sets, creates and locks in a worker is removed before the worker serves another role, and a tenant cannot
# release the worker's own claim.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

# One worker at a time, so that all tasks of a login meet in it.
my $node = start_server('left_behind', "pg_xlsx.max_workers = 1\n");
my $book = workbook('-r', 3);
my $psql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

$psql->(slurp_file("$FindBin::RealBin/lib/litter.sql"));
$psql->(<<"SQL");
CREATE ROLE web LOGIN IN ROLE xlsx_notifier;
CREATE ROLE ann NOLOGIN IN ROLE xlsx_user;
CREATE ROLE bob NOLOGIN IN ROLE xlsx_user;
GRANT ann, bob TO web;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO PUBLIC;
CREATE PROCEDURE make_tables(owner text) LANGUAGE plpgsql AS \$\$
BEGIN
  PERFORM set_config('role', owner, false);
  FOR i IN 1 .. 2 LOOP
    EXECUTE format('CREATE TABLE %1\$s_%2\$s (task_id bigint, name text, gender text, bio_id text)', owner, (ARRAY['litters', 'looks'])[i]);
    EXECUTE format('CREATE TRIGGER t BEFORE INSERT OR DELETE ON %1\$s_%2\$s FOR EACH ROW EXECUTE FUNCTION %3\$s()', owner, (ARRAY['litters', 'looks'])[i], (ARRAY['litter', 'look'])[i]);
    PERFORM xlsx.create_profile(format('%1\$s_%2\$s', owner, (ARRAY['litters', 'looks'])[i]), format('%1\$s_%2\$s', owner, (ARRAY['litters', 'looks'])[i]), 'task_id', '{"bio_id": "Bio-ID"}');
  END LOOP;
END \$\$;
GRANT CREATE ON SCHEMA public TO ann, bob, web;
SQL
$psql->("CALL make_tables('$_')") foreach ('ann', 'bob', 'web');

# Tasks of [role, profile] in their order, one worker takes them all; returns the first look of each that looks.
sub run_tasks
{
	my ($login, @tasks) = @_;
	my $before = $psql->('SELECT coalesce(max(at), 0) FROM look_seen');
	my @ids = split /\n/, $psql->("BEGIN;" . join('', map { "SET LOCAL ROLE $_->[0]; SELECT xlsx.submit('$_->[1]', data) FROM book;" } @tasks) . "COMMIT", $login);

	is(join(' ', map { wait_for($node, $_) } @ids), join(' ', ('COMPLETED') x @ids), join(', ', map { "$_->[1] as $_->[0]" } @tasks) . ' by a worker of ' . $login)
	  or diag($psql->("SELECT t.id, t.error_message, e.message, e.detail FROM xlsx.tasks t LEFT JOIN xlsx.task_errors(t.id) e ON true ORDER BY 1"));
	return split /\n/, $psql->("SELECT min(at) FROM look_seen WHERE at > $before GROUP BY state -> 'users', pid, label, at / 3 ORDER BY 1");
}

# How often litter() has managed what it tried since it was asked last.
sub littered
{
	my ($what) = @_;
	my $count = $psql->("SELECT count(*) FILTER (WHERE error IS NULL) FROM litter_done WHERE what LIKE '$what'");

	return $count;
}

# The first tenant of a login that serves several: confined, as each task is that is not the login's own.
my ($before, $after) = (run_tasks('web', [ 'bob', 'bob_looks' ], [ 'ann', 'ann_litters' ], [ 'bob', 'bob_looks' ]))[ 0, -1 ];
is($psql->("SELECT look_difference($before, $after)"), '', 'the next tenant finds a session without anything of the one before');
cmp_ok(littered('set %'), '>', 300, 'who had set all that can be set');
is(littered('session lock'), 3, 'and held session locks');
is(littered($_), 0, "but could have no $_")
  foreach ('role none', 'RESET ROLE', 'session authorization', 'temporary table', 'temporary view', 'temporary sequence', 'prepared statement', 'cursor');
is($psql->("SELECT DISTINCT what FROM litter_done WHERE what LIKE 'current_user %'"), 'current_user ann', 'nor be anybody else at the end');
like($psql->("SELECT DISTINCT error FROM litter_done WHERE what = 'role none'"), qr/cannot set parameter "role" within security-restricted operation/, 'the server refused');

# The login's own tasks do as with INSERT; still nothing of them is there for the next tenant.
$psql->('DELETE FROM litter_done');
($before, $after) = (run_tasks('web', [ 'bob', 'bob_looks' ], [ 'web', 'web_litters' ], [ 'bob', 'bob_looks' ]))[ 0, -1 ];
is($psql->("SELECT look_difference($before, $after)"), '', 'nothing of a task of the login itself meets a tenant');
cmp_ok(littered($_), '>', 0, "though it could have a $_") foreach ('temporary table', 'prepared statement', 'cursor', 'session authorization');
$psql->('DELETE FROM litter_done');
($before, $after) = (run_tasks('web', [ 'web', 'web_looks' ], [ 'web', 'web_litters' ], [ 'web', 'web_looks' ]))[ 0, -1 ];
is($psql->("SELECT look_difference($before, $after)"), '', 'nor the next task of the login');

# A task that fails leaves no more than one that does not.
$psql->("CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = 'fallen'; END \$\$;"
	  . "CREATE TRIGGER u BEFORE INSERT ON web_litters FOR EACH ROW EXECUTE FUNCTION fall()");
my $last = $psql->('SELECT max(at) FROM look_seen');
my @ids = split /\n/, $psql->("BEGIN; SELECT xlsx.submit('web_litters', data) FROM book; SET LOCAL ROLE bob; SELECT xlsx.submit('bob_looks', data) FROM book; COMMIT", 'web');
is(wait_for($node, $ids[0]) . ' ' . wait_for($node, $ids[1]), 'FAILED COMPLETED', 'a task that litters and fails, and one that looks');
is($psql->("SELECT look_difference($before, (SELECT min(at) FROM look_seen WHERE at > $last))") =~ s/^(users|path|sequence): .*\n?//gmr, '', 'which sees nothing of it');

# What was refused says why.
$psql->(<<'SQL', 'web');
SET ROLE ann;
CREATE TABLE ann_temps (name text, gender text, bio_id text);
CREATE FUNCTION make_temp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE mine (x int); DROP TABLE mine; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON ann_temps FOR EACH ROW EXECUTE FUNCTION make_temp();
SELECT xlsx.create_profile('ann_temps', 'ann_temps', headers => '{"bio_id": "Bio-ID"}');
SQL
my $task = $psql->("SET ROLE ann; SELECT xlsx.submit('ann_temps', data) FROM book", 'web');
is(wait_for($node, $task), 'HAS_ERRORS', 'a trigger that may not make its temporary table');
is($psql->("SELECT DISTINCT message, hint FROM xlsx.task_errors($task)"),
	'cannot create temporary table within security-restricted operation|This SQL runs as "ann" in a session that serves other roles too,'
	  . ' so it can leave nothing behind: no temporary table, no deferred trigger, no prepared statement, no cursor, no other role.'
	  . ' Let the trigger or the function do without.', 'says why');
$psql->('ALTER ROLE ann LOGIN');
$task = $psql->("SELECT xlsx.submit('ann_temps', data) FROM book", 'ann');
is(wait_for($node, $task), 'COMPLETED', 'where the login is the role it makes it, as with INSERT');

# The server lets a restricted operation make functions of pg_temp, and types in older minor ones: pg_temp.text would be
# found before pg_catalog's.
$psql->(<<'SQL', 'web');
SET ROLE ann;
CREATE TABLE ann_functions (task_id bigint, name text, gender text, bio_id text);
CREATE FUNCTION make_function() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql RETURN 1; RETURN coalesce(NEW, OLD); END $$;
SELECT xlsx.create_profile('ann_functions', 'ann_functions', 'task_id', '{"bio_id": "Bio-ID"}');
SQL
my $typed = $psql->("SET ROLE ann; SELECT xlsx.submit('ann_functions', data) FROM book", 'web');
is(wait_for($node, $typed), 'COMPLETED', 'rows to delete');
$psql->("CREATE TRIGGER t BEFORE INSERT OR DELETE ON ann_functions FOR EACH STATEMENT EXECUTE FUNCTION make_function()");
$task = $psql->("SET ROLE ann; SELECT xlsx.submit('ann_functions', data) FROM book", 'web');
is(wait_for($node, $task), 'FAILED', 'a trigger that makes a function of pg_temp');
like($psql->("SELECT error_message, error_hint FROM xlsx.tasks WHERE id = $task"),
	qr/^cannot create temporary object within security-restricted operation\|This SQL runs as "ann" in a session/, 'is told why it may not');
my ($rc, $out, $err) = $node->psql('postgres', "BEGIN; CREATE FUNCTION pg_temp.yours() RETURNS int LANGUAGE sql RETURN 1; SELECT xlsx.delete($typed)");
like($err, qr/cannot create temporary object within security-restricted operation/, 'nor in the session of an administrator');
($rc, $out, $err) = $node->psql('postgres', "DROP TRIGGER t ON ann_functions; BEGIN; CREATE FUNCTION pg_temp.yours() RETURNS int LANGUAGE sql RETURN 1; SELECT deleted_rows FROM xlsx.delete($typed); COMMIT");
is("$out$err", '3', 'whose own ones are nobody else\'s business');

# The claim of a task is not among the session locks that SQL can release, whether it goes on or fails.
sub holds_claim
{
	return $psql->("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = x'7878'::int AND objid = $_[0] AND pid = ("
		  . "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'advisory')");
}
foreach my $login ('ann', 'web')
{
	my $table = "unlock_$login";

	$psql->(<<"SQL", $login);
SET ROLE ann;
CREATE TABLE $table (name text, gender text, bio_id text);
CREATE OR REPLACE FUNCTION unlock_all() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
  PERFORM pg_advisory_unlock_all();
  IF NEW.bio_id = (SELECT max(bio_id) FROM public.stops) THEN
    PERFORM pg_advisory_xact_lock_shared(4711);
  END IF;
  RETURN NEW;
END \$\$;
CREATE TABLE IF NOT EXISTS stops (bio_id text);
CREATE TRIGGER t BEFORE INSERT ON $table FOR EACH ROW EXECUTE FUNCTION unlock_all();
SELECT xlsx.create_profile('$table', '$table', headers => '{"bio_id": "Bio-ID"}');
SQL
	my $long = workbook('-r', 4000);
	my $stop = $psql->("DELETE FROM stops; INSERT INTO stops SELECT value FROM xlsx.cells(pg_read_binary_file('$long')) WHERE \"row\" = 3500 AND col = 'C' RETURNING bio_id");
	my $session = $node->background_psql('postgres');

	$session->query_safe('SELECT pg_advisory_lock(4711)');
	$psql->("CREATE TABLE long_$login AS SELECT pg_read_binary_file('$long') AS data; GRANT SELECT ON long_$login TO PUBLIC");
	$task = $psql->("SET ROLE ann; SELECT xlsx.submit('$table', data) FROM long_$login", $login);
	wait_blocked($node);
	is(holds_claim($task), 1, "a worker of $login holds its claim behind pg_advisory_unlock_all()");
	$session->quit;
	is(wait_for($node, $task), 'COMPLETED', 'and goes on with its task');
	is($psql->("SELECT attempts, (SELECT count(*) FROM $table) FROM xlsx.tasks WHERE id = $task"), '1|4000', 'which nobody else has taken');
}

$node->stop;
done_testing();
