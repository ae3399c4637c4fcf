# Blank cells in updates, in large files and beside other sessions: what a row has stays, and only new rows are asked for what the sheet lacks.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('blank_cells', "pg_xlsx.progress_interval = 0\n");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE item (sku text PRIMARY KEY, name text NOT NULL, price numeric DEFAULT 1, note text);
SELECT xlsx.create_profile('item', 'item', mode => 'upsert', keep_old => true);
-- A price list: every seventh price is blank, every hundredth row is new.
CREATE TABLE prices AS SELECT xlsx.write('SELECT CASE WHEN i % 100 = 0 THEN ''new'' ELSE ''old'' END || i AS sku, CASE WHEN i % 7 > 0 THEN i END AS price FROM generate_series(1, 20000) AS i') AS file;
CREATE TABLE names AS SELECT xlsx.write('SELECT ''x'' || i AS sku, CASE WHEN i % 2 = 0 THEN ''named'' END AS name, NULL::int AS price FROM generate_series(1, 10) AS i') AS file;
SQL

sub fill
{
	$node->safe_psql('postgres', "TRUNCATE item; INSERT INTO item SELECT 'old' || i, 'name' || i, -1, 'note' FROM generate_series(1, 20000) AS i WHERE i % 100 > 0");
}

my $counts = 'status, total_rows, inserted_rows, updated_rows, unchanged_rows, skipped_rows, error_rows';
my $kept = "SELECT count(*) FILTER (WHERE name = 'name' || substr(sku, 4) AND note = 'note'), count(*) FILTER (WHERE price = -1), count(*) FROM item";
my $same = "SELECT count(*) FROM item WHERE price <> CASE WHEN substr(sku, 4)::int % 7 = 0 THEN -1 ELSE substr(sku, 4)::int END";

foreach my $ahead ('on', 'off')
{
	$node->safe_psql('postgres', "ALTER SYSTEM SET pg_xlsx.read_ahead = $ahead; SELECT pg_reload_conf()");
	foreach my $mode ('update', 'upsert')
	{
		fill();
		my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('item', file, mode => '$mode') FROM prices");
		wait_for($node, $task);
		is(task_row($node, $task, $counts), 'HAS_ERRORS|20000|0|16971|2829|0|200', "read_ahead $ahead, $mode: a price list changes prices alone");
		is($node->safe_psql('postgres', $kept) . ' ' . $node->safe_psql('postgres', $same), '19800|2829|19800 0', 'and what it leaves blank stays');
		is($node->safe_psql('postgres', "SELECT count(*), min(row_number), max(row_number), count(DISTINCT code), min(code), min(column_name) FROM xlsx.task_errors($task)"),
			$mode eq 'update' ? '200|101|20001|1|not_found|Sku' : '200|101|20001|1|required|Name', 'rows that are not there are told');
		is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . $node->safe_psql('postgres', $kept), '16971|0 19800|19800|19800', 'and all is taken back');
	}
}

# An import waits for a session that has inserted a key and not committed.
sub race
{
	my ($change) = @_;

	$node->safe_psql('postgres', "TRUNCATE item; INSERT INTO item VALUES ('x1', 'one', 5, 'a'), ('x2', 'two', 6, 'b')");
	my $session = $node->background_psql('postgres');
	$session->query_safe("BEGIN; $change");
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('item', file) FROM names");
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") or die 'no import waits for the row';
	$session->query_safe('COMMIT');
	$session->quit;
	wait_for($node, $task);
	return task_row($node, $task, $counts);
}

is(race("INSERT INTO item VALUES ('x4', 'theirs', 9, 'c')"), 'HAS_ERRORS|10|3|2|1|0|4', 'a row that somebody inserts meanwhile is updated');
is($node->safe_psql('postgres', "SELECT name, price, note FROM item WHERE sku = 'x4'"), 'named|9|c', 'and keeps what that session gave it where the cell is blank');
is(race("UPDATE item SET price = 77 WHERE sku = 'x2'"), 'HAS_ERRORS|10|4|1|1|0|4', 'a row that somebody changes meanwhile is updated');
is($node->safe_psql('postgres', "SELECT name, price, note FROM item WHERE sku = 'x2'"), 'named|77|b', 'and keeps the change where the cell is blank');
is(race("DELETE FROM item WHERE sku IN ('x1', 'x2')"), 'HAS_ERRORS|10|5|0|0|0|5', 'rows that somebody deletes meanwhile are new, and one of them lacks its name');

$node->stop;
done_testing();
