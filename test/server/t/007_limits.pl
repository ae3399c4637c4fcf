# Which tasks may start: pauses, limits, several roles; which jobs and tasks are kept; what a DBA sees (S-005, S-006, S-013).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('limits', "pg_xlsx.max_workers = 4\npg_xlsx.progress_interval = 0\n");
make_people($node);
my $book = workbook('-r', 100);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE boss LOGIN IN ROLE xlsx_admin;
GRANT SELECT ON book TO ann, bob;
GRANT INSERT ON people TO ann, bob;
GRANT CREATE ON SCHEMA public TO ann;
SQL
$node->safe_psql('postgres', <<'SQL', extra_params => [ '-U', 'ann' ]);
CREATE TABLE other (name text, gender text, bio_id text);
SELECT xlsx.create_profile('other', 'other', headers => '{"bio_id": "Bio-ID"}');
GRANT INSERT ON other TO bob;
SQL

sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

sub submit_as
{
	my ($role, $profile) = @_;
	return as($role, "SELECT xlsx.submit('$profile', data) FROM book");
}

# Pausing.
as('boss', 'SELECT xlsx.pause()');
my $task = submit_as('ann', 'people');
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '300 ms')"), 'PENDING', 'paused, no task starts');
is($node->safe_psql('postgres', "SELECT waiting, paused FROM xlsx.queue WHERE profile = 'people'"), '1|t', 'and the queue says so');
as('boss', 'SELECT xlsx.resume()');
is(wait_for($node, $task), 'COMPLETED', 'a resume starts what has waited');

as('ann', "SELECT xlsx.pause('other')");
my $held = submit_as('bob', 'other');
$task = submit_as('bob', 'people');
is(wait_for($node, $task), 'COMPLETED', 'a pause of one profile holds no other, even behind it in the queue');
is($node->safe_psql('postgres', "SELECT status FROM xlsx.tasks WHERE id = $held"), 'PENDING', 'but its own tasks');
$node->restart;
is($node->safe_psql('postgres', "SELECT xlsx.wait($held, '300 ms')"), 'PENDING', 'a restart does not end a pause');
as('ann', "SELECT xlsx.resume('other')");
is(wait_for($node, $held), 'COMPLETED', 'its owner resumes it');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.queue_rule'), 0, 'and nothing is left of it');

foreach my $refused ("xlsx.pause()", "xlsx.pause('people')", "xlsx.resume()", "xlsx.limit_tasks(1)", "xlsx.limit_tasks(1, role => 'bob')",
	"xlsx.limit_tasks(1, 'other', 'bob')")
{
	my ($code, $out, $err) = $node->psql('postgres', "SELECT $refused", extra_params => [ '-U', 'ann' ]);
	like($err, qr/permission denied to pause or limit tasks/, "$refused is not for everybody");
}

# Limits: so many run at the same time that stand at the trigger's lock.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END $$;
CREATE TRIGGER stop_here AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0000050') EXECUTE FUNCTION stop_here();
CREATE TRIGGER stop_here AFTER INSERT ON other FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0000050') EXECUTE FUNCTION stop_here();
SQL

# Submits tasks as [role, profile] while nothing may pass the lock; returns which run then, and lets them go on.
sub running_of
{
	my ($expected, @submissions) = @_;
	my $holder = $node->background_psql('postgres');

	$holder->query_safe('SELECT pg_advisory_lock(4711)');
	my @tasks = map { submit_as(@$_) } @submissions;
	$node->poll_query_until('postgres',
		"SELECT count(*) = $expected FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'advisory'")
	  or die 'not as many as expected';
	# A worker that is on its way would stand at the lock soon: one more sweep ends after all claims.
	my $sweeps = $node->safe_psql('postgres', 'SELECT sweeps FROM xlsx_private.housekeeping');
	$node->safe_psql('postgres', 'SELECT xlsx_private.wake_queue()');
	$node->poll_query_until('postgres', "SELECT sweeps > $sweeps FROM xlsx_private.housekeeping") or die 'no sweep';
	my $running = $node->safe_psql('postgres',
		"SELECT string_agg(owner || ' ' || profile, ', ' ORDER BY owner::text, profile) FROM xlsx.tasks WHERE status = 'PROCESSING'");
	$holder->quit;
	wait_for($node, $_) foreach @tasks;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.tasks WHERE id IN (' . join(',', @tasks) . ") AND status = 'COMPLETED'"),
		scalar(@tasks), 'all of them end in the end');
	return $running;
}

my @four = ([ 'ann', 'people' ], [ 'ann', 'people' ], [ 'bob', 'people' ], [ 'bob', 'other' ]);

# pg_xlsx.max_workers leaves no room for the sweep that running_of waits for.
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 8');
$node->reload;
is(running_of(4, @four), 'ann people, ann people, bob other, bob people', 'without limits all run at once');
as('boss', "SELECT xlsx.limit_tasks(1, role => 'ann')");
is(running_of(3, @four), 'ann people, bob other, bob people', 'a limit of a role');
as('boss', "SELECT xlsx.limit_tasks(NULL, role => 'ann'), xlsx.limit_tasks(2, 'people')");
is(running_of(3, @four) =~ tr/,//, 2, 'a limit of a profile');
as('boss', "SELECT xlsx.limit_tasks(NULL, 'people'), xlsx.limit_tasks(1)");
is(running_of(1, @four), 'ann people', 'a limit of all');
is($node->safe_psql('postgres', "SELECT coalesce(profile, 'any'), coalesce(role::text, 'any'), paused, max_tasks FROM xlsx.limits"),
	'any|any|f|1', 'limits can be read');
as('boss', 'SELECT xlsx.limit_tasks(NULL)');
my ($code, $out, $err) = $node->psql('postgres', 'SELECT xlsx.limit_tasks(0)');
like($err, qr/max_tasks must be at least 1/, 'a limit of none is called a pause');

# One worker for two roles: they take turns, although one has more to do than fits into the tenth of a second that a login has the worker at least.
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 1');
$node->reload;
$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');
as('boss', 'SELECT xlsx.pause()');
my @ann = map { submit_as('ann', 'people') } 1 .. 100;
my $bob = submit_as('bob', 'people');
as('boss', 'SELECT xlsx.resume()');
wait_for($node, $_) foreach @ann, $bob;
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE owner = 'ann'::regrole AND id >= $ann[0]"
		  . " AND started_at < (SELECT started_at FROM xlsx.tasks WHERE id = $bob)"), '<', 100, 'a role with many tasks does not starve another');
is($node->safe_psql('postgres', "SELECT bool_and(started_at = m) FROM (SELECT started_at, (array_agg(started_at) OVER (ORDER BY id))[1] AS f,"
		  . " max(started_at) OVER (ORDER BY id) AS m FROM xlsx.tasks WHERE id IN (" . join(',', @ann) . ')) t'), 't',
	'tasks of the same second start in their order');

# A dead worker: within two seconds another goes on.
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 4');
$node->reload;
my $holder = block_at($node, 'BIO-0000050', 'SAVING');
$task = submit_as('ann', 'people');
wait_blocked($node);
my $killed_at = $node->safe_psql('postgres', 'SELECT now() FROM pg_terminate_backend(' . worker_pid($node) . ')');
$node->poll_query_until('postgres', "SELECT attempt_started_at > '$killed_at' FROM xlsx_private.task WHERE id = $task") or die 'never';
cmp_ok($node->safe_psql('postgres', "SELECT extract(epoch FROM attempt_started_at - '$killed_at') FROM xlsx_private.task WHERE id = $task"),
	'<', 2, 'the task of a dead worker runs again within 2 s');
$holder->quit;
wait_for($node, $task);
$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');

# What is kept of it all.
submit_as('ann', 'people') foreach 1 .. 3;
my $empty = workbook('-r', 1, '-H', 'a,b,c');
wait_for($node, submit($node, $empty)) foreach 1 .. 3;
$node->append_conf('postgresql.conf', "pg_xlsx.keep_failed_jobs = 2");
$node->reload;
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', "SELECT count(*) = 10 FROM xlsx.jobs WHERE status = 'COMPLETED'"), 'S-005: the last 10 completed jobs are kept');
ok($node->poll_query_until('postgres', "SELECT count(*) = 2 FROM xlsx.jobs WHERE status = 'FAILED'"), 'S-006: and as many failed ones as set');
is($node->safe_psql('postgres', "SELECT DISTINCT error_message LIKE 'Invalid headers%', duration > '0' FROM xlsx.jobs WHERE status = 'FAILED'"), 't|t',
	'with what went wrong and how long they took');
is(as('bob', 'SELECT count(*) FROM xlsx.jobs WHERE owner <> \'bob\'::regrole'), 0, 'of the jobs of others nothing is seen');

my $failed = $node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE status = 'FAILED'");
is($failed, 3, 'tasks stay');
$node->append_conf('postgresql.conf', "pg_xlsx.keep_tasks = 1s");
$node->reload;
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx.tasks'), 'unless pg_xlsx.keep_tasks says how long');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.error_row'), 0, 'with their error rows');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM people'), '>', 0, 'and without the rows they imported');

# What a DBA sees.
my %metrics = map { split /=/ } split /\n/,
  as('boss', "SELECT name || coalesce('.' || label, '') || '=' || value FROM xlsx.metrics");
is($metrics{'tasks.PENDING'}, 0, 'metrics: no task waits');
is($metrics{max_workers}, 4, 'metrics: max_workers');
cmp_ok($metrics{'removed.tasks'}, '>', 20, 'metrics: what has been removed');
cmp_ok($metrics{last_sweep_seconds}, '<', 60, 'metrics: when the last sweep was');
ok(exists $metrics{$_}, "metrics: $_") foreach qw(queue_length queue_delayed oldest_pending_seconds rows_per_second files file_bytes workers);
($code, $out, $err) = $node->psql('postgres', 'SELECT * FROM xlsx.metrics', extra_params => [ '-U', 'ann' ]);
like($err, qr/permission denied/, 'metrics are not for everybody');

$node->stop;
done_testing();
