# Troubles that pass: a task waits for their end without a worker, an attempt or an end of its own, up to pg_xlsx.patience.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('patience', "pg_xlsx.max_workers = 1\npg_xlsx.retry_delay = 50ms\npg_xlsx.progress_interval = 0\n");
my $small_book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE other (LIKE people);
SELECT xlsx.create_profile('other', 'other', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

sub set_patience
{
	my ($patience) = @_;

	$node->safe_psql('postgres', "ALTER SYSTEM SET pg_xlsx.patience = '$patience'");
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
	return;
}

# Waits until a task waits for the end of a trouble.
sub waits_with
{
	my ($task, $code) = @_;

	return $node->poll_query_until('postgres', "SELECT status = 'PENDING' AND error_code = '$code' AND waited_ms > 0 FROM xlsx_private.task WHERE id = $task");
}

# The events of a task among what a listening session has heard.
sub events_of
{
	my ($listener, $task) = @_;
	my ($heard) = $listener->query_safe('SELECT 1');

	return $heard =~ /"$task ([a-z-]+ \{.*?\})" received/g;
}

my $listener = $node->background_psql('postgres');
$listener->query_safe('SELECT xlsx.listen()');

# What the target's side raises, as a server would that is short of something.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE trouble (code text, message text);
CREATE FUNCTION raise_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  t trouble;
BEGIN
  SELECT * INTO t FROM trouble;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = t.code, MESSAGE = t.message;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER raise_trouble BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION raise_trouble();
SQL
my %troubles = (53000 => 'insufficient resources', 53100 => 'could not extend file: No space left on device', 53200 => 'out of memory',
	53300 => 'sorry, too many clients already', '08001' => 'could not connect to server "far"', '08006' => 'server closed the connection', '57P03' => 'the database system is starting up');
foreach my $code (sort keys %troubles)
{
	$node->safe_psql('postgres', "INSERT INTO trouble VALUES ('$code', '$troubles{$code}')");
	my $task = submit($node, $small_book);
	ok(waits_with($task, $code), "$code: a task waits");
	is(task_row($node, $task, q{attempts, error_message, worker_pid IS NULL, file_id IS NOT NULL, run_at > updated_at}), "0|$troubles{$code}|t|t|t", 'which is no attempt, needs no worker, keeps the file, and says why');
	is(wait_for($node, submit($node, $small_book, 'other')), 'COMPLETED', 'the only worker serves others');
	$node->safe_psql('postgres', 'DELETE FROM trouble');
	is(wait_for($node, $task), 'COMPLETED', 'it goes on when the trouble is over');
	is(task_row($node, $task, 'attempts, waited_ms, error_code IS NULL'), '1|0|t', 'with its first attempt');
	my @events = events_of($listener, $task);
	is(scalar(grep { /^task-(completed|failed) / } @events), 1, 'one event ends it');
	ok(scalar(grep { /"phase":"RETRYING","attempt":1,"retryInMs":1000/ } @events), 'and RETRYING was sent');
}

# The pauses grow, and their sum ends the patience.
set_patience('5s');
$node->safe_psql('postgres', "INSERT INTO trouble VALUES ('53100', 'No space left on device')");
my $task = submit($node, $small_book);
is(wait_for($node, $task), 'FAILED', 'a trouble that lasts longer than the patience');
is(task_row($node, $task, 'attempts, waited_ms, error_code, error_message, error_detail, error_hint'),
	'1|5000|53100|No space left on device|It was tried again and again for 5s (pg_xlsx.patience).|xlsx.retry goes on where the task stopped.', 'ends the task with the trouble');
my @events = events_of($listener, $task);
is(join(' ', map { /"retryInMs":(\d+)/ } @events), '1000 1000 2000 1000', 'after pauses that grow, up to the patience');
is(scalar(grep { /^task-failed / } @events), 1, 'and one event ends it');
$node->safe_psql('postgres', "DELETE FROM trouble; SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'a retry works');
set_patience('0');
$node->safe_psql('postgres', "INSERT INTO trouble VALUES ('53100', 'No space left on device')");
$task = submit($node, $small_book);
is(wait_for($node, $task) . task_row($node, $task, 'attempts'), 'FAILED1', 'without patience a trouble ends the task');
set_patience('1h');

# An I/O error or a lock does not pass by waiting alone, and a limit that somebody has configured not at all.
foreach my $case ([ 58030, 3 ], [ '55P03', 3 ], [ 53400, 1 ])
{
	my ($code, $attempts) = @$case;

	$node->safe_psql('postgres', "UPDATE trouble SET code = '$code'");
	$task = submit($node, $small_book);
	is(wait_for($node, $task) . task_row($node, $task, 'attempts, waited_ms'), "FAILED$attempts|0", "$code costs attempts: $attempts");
}

# Rows that are saved between two troubles renew the patience.
$node->safe_psql('postgres', <<'SQL');
DELETE FROM trouble;
CREATE SEQUENCE tries;
CREATE OR REPLACE FUNCTION raise_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.bio_id = 'BIO-0002500' AND nextval('tries') < 3 OR NEW.bio_id = 'BIO-0004500' AND nextval('tries') < 6 THEN
    RAISE disk_full USING MESSAGE = 'No space left on device';
  END IF;
  RETURN NEW;
END $$;
SQL
set_patience('3s');
$task = submit($node, workbook('-r', 6000));
is(wait_for($node, $task), 'COMPLETED', 'progress renews the patience');
is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT bio_id) FROM people WHERE task_id = $task"), '6000|6000', 'and each row is saved once');
set_patience('1h');

# A disk that is full indeed; test/tools/tap.sh makes a small one where it may.
SKIP:
{
	my $disk = $ENV{TEST_SMALL_DISK};
	skip 'a small disk can only be made by root', 6 if !$disk;
	$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$disk'");
	$node->safe_psql('postgres', "DROP TRIGGER raise_trouble ON people; TRUNCATE people; ALTER TABLE people SET TABLESPACE small");
	$task = submit($node, workbook('-r', 60000));
	ok(waits_with($task, '53100'), 'an import into a full disk waits');
	like(task_row($node, $task, 'error_message'), qr/^could not (extend|write to) file .*: No space left on device$/, 'and says why');
	is($node->safe_psql('postgres', "SELECT saved_rows = (SELECT count(*) FROM people) FROM xlsx.tasks WHERE id = $task"), 't', 'what is said to be saved is saved');
	$node->safe_psql('postgres', 'ALTER TABLE people SET TABLESPACE pg_default');
	is(wait_for($node, $task), 'COMPLETED', 'it goes on when there is room');
	is(task_row($node, $task, 'attempts'), '1', 'with its first attempt');
	is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT bio_id) FROM people'), '60000|60000', 'and every row once');
	$node->safe_psql('postgres', 'DROP TABLESPACE small');     # the disk is there for other tests, too
}

$listener->quit;
$node->stop;
done_testing();
