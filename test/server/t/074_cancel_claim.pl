# A task that is cancelled or deleted just when a worker takes it: the worker has stopped before the answer, and the task ends once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('cancel_claim');
my $book = workbook('-r', 3000);

make_people($node);
# Holds a worker in the transaction in which it takes a task.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION stop_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END $$;
CREATE TRIGGER stop_claim BEFORE UPDATE ON xlsx_private.task FOR EACH ROW WHEN (OLD.status = 'PENDING' AND NEW.status = 'PROCESSING')
  EXECUTE FUNCTION stop_claim();
SQL

# Runs a statement on a task that a worker is about to take; returns the task and what the statement said.
sub while_claimed
{
	my ($statement) = @_;
	my $held = $node->background_psql('postgres');
	my $caller = $node->background_psql('postgres');

	$held->query_safe('SELECT pg_advisory_lock(4711)');
	my $task = submit($node, $book);
	wait_blocked($node);
	$caller->query_until(qr/asking/, "\\echo asking\nSELECT $statement($task);\n");
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'transactionid'})
	  or die 'the caller does not wait for the worker';
	$held->quit;
	my $answer = $caller->query_safe('SELECT 1');
	$answer =~ s/\s*1\s*$//;
	$caller->quit;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'}) or die 'a worker stays';
	return ($task, $answer);
}

my ($task, $answer) = while_claimed('xlsx.cancel');
is($answer, 'CANCELLED', 'a task is cancelled while a worker takes it');
is(task_row($node, $task, 'status, worker_pid IS NULL'), 'CANCELLED|t', 'and stays so');
is($node->safe_psql('postgres', "SELECT string_agg(status, ' ') FROM xlsx.jobs WHERE task_id = $task"), 'CANCELLED', 'it ended once');

$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'a retry goes on');
is(counts_of($node, $task), '3000|3000|0|3000|3000|0|0|0', 'and every row is there once');

($task, $answer) = while_claimed('xlsx.delete');
like($answer, qr/Task deleted/, 'a task is deleted while a worker takes it');
is($node->safe_psql('postgres', "SELECT (SELECT count(*) FROM xlsx.tasks WHERE id = $task), (SELECT count(*) FROM people WHERE task_id = $task)"), '0|0', 'and nothing of it is left');

$node->stop;
done_testing();
