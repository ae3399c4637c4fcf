# Attempts, cancelling, retrying, deleting, expiry (S-003, S-004, S-007, S-008, S-027, S-048, S-049).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

# A commit after every batch, so that what a cancelled task has saved is known.
my $node = start_server('queue', "pg_xlsx.retry_delay = 100ms\nlock_timeout = 100ms\npg_xlsx.progress_interval = 0\n");
make_people($node);
my $book = workbook('-r', 5000);

# S-003, S-004: three attempts, 1 and 3 times the delay between them.
my $locker = $node->background_psql('postgres');
my $listener = $node->background_psql('postgres');
$listener->query_safe('SELECT xlsx.listen()');
$locker->query_safe('BEGIN; LOCK TABLE people IN EXCLUSIVE MODE');
my $task = submit($node, $book);
is(wait_for($node, $task), 'FAILED', 'S-048: a target that stays locked fails the task');
is(task_row($node, $task, 'attempts, error_code'), '3|55P03', 'S-003: after three attempts');
my $heard = $listener->query_safe('SELECT 1');
is_deeply([ $heard =~ /"phase":"RETRYING","attempt":(\d),"retryInMs":(\d+)/g ], [ 2, 100, 3, 300 ],
	'S-004: each wait is told, and is (2^n - 1) times the delay');
is(scalar(() = $heard =~ /task-failed/g), 1, 'S-097: task-failed comes once, after the last attempt');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM xlsx_private.chunk'), 't', 'S-012: the file stays for a retry');
$locker->query_safe('ROLLBACK');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'a retry goes through');
is(counts_of($node, $task), '5000|5000|0|5000|5000|0|0|0', 'with every row once');
$listener->quit;
$locker->quit;

# Cancelling in mid-run, and going on.
$node->safe_psql('postgres', 'ALTER SYSTEM RESET lock_timeout; TRUNCATE people');
$node->append_conf('postgresql.conf', 'lock_timeout = 0');
$node->reload;
my $holder = block_at($node, 'BIO-0003500', 'SAVING');
$task = submit($node, $book);
wait_blocked($node);
is($node->safe_psql('postgres', "SELECT xlsx.cancel($task)"), 'CANCELLED', 'cancel answers when the worker has stopped');
is(task_row($node, $task, 'status, saved_rows'), 'CANCELLED|3000', 'what was saved stays');
is($node->safe_psql('postgres', "SELECT count(*) FROM people"), 3000, 'and nothing more is saved');
my ($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.cancel($task)");
like($err, qr/cannot cancel task $task because it is CANCELLED/, 'S-049: no second end');
$holder->quit;
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'a cancelled task can be retried');
is(counts_of($node, $task), '5000|5000|0|5000|5000|0|0|0', 'and goes on where it stopped');

# S-027: deleting an active task leaves no writer and no rows.
$node->safe_psql('postgres', 'TRUNCATE people; DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
$holder = block_at($node, 'BIO-0003500', 'SAVING');
$task = submit($node, $book);
wait_blocked($node);
is($node->safe_psql('postgres', "SELECT deleted_rows FROM xlsx.delete($task)"), 3000, 'S-027: an active task can be deleted');
is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 0, 'S-027: its rows go');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.packet'), 0, 'S-027: its packets too');
is(worker_pid($node), '', 'S-027: no worker is left');
$holder->quit;

# Tasks for later, and by priority.
$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
$task = $node->safe_psql('postgres',
	"SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 s')");
is(wait_for($node, $task), 'COMPLETED', 'a task for later is started without a session');
is($node->safe_psql('postgres', "SELECT started_at >= run_at FROM xlsx.tasks WHERE id = $task"), 't', 'and not before its time');

# S-007, S-008: files expire without anyone asking.
$node->append_conf('postgresql.conf', 'pg_xlsx.upload_ttl = 1s');
$node->reload;
$task = submit($node, workbook('-r', 1, '-H', 'a,b,c'));
is(wait_for($node, $task), 'FAILED', 'a task with wrong headers keeps its file');
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx_private.file'), 'S-008: until its time is over');
($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.retry($task)");
like($err, qr/because its file has expired/, 'then a retry says what is missing');

# S-013: several workers at once, each task done once.
$node->safe_psql('postgres', 'TRUNCATE people');
my @tasks = map { submit($node, $book) } 1 .. 12;
wait_for($node, $_) foreach @tasks;
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT (task_id, bio_id)) FROM people'), '60000|60000',
	'S-013, S-058: twelve tasks at once, every row once');

$node->stop;
done_testing();
