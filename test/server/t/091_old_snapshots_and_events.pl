# Waiting for a task holds no snapshot, and a NOTIFY queue without room stops no import.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('snapshots');
my $book = workbook('-r', 2000);
make_people($node);
my $holder = block_at($node, 'BIO-0001500', 'SAVING');
my $task = submit($node, $book);
wait_blocked($node);

my $session = $node->background_psql('postgres', extra_params => [ '-c', "SET application_name = 'waiter'", '-f', '-' ]);
sub snapshot_of_waiter
{
	return $node->safe_psql('postgres', "SELECT backend_xmin IS NOT NULL FROM pg_stat_activity WHERE pid = " . shift);
}
sub asleep
{
	my ($pid) = @_;

	$node->poll_query_until('postgres', "SELECT state = 'active' AND query ~ 'xlsx.wait' AND wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid") or die 'it does not wait';
	return;
}
my $pid = $session->query_safe('SELECT pg_backend_pid()');
$session->{stdin} .= "SELECT xlsx.wait($task, '2 s');\n";
$session->{run}->pump_nb();
asleep($pid);
is(snapshot_of_waiter($pid), 't', 'the function holds a snapshot while it waits');
$node->poll_query_until('postgres', "SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $pid") or die 'it does not end';
$session->{stdin} .= "CALL xlsx.wait_for($task);\n";
$session->{run}->pump_nb();
asleep($pid);
is($node->safe_psql('postgres', "SELECT bool_or(backend_xmin IS NOT NULL) FROM pg_stat_activity, generate_series(1, 20), pg_sleep(0.02) WHERE pid = $pid"), 'f', 'the procedure holds none');
is($node->safe_psql('postgres', "CALL xlsx.wait_for($task, '100 ms')"), 'PROCESSING', 'it returns the status when its time is over');
$holder->quit;
is($node->safe_psql('postgres', "CALL xlsx.wait_for($task, '60 s')"), 'COMPLETED', 'and at the end of the task');
like($session->query_safe('SELECT 1'), qr/COMPLETED/, 'also for those who wait already');
$session->quit;
my ($code, $out, $err) = $node->psql('postgres', "BEGIN; CALL xlsx.wait_for($task)");
is($err, "psql:<stdin>:1: ERROR:  xlsx.wait_for cannot run in a transaction block or a function\nDETAIL:  It ends its transaction between looks, so that it holds no snapshot.\nHINT:  Call it by itself, or use xlsx.wait.", 'it is refused where it would hold one');
is($node->safe_psql('postgres', "SET default_transaction_isolation = 'repeatable read'; CALL xlsx.wait_for($task)"), 'COMPLETED', 'the isolation level does not matter');
($code, $out, $err) = $node->psql('postgres', 'CALL xlsx.wait_for(0)');
is($err, "psql:<stdin>:1: ERROR:  task 0 does not exist\nDETAIL:  Or it belongs to another role.", 'a task must exist');
$node->safe_psql('postgres', 'CREATE ROLE ann IN ROLE xlsx_user; CREATE ROLE nobody');
($code, $out, $err) = $node->psql('postgres', "SET ROLE nobody; CALL xlsx.wait_for($task)");
like($err, qr/^psql:<stdin>:1: ERROR:  permission denied for procedure wait_for/, 'and the role must be one of xlsx_user');
$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');

# No room in the NOTIFY queue: here because the share that imports may use is none.
my $listener = $node->background_psql('postgres');
$listener->query_safe('SELECT xlsx.listen()');
$node->append_conf('postgresql.conf', 'pg_xlsx.max_notify_usage = 0');
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('pg_xlsx.max_notify_usage') = '0'") or die 'no reload';
my $from = -s $node->logfile;
$task = submit($node, $book);
is(wait_for($node, $task), 'COMPLETED', 'an import goes on when the NOTIFY queue has no room');
my $deleted = submit($node, $book);
wait_for($node, $deleted);
$node->safe_psql('postgres', "SELECT xlsx.delete($deleted)");
unlike($listener->query_safe('SELECT 1'), qr/task-/, 'no event is sent');
is($node->safe_psql('postgres', "SELECT value FROM xlsx.metrics WHERE name = 'events_waiting'"), 3, 'those of ends wait');
my $log = substr(slurp_file($node->logfile), $from);
is(scalar(() = $log =~ /LOG:  the NOTIFY queue is 0 % full, so events of imports wait/g), 1, 'the log says it once');
$node->append_conf('postgresql.conf', 'pg_xlsx.max_notify_usage = 90');
$node->reload;
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
$node->poll_query_until('postgres', "SELECT value = 0 FROM xlsx.metrics WHERE name = 'events_waiting'") or die 'they are not sent';
my $heard = $listener->query_safe('SELECT 1');
like($heard, qr/"$task task-completed \{.*"$deleted task-completed \{.*"$deleted task-deleted \{/s, 'and they are sent, in their order, when there is room');
like(substr(slurp_file($node->logfile), $from), qr/LOG:  the NOTIFY queue has room for events of imports again/, 'which the log says, too');
$listener->quit;

$node->stop;
done_testing();
