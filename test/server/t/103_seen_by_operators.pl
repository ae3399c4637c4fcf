# What somebody who runs the server sees of our processes: names, phases, transactions, waits, and whose attempt a line of the log is about.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('operators', "pg_xlsx.retry_delay = '100ms'\n");
make_people($node);
# "Ann" has a setting that would name another program.
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE "Ann" LOGIN IN ROLE xlsx_user;
GRANT ALL ON people TO "Ann";
GRANT pg_read_server_files TO "Ann";
GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO "Ann";
ALTER ROLE "Ann" SET application_name = 'payroll';
SQL
my $log_from = -s $node->logfile;

sub log_since
{
	return slurp_file($node->logfile, $log_from);
}

sub submit_as_ann
{
	my ($path, $name, $more) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$path'), '$name'" . ($more // '') . ')', extra_params => ['-U', 'Ann']);
}

sub activity
{
	my ($type, $columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM pg_stat_activity WHERE backend_type = 'pg_xlsx $type'");
}

# While rows are saved.
my $holder = block_at($node, 'BIO-0000002', 'SAVING');
my $task = submit_as_ann(workbook('-r', 3), 'people.xlsx');
wait_blocked($node);
is(activity('worker', 'application_name, usename, datname, query, state'), "pg_xlsx worker|Ann|postgres|task $task: SAVING|active", 'a worker shows its task and phase');
is(activity('worker', "xact_start > backend_start, xact_start >= (SELECT started_at FROM xlsx.tasks WHERE id = $task), xact_start < now()"), 't|t|t',
	'and the start of its current transaction');
is(activity('launcher', 'application_name'), 'pg_xlsx launcher', 'the launcher has its own name');
is(activity('launcher', 'wait_event_type, wait_event'), $node->pg_version >= 17 ? 'Extension|PgXlsxLauncher' : 'Extension|Extension', 'and says what it waits for');
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'the import goes on');
$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');

# While values are checked, and a second process reads ahead.
$holder = block_at($node, 'BIO-0000002', 'VALIDATING');
$task = submit_as_ann(workbook('-r', 60000), 'large.xlsx');
wait_blocked($node);
is(activity('worker', 'query'), "task $task: VALIDATING", 'the phase is the one that runs');
is(activity('reader', 'application_name, query'), "pg_xlsx reader|task $task: reading ahead", 'the process that reads ahead says for which task');
my $waiter = $node->background_psql('postgres');
$waiter->query_until(qr/begun/, "\\echo begun\nSELECT xlsx.wait($task);\n");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%xlsx.wait%' AND wait_event = '"
	  . ($node->pg_version >= 17 ? 'PgXlsxTaskEnd' : 'Extension') . "'"), 'a session that waits for a task says so');
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'the import goes on');
$waiter->quit;
$node->safe_psql('postgres', 'ALTER TABLE people ALTER bio_id TYPE text; DROP DOMAIN stopping; TRUNCATE people');

# A failed attempt, one that is repeated, and one whose rows have too many errors.
$log_from = -s $node->logfile;
my $whose = qr/\n\tas role "Ann" in database "postgres"\n/;
$task = submit_as_ann(workbook('-r', 1, '-H', 'a,b,c'), 'wrong.xlsx');
is(wait_for($node, $task), 'FAILED', 'an import fails');
like(log_since(), qr/ERROR:  Invalid headers.*\n(.*\n)*?.*CONTEXT:  import of task $task with profile "people" from file "wrong.xlsx"$whose/,
	'the log says whose it was, and where');
$log_from = -s $node->logfile;
$task = submit_as_ann(workbook('-r', 20, '-e', 50), 'bad.xlsx', ', max_errors => 0');
is(wait_for($node, $task), 'FAILED', 'an import has too many errors');
like(log_since(), qr/LOG:  task $task has failed: more than 0 rows have errors\n.*CONTEXT:  import of task $task with profile "people" from file "bad.xlsx".*$whose/,
	'the log says that, too');
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'come back later' USING ERRCODE = 'insufficient_resources'; END $$;
CREATE TRIGGER later BEFORE INSERT ON people FOR EACH STATEMENT EXECUTE FUNCTION later();
SQL
$log_from = -s $node->logfile;
$task = submit_as_ann(workbook('-r', 2), 'later.xlsx');
$node->poll_query_until('postgres', "SELECT waiting_for LIKE 'the end of a trouble%' FROM xlsx.tasks WHERE id = $task") or die 'it does not wait';
like(log_since(), qr/ERROR:  come back later\n.*CONTEXT:(.*\n)*?\timport of task $task with profile "people" from file "later.xlsx".*$whose/,
	'an attempt that is repeated is named in the same way');
$node->safe_psql('postgres', "DROP TRIGGER later ON people; SELECT xlsx.wait($task)");

$node->stop;
done_testing();
