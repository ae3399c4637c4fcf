# Cancel, undo, retry and delete in turn: the counts of the task are those of the table.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('take_back', "pg_xlsx.progress_interval = 0\n");
my $book = workbook('-r', 5000);
make_people($node);

# An import that is cancelled when 3000 rows are saved.
sub cancelled
{
	my $held = block_at($node, 'BIO-0003500', 'SAVING');
	my $task = submit($node, $book);

	wait_blocked($node);
	$node->safe_psql('postgres', "SELECT xlsx.cancel($task)");
	$held->quit;
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here() CASCADE');
	return $task;
}

sub counts
{
	my ($task) = @_;

	return task_row($node, $task, 'status, total_rows, saved_rows, error_rows') . '|'
	  . $node->safe_psql('postgres', "SELECT count(*), count(DISTINCT bio_id) FROM people WHERE task_id = $task");
}

# All of it is taken back.
my $task = cancelled();
is(counts($task), 'CANCELLED|5000|3000|0|3000|3000', 'a cancelled import keeps what it has saved');
is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)"), '3000|0', 'undo takes it back');
is(counts($task), 'CANCELLED|5000|0|0|0|0', 'and the count says so');
my (undef, undef, $error) = $node->psql('postgres', "SELECT xlsx.undo($task)");
like($error, qr/task $task was undone already/, 'a second time there is nothing to take back');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'a retry');
is(counts($task), 'COMPLETED|5000|5000|0|5000|5000', 'begins at the first row');
is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)"), '5000|0', 'and can be undone itself');
is($node->safe_psql('postgres', "SELECT deleted_rows FROM xlsx.delete($task)"), 0, 'then nothing is left to delete');

# One row has been changed, and stays.
$task = cancelled();
$node->safe_psql('postgres', "UPDATE people SET name = 'changed' WHERE bio_id = 'BIO-0000007'");
is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)"), '2999|1', 'undo leaves a row that was changed');
is(counts($task), 'CANCELLED|5000|1|0|1|1', 'and counts it');
(undef, undef, $error) = $node->psql('postgres', "SELECT xlsx.retry($task)");
like($error, qr/cannot retry task $task because 1 of its rows stayed when it was undone\n.*HINT:  Undo it again once they may go, or delete the task and upload the file again/s,
	'a retry would bring it a second time');
$node->safe_psql('postgres', "DELETE FROM people WHERE bio_id = 'BIO-0000007'");
is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)"), '0|0', 'without it the undo is complete');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
wait_for($node, $task);
is(counts($task), 'COMPLETED|5000|5000|0|5000|5000', 'and a retry imports all');
is($node->safe_psql('postgres', "SELECT deleted_rows FROM xlsx.delete($task)"), 5000, 'delete takes all rows along');
is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 0, 'and leaves none');

# A retry waits for an undo that is under way.
$task = cancelled();
my $undoing = $node->background_psql('postgres');
$undoing->query_safe("BEGIN; SELECT xlsx.undo($task)");
my $retrying = $node->background_psql('postgres');
$retrying->query_until(qr/retrying/, "\\echo retrying\nSELECT xlsx.retry($task);\n");
$node->poll_query_until('postgres', 'SELECT count(*) > 0 FROM pg_locks WHERE NOT granted') or die 'the retry does not wait';
$undoing->query_safe('COMMIT');
$undoing->quit;
$retrying->quit;
is(wait_for($node, $task), 'COMPLETED', 'a retry waits for an undo that another session is at');
is(counts($task), 'COMPLETED|5000|5000|0|5000|5000', 'and begins at the first row then');
$node->safe_psql('postgres', "SELECT xlsx.delete($task)");

# All or nothing: what was wrong with the table may be mended.
$node->safe_psql('postgres', "ALTER TABLE people ADD CONSTRAINT no_last CHECK (bio_id <> 'BIO-0004999')");
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), mode => 'all_or_nothing')");
is(wait_for($node, $task), 'FAILED', 'all or nothing: one row is refused');
is(counts($task), 'FAILED|5000|0|1|0|0', 'and none is saved');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
wait_for($node, $task);
is(counts($task), 'FAILED|5000|0|1|0|0', 'a retry finds the same');
$node->safe_psql('postgres', "ALTER TABLE people DROP CONSTRAINT no_last; SELECT xlsx.retry($task)");
wait_for($node, $task);
is(counts($task), 'COMPLETED|5000|5000|0|5000|5000', 'until the table takes the row');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.task_errors($task)"), 0, 'and its error is gone');

$node->stop;
done_testing();
