# What is kept of tasks goes by their state, and error rows, old values and notes for undo before their tasks.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('retention', "pg_xlsx.progress_interval = 0\n");
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };
make_people($node);
$sql->(<<'SQL');
CREATE TABLE keyed (name text, gender text, bio_id text PRIMARY KEY);
SELECT xlsx.create_profile('keyed', 'keyed', headers => '{"bio_id": "Bio-ID"}');
SELECT xlsx.alter_profile('keyed', mode => 'upsert', key_columns => '{bio_id}', keep_old => true);
SQL

sub age
{
	my ($task, $by) = @_;
	return $sql->("UPDATE xlsx_private.task SET completed_at = completed_at - interval '$by' WHERE id = $task");
}

# Settings are in force for the server, and a sweep has been there.
sub set_and_sweep
{
	my (%settings) = @_;
	$sql->("ALTER SYSTEM SET pg_xlsx.$_ = '$settings{$_}'") foreach sort keys %settings;
	$node->reload;
	foreach my $name (sort keys %settings)
	{
		$node->poll_query_until('postgres', "SELECT current_setting('pg_xlsx.$name') = '$settings{$name}'") or die 'no reload';
	}
	sweep_now();
	return;
}

sub sweep_now
{
	my $before = $sql->('SELECT sweeps FROM xlsx_private.housekeeping');
	$sql->('SELECT xlsx.resume()');
	# One may have begun before.
	$node->poll_query_until('postgres', "SELECT sweeps > $before + 1 FROM xlsx_private.housekeeping, (SELECT xlsx.resume()) AS again") or die 'no sweep';
	return;
}

sub kept
{
	my ($task) = @_;
	return $sql->(<<"SQL");
SELECT (SELECT count(*) FROM xlsx_private.task WHERE id = $task), (SELECT coalesce(sum(row_count), 0) FROM xlsx_private.error_page WHERE task_id = $task),
  (SELECT count(*) FROM xlsx_private.undo_row WHERE task_id = $task), (SELECT count(*) > 0 FROM xlsx_private.undo_xid WHERE task_id = $task)
SQL
}

my $bad = submit($node, workbook('-r', 100, '-e', 10));
my $good = submit($node, workbook('-r', 20));
my $upsert = submit($node, workbook('-r', 20), 'keyed');
wait_for($node, $_) foreach $bad, $good, $upsert;
my $errors = task_row($node, $bad, 'error_rows');
is(kept($bad), "1|$errors|0|t", 'a task has error rows and notes for undo');
my $old = (split /\|/, kept($upsert))[2];
cmp_ok($old, '>', 0, 'another has old values');
age($bad, '10 d');
age($upsert, '10 d');
sweep_now();
is(kept($bad), "1|$errors|0|t", 'by default all is kept');

set_and_sweep(keep_errors => '20d');
is(kept($bad), "1|$errors|0|t", 'for as long as the setting says');
set_and_sweep(keep_errors => '5d');
is(kept($bad), '1|0|0|t', 'then error rows go, and nothing else');
is($sql->("SELECT saved_rows, error_rows, status FROM xlsx.tasks WHERE id = $bad"), (100 - $errors) . "|$errors|HAS_ERRORS", 'the task says what it came to');
is($sql->("SELECT (xlsx_rest.rest_errors('$bad', NULL, NULL)).body"), '{"data" : [], "meta" : {"total" : 0, "page" : 1, "limit" : 10, "totalPages" : 0}}', 'its list of errors is empty');
is($sql->("SELECT value FROM xlsx.metrics WHERE name = 'removed' AND label = 'errors'") > 0, 1, 'metrics count it');

$sql->("INSERT INTO xlsx_private.row_page VALUES ($bad, 2, 3, 2, '{2}', '{2}', '{inserted}'), ($good, 2, 3, 2, '{2}', '{2}', '{inserted}')");
set_and_sweep(keep_task_rows => '20d');
is($sql->("SELECT count(*) FROM xlsx.task_rows($bad)"), 2, 'what became of rows is kept for as long as its setting says');
set_and_sweep(keep_task_rows => '5d');
is($sql->("SELECT (SELECT count(*) FROM xlsx.task_rows($bad)), (SELECT count(*) FROM xlsx.task_rows($good))"), '0|2', 'then it goes');
is(kept($bad), '1|0|0|t', 'and nothing else');
is($sql->("SELECT value FROM xlsx.metrics WHERE name = 'removed' AND label = 'task_rows'") > 0, 1, 'metrics count it');

set_and_sweep(keep_old_rows => '5d');
is((split /\|/, kept($upsert))[2], 0, 'old values go');
my ($status, $out, $error) = $node->psql('postgres', "SELECT xlsx.undo($upsert)");
like($error, qr/ERROR:  task $upsert cannot be undone\nDETAIL:  Which rows it saved is not known any more: pg_xlsx.keep_undo and pg_xlsx.keep_old_rows say how long it is\.$/m, 'and xlsx.undo says so');
is($sql->("SELECT (xlsx_rest.task_json($upsert) ->> 'undoable')"), 'false', 'a task is not undoable then');
is(kept($bad), '1|0|0|t', 'notes for undo have a setting of their own');

# A task that a session holds is left, and dealt with later.
my $session = $node->background_psql('postgres');
$session->query_safe("BEGIN; SELECT xlsx.undo($bad)");
set_and_sweep(keep_undo => '5d');
is(kept($bad), '1|0|0|t', 'what a session holds stays, and stops no sweep');
$session->query_safe('ROLLBACK');
$session->quit;
sweep_now();
is(kept($bad), '1|0|0|f', 'until it is free');
is((split /\|/, kept($good))[3], 't', 'what is young stays');

# By state.
my $cancelled = $sql->("SELECT xlsx.submit('people', pg_read_binary_file('" . workbook('-r', 3) . "'), run_at => now() + interval '1 day')");
$sql->("SELECT xlsx.cancel($cancelled)");
age($_, '10 d') foreach $good, $cancelled;
set_and_sweep(keep_tasks => '5d', keep_has_errors => '0', keep_cancelled => '20d');
is($sql->("SELECT string_agg(status, ' ' ORDER BY status) FROM xlsx_private.task WHERE id IN ($bad, $good, $cancelled)"), 'CANCELLED HAS_ERRORS', 'tasks go by their state');
set_and_sweep(keep_cancelled => '-1');
is($sql->("SELECT string_agg(status, ' ' ORDER BY status) FROM xlsx_private.task WHERE id IN ($bad, $good, $cancelled)"), 'HAS_ERRORS', 'those without a setting of their own by keep_tasks');

# The sample configuration is one.
my $sample = $ENV{SAMPLE_CONFIGURATION};
$node->append_conf('postgresql.conf', "include = '$sample'");
$sql->('ALTER SYSTEM RESET ALL');
$node->reload;
ok($node->poll_query_until('postgres', "SELECT current_setting('pg_xlsx.keep_errors') = '90d'"), 'the sample configuration can be included');
is($sql->("SELECT string_agg(name, ' ') FROM pg_file_settings WHERE error IS NOT NULL"), '', 'and has no error');
is($sql->("SELECT count(*) FROM pg_settings WHERE name LIKE 'pg\\_xlsx.keep\\_%' AND sourcefile IS DISTINCT FROM '$sample'"), 0, 'it has a value for each setting of retention');

# A sweep with nothing to do reads no history.
foreach my $call ("xlsx_private.next_expiry('1 h')", 'xlsx_private.expired_tasks(1000)', 'xlsx_private.remove_kept(1000)')
{
	$sql->("INSERT INTO xlsx_private.task (profile, file_name, file_size, owner, login, status, exactly_once, time_zone, date_style, completed_at)
	  SELECT 'people', 'f', 1, 'postgres'::regrole, 'postgres'::regrole, (ARRAY['COMPLETED', 'FAILED', 'HAS_ERRORS'])[1 + i % 3], true, 'UTC', 'ISO', now() - interval '1 s' * i
	  FROM generate_series(1, 10000) i; VACUUM ANALYZE xlsx_private.task") if $call =~ /next_expiry/;
	my $plan = $sql->("SELECT $call \\g /dev/null\nEXPLAIN (ANALYZE, BUFFERS, TIMING off) SELECT $call");
	my ($hit) = $plan =~ /Buffers: shared hit=(\d+)/;
	cmp_ok($hit, '<', 500, "$call reads few blocks");
}

$node->stop;
done_testing();
