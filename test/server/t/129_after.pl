# Tasks in order: one starts when another has ended well.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('after', "pg_xlsx.max_workers = 4\nrestart_after_crash = on\n");
my $book = workbook('-r', 30);
make_people($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE children (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL UNIQUE);
SELECT xlsx.create_profile('children', 'children', 'task_id', '{"bio_id": "Bio-ID"}');
CREATE TABLE broken (name text, missing text NOT NULL);
SELECT xlsx.create_profile('broken', 'broken');
CREATE ROLE ann IN ROLE xlsx_user;
CREATE ROLE bob IN ROLE xlsx_user;
GRANT INSERT ON people, children TO ann, bob;
SQL

sub submit_after
{
	my ($before, $profile, $more) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('$profile', pg_read_binary_file('$book'), 'book.xlsx', after => $before" . ($more // '') . ')');
}

sub shown
{
	my ($task) = @_;

	return $node->safe_psql('postgres', "SELECT status, waiting_for, error_message FROM xlsx.tasks WHERE id = $task");
}

# While the first one is held in the middle, those after it wait, although workers are free.
my $holder = block_at($node, 'BIO-0000015', 'SAVING');
my $first = submit($node, $book);
wait_blocked($node);
my $second = submit_after($first, 'children');
my $third = submit_after($second, 'people');
is(shown($second), "PENDING|the end of task $first (people), which is PROCESSING|", 'a task waits for the one before it, and says so');
is(shown($third), "PENDING|the end of task $second (children), which is PENDING|", 'and the next for that');
is($node->safe_psql('postgres', "SELECT after, run_at FROM xlsx.tasks WHERE id = $second"), "$first|", 'the task before it is shown, and no time');
my $late = submit_after($first, 'people', ", run_at => now() + interval '1 hour'");
my $other = submit($node, $book, 'children');
is(wait_for($node, $other), 'COMPLETED', 'workers are free for others');
$node->safe_psql('postgres', 'SELECT xlsx.delete(' . $other . ')');
$holder->quit;
is(wait_for($node, $third), 'COMPLETED', 'they run when that has ended');
is($node->safe_psql('postgres', "SELECT bool_and(b.completed_at <= a.started_at) FROM xlsx.tasks a JOIN xlsx.tasks b ON b.id = a.after WHERE a.started_at IS NOT NULL"), 't', 'one after the other');
is($node->safe_psql('postgres', "SELECT status, run_at > now() + interval '50 min' FROM xlsx.tasks WHERE id = $late"), 'PENDING|t', 'one with a time waits for its time as well');
$node->safe_psql('postgres', "SELECT xlsx.cancel($late)");
is(wait_for($node, submit_after($third, 'people')), 'COMPLETED', 'after one that has ended well, a task starts at once');

# One that fails or is cancelled takes those after it along.
$node->safe_psql('postgres', "INSERT INTO xlsx_private.queue_rule (paused) VALUES (true)");
my $bad = submit($node, $book, 'broken');
my $next = submit_after($bad, 'people');
my $last = submit_after($next, 'people');
$node->safe_psql('postgres', 'DELETE FROM xlsx_private.queue_rule; SELECT xlsx_private.wake_queue()');
is(wait_for($node, $bad), 'FAILED', 'one fails');
is(shown($next), "CANCELLED||task $bad, which comes first, has failed", 'the one after it is cancelled');
is(shown($last), "CANCELLED||task $next, which comes first, was cancelled", 'and the one after that');
is($node->safe_psql('postgres', "SELECT error_code, error_hint, attempts FROM xlsx.tasks WHERE id = $next"), "55000|Retry task $bad, then this one.|0", 'with what to do');
my ($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.retry($next)");
like($error, qr/ERROR:  cannot retry task $next because task $bad, which comes first, is FAILED\nHINT:  Retry task $bad first\./, 'it cannot be retried before');
($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), after => $bad)");
like($error, qr/ERROR:  cannot start a task after task $bad because it is FAILED\nHINT:  Retry that task first\./, 'nor a new one be submitted');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx_private.file f WHERE NOT EXISTS (SELECT FROM xlsx_private.task t WHERE t.file_id = f.id)"), '0', 'and nothing of it stays');
$node->safe_psql('postgres', "INSERT INTO xlsx_private.queue_rule (paused) VALUES (true); ALTER TABLE broken ALTER missing DROP NOT NULL");
$node->safe_psql('postgres', "SELECT xlsx.retry($bad); SELECT xlsx.retry($next)");
is(shown($next) =~ /^PENDING\|the end of task $bad / ? 1 : 0, 1, 'retried together, it waits again');
$node->safe_psql('postgres', "SELECT xlsx.cancel($bad)");
is(shown($next), "CANCELLED||task $bad, which comes first, was cancelled", 'a cancel takes it along as well');
$node->safe_psql('postgres', "SELECT xlsx.retry($bad); SELECT xlsx.retry($next); SELECT xlsx.delete($bad)");
is(shown($next), "CANCELLED||task $bad, which comes first, was cancelled", 'and so does a delete, which cancels');
$node->safe_psql('postgres', "DELETE FROM xlsx_private.queue_rule; SELECT xlsx.retry($next)");
is(wait_for($node, $next), 'COMPLETED', 'a task before it that is gone holds nothing back');
is($node->safe_psql('postgres', "SELECT status FROM xlsx.tasks WHERE id = $last"), 'CANCELLED', 'the last one stays as it is');

# Rights
$node->safe_psql('postgres', 'GRANT pg_read_server_files TO ann, bob');
my $anns = $node->safe_psql('postgres', "SET ROLE ann; SELECT xlsx.submit('people', xlsx.server_file('$book'), run_at => now() + interval '1 day')");
($code, $out, $error) = $node->psql('postgres', "SET ROLE bob; SELECT xlsx.submit('people', xlsx.server_file('$book'), after => $anns)");
like($error, qr/ERROR:  task $anns does not exist\nDETAIL:  Or it belongs to another role\./, 'a task that one may not see is none to start after');
($code, $out, $error) = $node->psql('postgres', "SET ROLE ann; SELECT xlsx.submit('people', xlsx.server_file('$book'), after => 987654)");
like($error, qr/ERROR:  task 987654 does not exist/, 'nor is one that does not exist');

# The end and the submit meet.
my $session = $node->background_psql('postgres');
$holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
$first = submit($node, $book);
wait_blocked($node);
$session->query_safe('BEGIN');
$second = $session->query_safe("SELECT xlsx.submit('children', pg_read_binary_file('$book'), after => $first)");
$holder->quit;
$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event_type = 'Lock')")
  or die 'the end does not wait for the submit';
$session->query_safe('COMMIT');
$session->quit;
is(wait_for($node, $second) =~ /COMPLETED|HAS_ERRORS/ ? 1 : 0, 1, 'a task that is submitted while the one before it ends is not forgotten');

# Killed in mid-import, the first one goes on, and then the second.
$holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
$first = submit($node, $book);
$second = submit_after($first, 'people');
wait_blocked($node);
kill_process($node, worker_pid($node));
is($node->safe_psql('postgres', "SELECT xlsx.wait($second, '60 s')"), 'COMPLETED', 'after a crash, the second runs when the first has gone on');
is($node->safe_psql('postgres', "SELECT task_id = $second, count(*) FROM people WHERE task_id IN ($first, $second) GROUP BY 1 ORDER BY 1"), "f|30\nt|30", 'each row once');
is($node->safe_psql('postgres', "SELECT a.completed_at <= b.started_at FROM xlsx.tasks a, xlsx.tasks b WHERE a.id = $first AND b.id = $second"), 't', 'in order');

$node->stop;
done_testing();
