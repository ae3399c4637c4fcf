# Attempts end in time, tasks wait for conditions that pass, and no wake-up is lost.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('passing', "pg_xlsx.max_workers = 2\nmax_prepared_transactions = 5\npg_xlsx.retry_delay = 100ms\npg_xlsx.progress_interval = 0\n");
my $small = workbook('-r', 3);
my $book = workbook('-r', 5000);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$small') AS data;
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
GRANT SELECT ON book TO ann;
GRANT INSERT ON people TO ann;
CREATE TABLE slow (LIKE people);
SELECT xlsx.create_profile('slow', 'slow', 'task_id', '{"bio_id": "Bio-ID"}');
GRANT INSERT ON slow TO ann;
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END \$\$;
CREATE TRIGGER be_slow BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION be_slow();
SQL

# What a task has to say after its end.
sub end_of
{
	my ($task) = @_;

	wait_for($node, $task);
	return $node->safe_psql('postgres', "SELECT concat_ws('|', status, attempts, error_code, error_message, error_hint) FROM xlsx.tasks WHERE id = $task");
}

sub set_timeout
{
	my ($timeout) = @_;

	$node->append_conf('postgresql.conf', "pg_xlsx.task_timeout = $timeout");
	$node->reload;
	return;
}

my $late = 'FAILED|1|57014|attempt took longer than pg_xlsx.task_timeout (1s)|xlsx.retry makes another attempt, which goes on where this one stopped.';

# A time limit for an attempt: while a trigger sleeps, while rows move, and where SQL does not want to hear of it.
set_timeout('1s');
is(end_of(submit($node, $small, 'slow')), $late, 'an attempt whose trigger sleeps ends in time');
like(slurp_file($node->logfile), qr/ERROR:  attempt took longer than pg_xlsx.task_timeout \(1s\)/, 'and the log says why');
$node->safe_psql('postgres', <<'SQL');
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
SQL
my $task = submit($node, $book, 'slow');
is(end_of($task), $late, 'an attempt whose rows move does, too');
my $saved = task_row($node, $task, 'saved_rows');
cmp_ok($saved, '<', 5000, 'what is saved by then stays');
set_timeout('0');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'and a retry goes on');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT bio_id) FROM slow'), '5000|5000', 'with every row once');
$node->safe_psql('postgres', <<'SQL');
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    BEGIN
      PERFORM pg_sleep(3600);
    EXCEPTION WHEN query_canceled THEN
    END;
  END LOOP;
END $$;
ALTER ROLE ann SET pg_xlsx.task_timeout = '1s';
SQL
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('slow', data) FROM book", extra_params => [ '-U', 'ann' ]);
is(end_of($task), $late, 'an attempt whose trigger catches the interruption ends all the same');
$node->safe_psql('postgres', 'ALTER ROLE ann RESET pg_xlsx.task_timeout');
is($node->safe_psql('postgres', "SELECT xlsx.retry($task)"), 'PENDING', 'such a task can be tried again');
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'") or die 'no worker';
is($node->safe_psql('postgres', "SET statement_timeout = '60s'; SELECT xlsx.cancel($task)"), 'CANCELLED', 'and cancelled, although it does not want to');
my ($code, $out, $err) = $node->psql('postgres', "SET pg_xlsx.task_timeout = 0", extra_params => [ '-U', 'ann' ]);
like($err, qr/permission denied to set parameter "pg_xlsx.task_timeout"/, 'a role cannot give itself more time');

# A read-only spell passes: the task waits, and says why.
$node->safe_psql('postgres', 'TRUNCATE people');
foreach my $how ('ALTER SYSTEM', 'ALTER DATABASE postgres', 'ALTER ROLE postgres')
{
	$node->safe_psql('postgres', "SELECT xlsx.pause()");
	$task = submit($node, $book);
	$node->safe_psql('postgres', "SELECT xlsx.resume()") if $how eq 'ALTER SYSTEM';
	$node->safe_psql('postgres', "$how SET default_transaction_read_only = on");
	$node->reload;
	$node->safe_psql('postgres', "SET default_transaction_read_only = off; SELECT xlsx.resume()");
	ok($node->poll_query_until('postgres', "SELECT status = 'COMPLETED' OR error_code = '25006' FROM xlsx.tasks WHERE id = $task"), "$how: a read-only spell");
	# As often as it would have been tried in vain before.
	$node->poll_query_until('postgres', "SELECT status = 'COMPLETED' OR wait_ms >= 4000 FROM xlsx_private.task WHERE id = $task") or die 'it is not tried again';
	like(task_row($node, $task, "concat_ws('|', status, attempts, error_message)"), qr/^PENDING\|0\|cannot execute \w+ in a read-only transaction$|^COMPLETED\|1$/,
		'costs a task no attempt');
	my ($event) = $node->safe_psql('postgres', "SELECT data ->> 'phase', data ->> 'attempt' FROM xlsx_rest.rest_snapshot('$task')");
	is($event, task_row($node, $task, 'status') eq 'PENDING' ? 'RETRYING|1' : '|', 'whoever looks is told that it will be tried again');
	$node->safe_psql('postgres', "SET default_transaction_read_only = off; $how RESET default_transaction_read_only");
	$node->reload;
	is(wait_for($node, $task) . '|' . task_row($node, $task, 'attempts'), 'COMPLETED|1', 'and it is imported when the spell is over');
}
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT (task_id, bio_id)) FROM people'), '15000|15000', 'with every row once');

# A submit that is prepared: its task starts when it is committed, whoever does that, and also after a restart.
foreach my $restart (0, 1)
{
	my $name = $restart ? 'after a restart' : 'from another session';
	$task = $node->safe_psql('postgres', "BEGIN; SELECT max(xlsx.submit('people', data)) FROM book; PREPARE TRANSACTION 'submit'");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.tasks WHERE id = ' . $task), 0, 'a prepared submit');
	$node->restart if $restart;
	$node->poll_query_until('postgres', "SELECT sweeps > 0 FROM xlsx_private.housekeeping");
	$node->safe_psql('postgres', "COMMIT PREPARED 'submit'");
	is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', "starts when it is committed $name");
}

# A submit for later whose time comes before its commit.
my $session = $node->background_psql('postgres');
$task = $session->query_safe("BEGIN; SELECT xlsx.submit('people', data, run_at => clock_timestamp() + interval '500 ms') FROM book");
$session->query_safe('SELECT pg_sleep(2)');
$session->query_safe('COMMIT');
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', 'a task starts that is committed after its time');
$session->quit;

# What is too long for an event is shortened there, and whole in the row.
my $listener = $node->background_psql('postgres');
$listener->query_safe('SELECT xlsx.listen()');
$node->safe_psql('postgres', <<'SQL');
DROP TRIGGER be_slow ON slow;
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'XX001', MESSAGE = repeat(E'\x01' || '"', 5000), DETAIL = repeat('detail', 3000);
END $$;
CREATE TRIGGER be_slow BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION be_slow();
SQL
my $long = $node->safe_psql('postgres', "SELECT repeat(U&'\\20AC', 341)");
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('slow', data, '$long') FROM book");
is(wait_for($node, $task), 'FAILED', 'an error with a long message');
is(task_row($node, $task, q{error_code, error_message = repeat(E'\x01' || '"', 5000), length(error_detail)}), 'XX001|t|18000', 'is whole in the task');
my $heard = $listener->query_safe('SELECT 1');
my ($payload) = $heard =~ /"($task task-failed \{.*?\})" received/;
cmp_ok(length($payload // ''), '>', 1000, 'has its event');
cmp_ok(length($payload // ''), '<', 8000, 'which fits');
like($payload // '', qr/"error" ?: ?"(\\u0001\\")+…"/, 'with the beginning of the message');
$node->safe_psql('postgres', 'DROP TRIGGER be_slow ON slow');
my $odd = $node->safe_psql('postgres', "SELECT repeat(E'\x01', 1020)");
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('slow', data, repeat(E'\x01', 1020)) FROM book");
is(wait_for($node, $task), 'COMPLETED', 'a task whose file has a name that JSON makes long');
like($listener->query_safe('SELECT 1'), qr/"$task task-completed \{.*\}"/, 'has its event');
$listener->quit;
$node->stop;

# The clock is set while tasks wait.
my $offset = "$ENV{TESTDATADIR}/offset";
sub set_clock
{
	my ($seconds) = @_;

	open(my $file, '>', "$offset.new") or die $!;
	print $file "$seconds\n";
	close($file);
	rename "$offset.new", $offset or die $!;
	return;
}
set_clock(0);
{
	local %ENV = (%ENV, LD_PRELOAD => $ENV{SETCLOCK_LIBRARY}, SETCLOCK => $offset);
	$node->start;
}
my $before = $node->safe_psql('postgres', 'SELECT extract(epoch FROM clock_timestamp())');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data, run_at => clock_timestamp() + interval '1 hour') FROM book");
set_clock(7200);
cmp_ok($node->safe_psql('postgres', 'SELECT extract(epoch FROM clock_timestamp())') - $before, '>', 7000, 'the clock is set forward');
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', 'a task for later starts when its time has come by it');

$node->safe_psql('postgres', 'SELECT xlsx.pause()');
$task = submit($node, $small);
is(task_row($node, $task, 'run_at IS NULL, xlsx_private.is_due(run_at, wait_ms)'), 't|t', 'a submit without a time stores none and is due');
set_clock(3600);
is(task_row($node, $task, 'xlsx_private.is_due(run_at, wait_ms)'), 't', 'and is due still when the clock is set back');
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', 'a task that waits starts although the clock is set back');

$node->safe_psql('postgres', <<'SQL');
ALTER SYSTEM SET pg_xlsx.retry_delay = '3s';
SELECT pg_reload_conf();
CREATE TABLE flag (x int);
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM flag) THEN
    RAISE EXCEPTION 'not yet' USING ERRCODE = 'lock_not_available';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER be_slow BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION be_slow();
SQL
$task = submit($node, $small, 'slow');
$node->poll_query_until('postgres', "SELECT status = 'PENDING' AND attempts = 1 FROM xlsx.tasks WHERE id = $task") or die 'no second attempt';
$node->safe_psql('postgres', 'INSERT INTO flag VALUES (1)');
set_clock(0);
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', 'nor does a second attempt wait for the time before');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data, run_at => clock_timestamp() + interval '1 hour') FROM book");
is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '1 s')"), 'PENDING', 'a task for later waits for its time');
is($node->safe_psql('postgres', 'SELECT waiting, delayed FROM xlsx.queue WHERE profile = \'people\''), '0|1', 'and is counted as such');
$node->stop;
done_testing();
