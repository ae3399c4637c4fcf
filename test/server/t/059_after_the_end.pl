# An interruption that comes after the commit of a task's end does not change the task.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('after_the_end', "wal_level = replica\nmax_wal_senders = 2\n");
my $book = workbook('-r', 5000);

# Commits that wait for a standby which is not there: only the last one of a task does, and these sessions do not.
$ENV{PGOPTIONS} = '-c synchronous_commit=local';
make_people($node);

sub waits_for
{
	my ($event) = @_;

	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = '$event'")
	  or die "no worker waits for $event";
	return;
}

sub set_standby
{
	my ($name) = @_;

	$node->append_conf('postgresql.conf', "synchronous_standby_names = '$name'");
	$node->reload;
	return;
}

# Runs a task until its last commit waits, lets the commit end while the worker stands still, and interrupts it then.
sub interrupt_after_end
{
	my ($signal) = @_;
	my $session = block_at($node, 'BIO-0004605', 'VALIDATING');
	my $task = submit($node, $book);

	wait_blocked($node);
	set_standby('nobody');
	$session->quit;
	waits_for('SyncRep');
	my $pid = worker_pid($node);
	kill('STOP', $pid);
	set_standby('');
	# The checkpointer lets those go that wait.
	$node->safe_psql('postgres', 'CHECKPOINT');
	kill($signal, $pid);
	kill('CONT', $pid);
	$node->safe_psql('postgres', 'ALTER TABLE people ALTER bio_id TYPE text; DROP DOMAIN stopping; DROP FUNCTION stop_here(text)');
	return $task;
}

for my $signal ('INT', 'TERM')
{
	my $task = interrupt_after_end($signal);

	is(wait_for($node, $task), 'COMPLETED', "SIG$signal behind the last commit: the task is complete");
	is(counts_of($node, $task), '5000|5000|0|5000|5000|0|0|0', 'with its rows; its file goes');
	is(task_row($node, $task, 'attempts'), 1, 'after one attempt');
	is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx_private.job WHERE task_id = $task"), 1, 'which is in the books once');
}
like(slurp_file($node->logfile), qr/had ended before its worker was interrupted/, 'and the log says so');
$node->stop;
done_testing();
