# Rows that another session deletes, replaces or changes after an import by key has examined them: none is lost, and each is counted by what really became of it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('row_races', "pg_xlsx.progress_interval = 0\n");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, name text, task bigint);
SELECT xlsx.create_profile('item', 'item', task_column => 'task');
CREATE TABLE book AS SELECT xlsx.write('SELECT i AS id, ''new'' AS name FROM generate_series(1, 500) AS i') AS file;
SQL

# An import waits for a row that a session has changed and not committed; the session goes on, and so does the import.
sub race
{
	my ($mode, $change, $options) = @_;

	$node->safe_psql('postgres', "TRUNCATE item; INSERT INTO item SELECT i, 'old' FROM generate_series(1, 400) AS i; SELECT xlsx.alter_profile('item', keep_old => "
		  . ($options->{keep_old} ? 'true' : 'false') . ')');
	my $session = $node->background_psql('postgres');
	$session->query_safe("BEGIN; $change");
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('item', file, mode => '$mode') FROM book");
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") or die 'no import waits for the row';
	$session->query_safe('COMMIT');
	$session->quit;
	wait_for($node, $task);
	return ($task, task_row($node, $task, 'status, total_rows, saved_rows, inserted_rows, updated_rows, unchanged_rows, skipped_rows, error_rows'));
}

sub rows
{
	return $node->safe_psql('postgres', "SELECT name, count(*) FROM item GROUP BY 1 ORDER BY 1");
}

foreach my $keep (0, 1)
{
	my $kept = $keep ? ', with old values kept' : '';
	my $options = { keep_old => $keep };
	my ($task, $outcome) = race('upsert', 'DELETE FROM item WHERE id IN (7, 300)', $options);

	is($outcome, 'COMPLETED|500|500|102|398|0|0|0', "upsert: rows that somebody deletes meanwhile are inserted$kept");
	is(rows(), 'new|500', 'and are there');
	is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . rows(), '500|0 old|398', 'and are taken back') if $keep;

	($task, $outcome) = race('upsert', "DELETE FROM item WHERE id = 7; INSERT INTO item VALUES (7, 'again')", $options);
	is($outcome, 'COMPLETED|500|500|100|400|0|0|0', "upsert: a row that somebody replaces meanwhile is updated$kept");
	is(rows(), 'new|500', 'and has the new value');
	is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . rows(), "500|0 again|1\nold|399", 'and gets back what was there then') if $keep;

	($task, $outcome) = race('upsert', "UPDATE item SET name = 'theirs' WHERE id = 7", $options);
	is($outcome, 'COMPLETED|500|500|100|400|0|0|0', "upsert: a row that somebody changes meanwhile is updated$kept");
	is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . rows(), "500|0 old|399\ntheirs|1",
		'and undo gives back what somebody had made of it') if $keep;

	($task, $outcome) = race('update', 'DELETE FROM item WHERE id = 7', $options);
	is($outcome, 'HAS_ERRORS|500|399|0|399|0|0|101', "update: a row that somebody deletes meanwhile is not found$kept");
	is($node->safe_psql('postgres', "SELECT code FROM xlsx.task_errors($task) WHERE row_number = 8"), 'not_found', 'and is told by its number');
}

# Rows that come meanwhile
my (undef, $outcome) = race('upsert', "INSERT INTO item VALUES (450, 'theirs')", {});
is($outcome, 'COMPLETED|500|500|99|401|0|0|0', 'upsert: a row that somebody inserts meanwhile is updated');
(undef, $outcome) = race('skip', "INSERT INTO item VALUES (450, 'theirs')", {});
is($outcome, 'COMPLETED|500|99|99|0|0|401|0', 'skip: it is left out');
is(rows(), "new|99\nold|400\ntheirs|1", 'and stays as it is');

$node->stop;
done_testing();
