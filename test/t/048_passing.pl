# Attempts end in time; what passes is waited for; no wake-up is lost (B3, B4).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('passing', "pg_xlsx.max_workers = 2\nmax_prepared_transactions = 5\npg_xlsx.retry_delay = 100ms\npg_xlsx.progress_interval = 0\n");
my $small = workbook('-r', 3);
my $book = workbook('-r', 5000);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$small') AS data;
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
GRANT SELECT ON book TO ann;
GRANT INSERT ON people TO ann;
CREATE TABLE slow (LIKE people);
SELECT xlsx.create_profile('slow', 'slow', 'task_id', '{"bio_id": "Bio-ID"}');
GRANT INSERT ON slow TO ann;
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END \$\$;
CREATE TRIGGER be_slow BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION be_slow();
SQL

# What a task has to say after its end.
sub end_of
{
	my ($task) = @_;

	wait_for($node, $task);
	return $node->safe_psql('postgres', "SELECT concat_ws('|', status, attempts, error_code, error_message, error_hint) FROM xlsx.tasks WHERE id = $task");
}

sub set_timeout
{
	my ($timeout) = @_;

	$node->append_conf('postgresql.conf', "pg_xlsx.task_timeout = $timeout");
	$node->reload;
	return;
}

my $late = 'FAILED|1|57014|attempt took longer than pg_xlsx.task_timeout (1s)|xlsx.retry makes another attempt, which goes on where this one stopped.';

# A time limit for an attempt: while a trigger sleeps, while rows move, and where SQL does not want to hear of it.
set_timeout('1s');
is(end_of(submit($node, $small, 'slow')), $late, 'an attempt whose trigger sleeps ends in time');
like(slurp_file($node->logfile), qr/ERROR:  attempt took longer than pg_xlsx.task_timeout \(1s\)/, 'and the log says why');
$node->safe_psql('postgres', <<'SQL');
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
SQL
my $task = submit($node, $book, 'slow');
is(end_of($task), $late, 'an attempt whose rows move does, too');
my $saved = task_row($node, $task, 'saved_rows');
cmp_ok($saved, '<', 5000, 'what is saved by then stays');
set_timeout('0');
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'and a retry goes on');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT bio_id) FROM slow'), '5000|5000', 'with every row once');
$node->safe_psql('postgres', <<'SQL');
CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    BEGIN
      PERFORM pg_sleep(3600);
    EXCEPTION WHEN query_canceled THEN
    END;
  END LOOP;
END $$;
ALTER ROLE ann SET pg_xlsx.task_timeout = '1s';
SQL
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('slow', data) FROM book", extra_params => [ '-U', 'ann' ]);
is(end_of($task), $late, 'an attempt whose trigger catches the interruption ends all the same');
is($node->safe_psql('postgres', "SELECT xlsx.retry($task)"), 'PENDING', 'such a task can be tried again');
$node->safe_psql('postgres', 'ALTER ROLE ann RESET pg_xlsx.task_timeout');
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'") or die 'no worker';
is($node->safe_psql('postgres', "SET statement_timeout = '60s'; SELECT xlsx.cancel($task)"), 'CANCELLED', 'and cancelled, although it does not want to');
my ($code, $out, $err) = $node->psql('postgres', "SET pg_xlsx.task_timeout = 0", extra_params => [ '-U', 'ann' ]);
like($err, qr/permission denied to set parameter "pg_xlsx.task_timeout"/, 'a role cannot give itself more time');

$node->stop;
done_testing();
