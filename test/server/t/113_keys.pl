# Keys that come again in a file, across batches and through a kill; sequences that pass the ids of a file while others draw from them.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('keys', "restart_after_crash = on\npg_xlsx.progress_interval = 0\n");

# 20,000 rows with 12,000 keys: rows after the kill repeat keys of before, in another case.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE book AS SELECT xlsx.write($$SELECT CASE WHEN i > 12000 THEN 'K' ELSE 'k' END || i % 12000 AS "Key", i AS "Value"
  FROM generate_series(1, 20000) AS i$$) AS data;
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END $$;
CREATE FUNCTION outcome(task bigint) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws('|', status, total_rows, saved_rows, inserted_rows, updated_rows, unchanged_rows, skipped_rows, error_rows, warning_rows) FROM xlsx.tasks WHERE id = task
$$;
SQL

# What is counted in each way, and how many rows have the value of a later row.
my %ways = (
	'upsert last'         => [ 'COMPLETED|20000|20000|12000|8000|0|0|0|8000', 8000 ],
	'upsert first'        => [ 'COMPLETED|20000|12000|12000|0|0|8000|0|8000', 0 ],
	'upsert error'        => [ 'HAS_ERRORS|20000|12000|12000|0|0|0|8000|0', 0 ],
	'skip first'          => [ 'COMPLETED|20000|12000|12000|0|0|8000|0|8000', 0 ],
	'insert first'        => [ 'COMPLETED|20000|12000|12000|0|0|8000|0|8000', 0 ]);

foreach my $way (sort keys %ways)
{
	my ($mode, $duplicates) = split / /, $way;
	my ($outcome, $replaced) = @{ $ways{$way} };

	$node->safe_psql('postgres', <<"SQL");
CREATE TABLE thing (key text NOT NULL, value int);
CREATE UNIQUE INDEX thing_key ON thing (lower(key));
CREATE TRIGGER stop_here AFTER INSERT OR UPDATE ON thing FOR EACH ROW WHEN (NEW.value = 11605) EXECUTE FUNCTION stop_here();
SELECT xlsx.create_profile('thing', 'thing', key_columns => '{lower(key)}', mode => '$mode', duplicate_keys => '$duplicates');
SQL
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(4711)');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('thing', data) FROM book");
	wait_blocked($node);
	kill_process($node, worker_pid($node));
	eval { $holder->quit };
	wait_for($node, $task);
	is($node->safe_psql('postgres', "SELECT outcome($task)"), $outcome, "$way: the counts are those without the kill");
	is( $node->safe_psql('postgres', 'SELECT count(*), sum(value) FROM thing'),
		'12000|' . (12000 * 12001 / 2 + $replaced * 12000), "$way: the table has the rows that count");
	my $told = $duplicates eq 'error' ? 'task_errors' : 'task_warnings';
	is( $node->safe_psql('postgres', "SELECT count(*), min(row_number), max(row_number) FROM xlsx.$told($task)"
			  . " WHERE code = 'duplicate_key' AND message = format('Row %s has the same key', row_number - 12000)"),
		'8000|12002|20001', "$way: each is told, with the row that had the key");
	ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx_private.seen_key'), "$way: nothing is left");
	$node->safe_psql('postgres', "SELECT xlsx.drop_profile('thing'); DROP TABLE thing");
}

# A sequence never moves back, although others draw all the time; and a kill leaves it behind no row.
{
	$node->safe_psql('postgres', <<'SQL');
CREATE TABLE numbered (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
SELECT xlsx.create_profile('numbered', 'numbered', include => '{id}');
CREATE TABLE given AS SELECT xlsx.write($$SELECT i * 2 + 1000000 AS "ID", 'given ' || i AS "Name" FROM generate_series(1, 20000) AS i$$) AS data;
CREATE TABLE drawn (id bigint);
SQL
	my $drawer = $node->background_psql('postgres');
	$drawer->query_until(qr/begun/, <<'SQL');
\echo begun
DO $$ BEGIN FOR i IN 1 .. 200 LOOP INSERT INTO drawn SELECT nextval('numbered_id_seq') FROM generate_series(1, 100); COMMIT; END LOOP; END $$;
\echo ended
SQL
	my @tasks = map { $node->safe_psql('postgres', "SELECT xlsx.submit('numbered', data, mode => 'upsert') FROM given") } 1 .. 2;
	is(wait_for($node, $_), 'COMPLETED', 'ids of a file: imported') foreach @tasks;
	$drawer->query_until(qr/ended/, '');
	$drawer->quit;
	is($node->safe_psql('postgres', 'SELECT count(*) - count(DISTINCT id) FROM drawn'), 0, 'no number is drawn twice');
	is($node->safe_psql('postgres', 'SELECT bool_and(id > before) FROM (SELECT id, lag(id) OVER () AS before FROM drawn) AS d WHERE before IS NOT NULL'),
		't', 'each is greater than the one before');
	is($node->safe_psql('postgres', "INSERT INTO numbered (name) VALUES ('next') RETURNING id > 1040000"), 't', 'and the next one comes after those of the file');

	$node->safe_psql('postgres', 'TRUNCATE numbered RESTART IDENTITY');
	my $before = $node->safe_psql('postgres', 'SELECT last_value, is_called FROM numbered_id_seq');
	$node->safe_psql('postgres', "SELECT xlsx.import('numbered', data, dry_run => true) FROM given");
	is($node->safe_psql('postgres', 'SELECT last_value, is_called FROM numbered_id_seq'), $before, 'a dry run leaves the sequence alone');
	my $holder = $node->background_psql('postgres');
	$node->safe_psql('postgres', 'CREATE TRIGGER stop_here AFTER INSERT ON numbered FOR EACH ROW WHEN (NEW.id = 1023210) EXECUTE FUNCTION stop_here()');
	$holder->query_safe('SELECT pg_advisory_lock(4711)');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('numbered', data, mode => 'upsert') FROM given");
	wait_blocked($node);
	kill_process($node, worker_pid($node));
	eval { $holder->quit };
	is(wait_for($node, $task), 'COMPLETED', 'after a kill the task ends');
	is($node->safe_psql('postgres', 'SELECT count(*), (SELECT last_value FROM numbered_id_seq) FROM numbered'), '20000|1040000', 'with the sequence behind its last row');
	$node->kill9;
	for (1 .. 100)
	{
		$node->{_pid} = undef;
		last if $node->start(fail_ok => 1);
	}
	is($node->safe_psql('postgres', "INSERT INTO numbered (name) VALUES ('next') RETURNING id"), 1040001, 'also after a crash of the server');
}

$node->stop;
done_testing();
