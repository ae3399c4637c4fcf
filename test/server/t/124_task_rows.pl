# What became of each row is kept with the rows: all of it and nothing twice, whatever is killed, cancelled, tried again or taken back.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $rows = 6000;
my $book = workbook('-r', $rows, '-e', 5);
my $stop = 'BIO-0004605';
my $node = start_server('task_rows', "restart_after_crash = on\npg_xlsx.progress_interval = 0\n");
my $sql = sub { $node->safe_psql('postgres', $_[0]) };

# The table of people, where each row gets a number, and a profile that wants it.
sub begin
{
	my ($options) = @_;

	$sql->(<<"SQL");
SELECT xlsx.drop_profile(name) FROM xlsx.profiles;
DROP TABLE IF EXISTS people;
DROP DOMAIN IF EXISTS stopping;
DROP FUNCTION IF EXISTS stop_here();
DROP FUNCTION IF EXISTS stop_here(text);
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY, no int GENERATED ALWAYS AS IDENTITY);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SELECT xlsx.set_column('people', 'no', source => 'none');
SELECT xlsx.alter_profile('people', keep_rows => true, "returning" => '{bio_id,no}'$options);
SQL
	return;
}

# Complaints, a line each: rows that are told twice or not at all, that are not those of the sheet, or not those of the table.
sub complaints
{
	my ($task, $in_table) = @_;
	my $of_table = $in_table ? 't.no IS NOT DISTINCT FROM (r.returned ->> \'no\')::int' : 'true';

	return $sql->(<<"SQL");
WITH told AS MATERIALIZED (SELECT * FROM xlsx.task_rows($task)), task AS (SELECT * FROM xlsx.tasks WHERE id = $task)
SELECT 'a row comes twice: ' || place FROM told GROUP BY place HAVING count(*) > 1
UNION ALL SELECT format('%s rows are told, %s are counted', (SELECT count(*) FROM told), saved_rows + skipped_rows + error_rows) FROM task
  WHERE saved_rows + skipped_rows + error_rows <> (SELECT count(*) FROM told)
UNION ALL SELECT format('%s: %s are told, %s are counted', c.action, (SELECT count(*) FROM told r WHERE r.action = c.action), c.counted)
  FROM task, LATERAL (VALUES ('inserted', inserted_rows), ('updated', updated_rows), ('unchanged', unchanged_rows), ('skipped', skipped_rows), ('error', error_rows)) AS c (action, counted)
  WHERE c.counted <> (SELECT count(*) FROM told r WHERE r.action = c.action)
UNION ALL SELECT format('row %s returns %s', r.row_number, r.returned) FROM told r
  WHERE r.action <> 'error' AND r.returned ->> 'bio_id' IS DISTINCT FROM 'BIO-' || lpad((r.row_number - 1)::text, 7, '0')
UNION ALL SELECT format('row %s is not that of the table', r.row_number) FROM told r LEFT JOIN people t ON t.bio_id = r.returned ->> 'bio_id'
  WHERE r.action <> 'error' AND NOT ($of_table)
LIMIT 10
SQL
}

sub counts { my ($task) = @_; return $sql->("SELECT total_rows, saved_rows, error_rows FROM xlsx.tasks WHERE id = $task"); }

my $all = join '|', $rows, $rows * 0.95, $rows * 0.05;

foreach my $mode ('insert', 'upsert')
{
	foreach my $phase ('VALIDATING', 'SAVING')
	{
		begin(", mode => '$mode'");
		my $holder = block_at($node, $stop, $phase);
		my $task = submit($node, $book);
		wait_blocked($node);
		kill_process($node, worker_pid($node));
		eval { $holder->quit };
		is(wait_for($node, $task), 'HAS_ERRORS', "$mode: a worker was killed while $phase, and the task ends");
		is(counts($task), $all, 'no row is lost');
		is(complaints($task, 1), '', 'each row is told once, as it is in the table');
	}
}

# Stopped in the middle: what was saved is told, and the rest after a retry.
begin('');
my $holder = block_at($node, $stop, 'SAVING');
my $task = submit($node, $book);
wait_blocked($node);
$sql->("SELECT xlsx.cancel($task)");
$holder->quit;
cmp_ok($sql->("SELECT saved_rows FROM xlsx.tasks WHERE id = $task"), '>', 0, 'an import was cancelled when some rows were saved');
is($sql->("SELECT (SELECT count(*) FROM xlsx.task_rows(t.id) r WHERE r.action = 'inserted') = saved_rows FROM xlsx.tasks t WHERE id = $task"), 't', 'these are told');
$sql->('DROP TRIGGER stop_here ON people');
$sql->("SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'HAS_ERRORS', 'it is tried again');
is(complaints($task, 1), '', 'and each row is told once');

# Taken back: nothing of the rows is true any more. Another import tells them anew.
$sql->("SELECT xlsx.undo($task)");
is($sql->("SELECT DISTINCT action FROM xlsx.task_rows($task)"), 'error', 'after an undo only rows with errors are told');
my $again = submit($node, $book);
wait_for($node, $again);
is(complaints($again, 1), '', 'the same file again tells its rows');

# A dry run keeps what would become of them, and nothing else; so it does when its worker is killed.
begin(", mode => 'upsert'");
my $first = submit($node, $book);
wait_for($node, $first);
$sql->("UPDATE people SET gender = 'other' WHERE no % 3 = 0; DELETE FROM people WHERE no % 3 = 1");
$holder = block_at($node, 'BIO-0004603', 'VALIDATING');
my $dry = $sql->("SELECT xlsx.submit('people', pg_read_binary_file('$book'), dry_run => true)");
wait_blocked($node);
kill_process($node, worker_pid($node));
eval { $holder->quit };
is(wait_for($node, $dry), 'HAS_ERRORS', 'a dry run whose worker was killed');
is(complaints($dry, 0), '', 'tells each row once');
is($sql->("SELECT count(*) > 100, bool_and(old = '{\"gender\": \"other\"}' AND new ->> 'gender' <> 'other') FROM xlsx.task_rows($dry) WHERE action = 'updated'"), 't|t',
	'with old and new values of what changes');
my $would = $sql->("SELECT string_agg(place || action, ' ' ORDER BY place) FROM xlsx.task_rows($dry)");
my $done = $sql->("SELECT xlsx.run($dry)");
wait_for($node, $done);
is($sql->("SELECT string_agg(place || action, ' ' ORDER BY place) = '$would' FROM xlsx.task_rows($done)"), 't', 'and its import does what it told');
is(complaints($done, 1), '', 'to the rows of the table');

# All or nothing: an import that saves nothing tells of errors alone, one that saves all tells all.
begin(", mode => 'all_or_nothing'");
my $none = submit($node, $book);
is(wait_for($node, $none), 'FAILED', 'all or nothing: nothing');
is($sql->("SELECT string_agg(DISTINCT action, ' ') FROM xlsx.task_rows($none)"), 'error', 'no row is told as saved');
my $good = submit($node, workbook('-r', 3000));
is(wait_for($node, $good), 'COMPLETED', 'all');
is(complaints($good, 1), '', 'each row is told once');

done_testing();
