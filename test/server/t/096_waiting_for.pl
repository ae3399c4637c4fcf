# What a task waits for is said where it is shown, and no more of others than pg_stat_activity shows to the reader.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('waiting_for', "pg_xlsx.max_workers = 2\npg_xlsx.progress_interval = 0\nmax_prepared_transactions = 5\n");
my $book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE web LOGIN IN ROLE xlsx_notifier, ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO PUBLIC;
GRANT INSERT, SELECT, UPDATE ON people TO ann, bob;
SQL

sub submit_as
{
	my ($role, $more) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('people', data" . ($more ? ", $more" : '') . ') FROM book', extra_params => [ '-U', $role ]);
}

# As the view and as REST say it, which must be the same; read by a role.
sub waiting_for
{
	my ($task, $role) = @_;
	my ($view, $json) = split /\x1f/, $node->safe_psql('postgres',
		"SELECT t.waiting_for, a.body ->> 'waitingFor' FROM xlsx.tasks t, xlsx_rest.rest_task('$task') a WHERE t.id = $task", extra_params => [ '-F', "\x1f", '-U', $role // 'postgres' ]);

	is($json, $view, 'REST says the same');
	return $view;
}

sub wait_until_it_waits
{
	my ($task) = @_;

	$node->poll_query_until('postgres', "SELECT waiting_for LIKE 'a lock%' OR waiting_for LIKE 'a row%' FROM xlsx.tasks WHERE id = $task") or die 'it does not wait for a lock';
	return;
}

# For a lock on the target. The holder is shown to those who may see its session.
my $holder = $node->background_psql('postgres', extra_params => [ '-U', 'bob' ]);
$holder->query_safe("BEGIN; LOCK TABLE people  IN\n  SHARE UPDATE EXCLUSIVE MODE");
my $pid = $holder->query_safe('SELECT pg_backend_pid() -- it holds people');
$holder->query_safe("LOCK TABLE people IN EXCLUSIVE MODE /* it\nholds people */");
my $task = submit_as('ann');
wait_until_it_waits($task);
my $named = "a lock on public.people, held by process $pid of role bob: LOCK TABLE people IN EXCLUSIVE MODE /* it holds people */ ;";
is(waiting_for($task), $named, 'a superuser sees who holds the lock');
is(waiting_for($task, 'ann'), 'a lock on public.people, held by another session', 'the owner of the task does not');
is(waiting_for($task, 'web'), 'a lock on public.people, held by another session', 'nor does the login of the sidecar');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE id = $task", extra_params => [ '-U', 'bob' ]), 0, 'nobody else sees the task');
$node->safe_psql('postgres', 'GRANT pg_read_all_stats TO ann');
is(waiting_for($task, 'ann'), $named, 'who may read all statistics sees it');
$node->safe_psql('postgres', 'REVOKE pg_read_all_stats FROM ann; GRANT bob TO ann');
is(waiting_for($task, 'ann'), $named, 'and so does a member of the holder');
$node->safe_psql('postgres', 'REVOKE bob FROM ann');
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'the task goes on');
is(waiting_for($task), '', 'and waits for nothing when it has ended');

# For a row that another transaction has written, prepared or not.
$node->safe_psql('postgres', 'CREATE UNIQUE INDEX people_bio_id ON people (bio_id)');
$node->safe_psql('postgres', "TRUNCATE people; BEGIN; INSERT INTO people SELECT 1, 'x', 'x', 'BIO-0000002'; PREPARE TRANSACTION 'rows'");
$task = submit_as('ann');
wait_until_it_waits($task);
is(waiting_for($task, 'ann'), 'a row that another transaction has written, held by a prepared transaction', 'a prepared transaction is named as one');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'rows'");
is(wait_for($node, $task), 'COMPLETED', 'and its end lets the task go on');
$node->safe_psql('postgres', 'DROP INDEX people_bio_id');

# For its turn.
$node->safe_psql('postgres', "SELECT xlsx.pause('people')");
$task = submit_as('ann');
is(waiting_for($task, 'ann'), q{the end of a pause: SELECT xlsx.resume('people');}, 'a pause of its profile');
$node->safe_psql('postgres', "SELECT xlsx.pause(); SELECT xlsx.resume('people')");
is(waiting_for($task, 'ann'), 'the end of a pause: SELECT xlsx.resume();', 'a pause of all');
my $later = submit_as('ann', "run_at => '2100-01-01 00:00Z'");
is(waiting_for($later, 'ann'), 'its time, 2100-01-01T00:00:00.000Z', 'its time');
$node->safe_psql('postgres', 'ALTER SYSTEM SET pg_xlsx.enabled = off');
$node->safe_psql('postgres', 'SELECT pg_reload_conf(), xlsx.resume()');
$node->poll_query_until('postgres', "SELECT current_setting('pg_xlsx.enabled') = 'off'") or die 'no reload';
is(waiting_for($task, 'ann'), 'pg_xlsx.enabled, which is off', 'a server that starts no tasks');
$node->safe_psql('postgres', 'LOAD $$pg_xlsx$$; ALTER SYSTEM RESET pg_xlsx.enabled');
$node->safe_psql('postgres', 'SELECT pg_reload_conf(), xlsx.resume()');
wait_for($node, $task);

# For a worker and for limits: two imports stand at a row.
my $held = block_at($node, 'BIO-0000002', 'SAVING');
my $first = submit_as('ann');
wait_blocked($node);
like(waiting_for($first, 'ann'), qr/^an advisory lock, held by another session$/, 'an advisory lock of a trigger');
my $second = submit_as('ann');
$node->poll_query_until('postgres', "SELECT waiting_for LIKE 'a worker: the role%' FROM xlsx.tasks WHERE id = $second");
is(waiting_for($second, 'ann'), 'a worker: the role has all 1 that it may have (pg_xlsx.max_workers_per_role)', 'a role with as many workers as it may have');
my $third = submit_as('bob');
$node->poll_query_until('postgres', "SELECT count(*) = 2 FROM xlsx.tasks WHERE status = 'PROCESSING'");
is(waiting_for($second, 'ann'), 'a worker: all 2 are at work (pg_xlsx.max_workers)', 'all workers are busy');
$node->safe_psql('postgres', "SELECT xlsx.limit_tasks(1, 'people', 'ann')");
is(waiting_for($second, 'ann'), 'its turn: 1 tasks of profile people of role ann may run at the same time (xlsx.limit_tasks)', 'a limit');
$node->safe_psql('postgres', "SELECT xlsx.limit_tasks(NULL, 'people', 'ann')");
$held->quit;
wait_for($node, $_) foreach ($first, $second, $third);

# For a session that holds its row.
$node->safe_psql('postgres', 'SELECT xlsx.pause()');
$task = submit_as('ann');
$holder = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$holder->query_safe("BEGIN");
$holder->query_safe("SELECT xlsx.delete($task)");
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
like(waiting_for($task), qr/^the end of a transaction that changes this task: process \d+ of role ann: SELECT xlsx\.delete/, 'a session that holds its row');
like(waiting_for($task, 'ann'), qr/^the end of a transaction that changes this task: process \d+ of role ann/, 'is shown to its own role');
$holder->query_safe('ROLLBACK');
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'and its end lets the task start');

# For the end of a trouble.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE trouble AS SELECT 1;
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM trouble) THEN
    RAISE disk_full USING MESSAGE = 'could not extend file "base/1": No space left on device', HINT = 'Check free disk space.';
  END IF;
  RETURN NEW;
END $$;
GRANT SELECT ON trouble TO PUBLIC;
CREATE TRIGGER no_room BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no_room();
SQL
$task = submit_as('ann');
$node->poll_query_until('postgres', "SELECT waiting_for LIKE 'the end of a trouble%' FROM xlsx.tasks WHERE id = $task") or die 'no trouble';
like(waiting_for($task, 'ann'), qr/^the end of a trouble: could not extend file "base\/1": No space left on device\. Check free disk space\. Tried again at \d{4}-\d\d-\d\dT[\d:.]+Z$/,
	'a full disk');
$node->safe_psql('postgres', 'DROP TRIGGER no_room ON people');
is(wait_for($node, $task), 'COMPLETED', 'whose end lets it go on');

# In a copy of the database: for adoption.
$node->safe_psql('postgres', "SELECT xlsx.cancel($later); SELECT xlsx.pause()");
$task = submit_as('ann');
$node->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
is($node->safe_psql('copy', "SELECT waiting_for FROM xlsx.tasks WHERE id = $task"), 'adoption by this database, which is a copy: SELECT xlsx.adopt();', 'a task of a copied database');

# Many that wait cost no more than they did.
$node->safe_psql('postgres', 'SELECT xlsx.submit($$people$$, data) FROM book, generate_series(1, 500); SELECT xlsx.limit_tasks(1, $$people$$)');
$node->safe_psql('postgres', "SET statement_timeout = '20s'; SELECT count(*), count(waiting_for) FROM xlsx.tasks");
$node->stop;
done_testing();
