# Mode sync through crashes and beside other sessions: the rows that the file lacks go once, all or none, and only those.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server("sync", "restart_after_crash = on\npg_xlsx.progress_interval = 0\n");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, shop int NOT NULL DEFAULT 7, name text, price numeric);
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
SELECT xlsx.create_profile('item', 'item', mode => 'sync', scope => 'shop = 7', keep_old => true);
SELECT xlsx.set_column('item', 'shop', source => 'none');
CREATE TABLE book AS SELECT xlsx.write('SELECT i AS id, ''new'' AS name, CASE WHEN i = 77 THEN ''x'' ELSE i::text END AS price FROM generate_series(1, 500) AS i') AS file;
SQL

use constant COUNTS => 'status, total_rows, saved_rows, error_rows, inserted_rows, updated_rows, absent_rows, attempts';

sub fill
{
	$node->safe_psql('postgres', "TRUNCATE item; INSERT INTO item SELECT i, CASE WHEN i % 10 = 0 THEN 8 ELSE 7 END, 'old' FROM generate_series(1, 900) AS i; "
		  . "CREATE TABLE IF NOT EXISTS before AS SELECT * FROM item; TRUNCATE before; INSERT INTO before SELECT * FROM item");
}

sub submit_book
{
	return $node->safe_psql('postgres', 'SELECT xlsx.submit(\'item\', file' . ($_[0] // '') . ') FROM book');
}

sub rows
{
	return $node->safe_psql('postgres', 'SELECT shop, name, count(*), min(id), max(id) FROM item GROUP BY 1, 2 ORDER BY 1, 2');
}

# Is the table as before the import?
sub unchanged
{
	return $node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT * FROM item EXCEPT SELECT * FROM before) AS d') . '|'
	  . $node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM item) AS d');
}

# Of 900 rows the file has 500, one of them in error. 360 of the others are in shop 7.
my $all = "7|new|449|1|499\n7|old|1|77|77\n8|new|50|10|500\n8|old|40|510|900";

# A crash while rows are being deleted
foreach my $signal ('KILL', 'TERM')
{
	fill();
	$node->safe_psql('postgres', 'CREATE TRIGGER stop_here AFTER DELETE ON item FOR EACH ROW WHEN (old.id = 777) EXECUTE FUNCTION stop_here()');
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(4711)');
	my $task = submit_book();
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'") or die 'no row is being deleted';
	is(unchanged(), '0|0', "SIG$signal: before the end nobody sees anything of it");
	my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'");
	if ($signal eq 'KILL')
	{
		kill_process($node, $pid);
	}
	else
	{
		kill 'TERM', $pid;
		$holder->query_safe('SELECT pg_advisory_unlock(4711)');
	}
	eval { $holder->quit };
	wait_for($node, $task);
	is(task_row($node, $task, 'status, saved_rows, error_rows, updated_rows, absent_rows'), 'HAS_ERRORS|499|1|499|360', 'the next attempt does all of it');
	is(rows(), $all, 'and the table is right');
	is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . unchanged(), '859|0 0|0', 'and undo takes back all of it, once');
	is(task_row($node, $task, 'undone, saved_rows, updated_rows, absent_rows'), 't|0|0|0', 'and the task counts nothing');
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON item');
}

# Another session has changed a row that the file lacks, and not committed.
sub race
{
	my ($change, $absent) = @_;

	fill();
	my $session = $node->background_psql('postgres');
	$session->query_safe("BEGIN; $change");
	my $task = submit_book(defined $absent ? ", absent => '$absent'" : '');
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") or die 'no import waits for the row';
	$session->query_safe('COMMIT');
	$session->quit;
	wait_for($node, $task);
	return $task;
}

my $task = race('UPDATE item SET shop = 9 WHERE id = 777');
is(task_row($node, $task, 'status, absent_rows'), 'HAS_ERRORS|359', 'a row that leaves the scope meanwhile is not touched');
is($node->safe_psql('postgres', 'SELECT shop, name FROM item WHERE id > 500 AND shop <> 8'), '9|old', 'and is there');
$task = race("UPDATE item SET name = 'theirs' WHERE id = 777");
is(task_row($node, $task, 'absent_rows') . ' ' . rows(), "360 $all", 'a row that is changed and stays in the scope goes');
is($node->safe_psql('postgres', "SELECT undone, kept FROM xlsx.undo($task)") . ' ' . $node->safe_psql('postgres', 'SELECT name FROM item WHERE id = 777'), '859|0 theirs',
	'and comes back as it was then');
$task = race('DELETE FROM item WHERE id = 777');
is(task_row($node, $task, 'absent_rows') . ' ' . rows(), "359 $all", 'a row that somebody deletes meanwhile is not counted');
$task = race("UPDATE item SET name = 'theirs' WHERE id = 777", q{name = name || ''!''});
is(task_row($node, $task, 'absent_rows') . ' ' . $node->safe_psql('postgres', 'SELECT name FROM item WHERE id = 777'), '360 theirs!', 'a mark is made of what is there then');

# Too many: a task that fails has done nothing, and a retry looks again.
fill();
$task = submit_book(", max_absent => '359'");
wait_for($node, $task);
is(task_row($node, $task, 'status, error_code, error_message, saved_rows, absent_rows'), 'FAILED|22000|the file lacks 360 rows, and max_absent is 359, so nothing was saved|0|0',
	'with one row too many');
is(unchanged(), '0|0', 'nothing is done');
$node->safe_psql('postgres', "DELETE FROM item WHERE id = 777; SELECT xlsx.retry($task)");
wait_for($node, $task);
is(task_row($node, $task, 'status, saved_rows, absent_rows') . ' ' . rows(), "HAS_ERRORS|499|359 $all", 'and then all of it');

# Many rows, little memory: the keys of the file and the rows that it lacks are not held in it.
$node->safe_psql('postgres', <<'SQL');
ALTER SYSTEM SET work_mem = '1MB';
SELECT pg_reload_conf();
CREATE TABLE many (id int PRIMARY KEY, name text);
CREATE TABLE peak (kb int);
CREATE FUNCTION note_peak() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  INSERT INTO peak SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status', 0, 10000) FROM 'VmHWM:\s+([0-9]+)')::int; RETURN NULL; END $$;
INSERT INTO many SELECT i, repeat('x', 50) || i FROM generate_series(1, 200000) AS i;
CREATE TRIGGER note_peak AFTER DELETE ON many FOR EACH STATEMENT EXECUTE FUNCTION note_peak();
SELECT xlsx.create_profile('many', 'many', mode => 'sync', scope => 'true', keep_old => true);
SQL
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('many', xlsx.write('SELECT i AS id, ''new'' AS name FROM generate_series(1, 1000) AS i'))");
wait_for($node, $task);
is(task_row($node, $task, 'status, updated_rows, absent_rows'), 'COMPLETED|1000|199000', '199,000 rows go');
my $few = $node->safe_psql('postgres', 'SELECT max(kb) FROM peak');
cmp_ok($few, '<', 100_000, 'in less than 100 MB');

done_testing();
