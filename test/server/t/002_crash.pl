# Whatever process is killed, and when: the end is the same as without the kill (S-059, S-065, S-178).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $book = workbook('-r', 10000, '-e', 5);
my $undisturbed = '10000|9500|500|9500|9500|500|0|0';

my %blows = (
	'pg_terminate_backend' => sub {
		my ($node) = @_;
		$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . worker_pid($node) . ')');
	},
	'SIGKILL of the worker' => sub {
		my ($node) = @_;
		kill_process($node, worker_pid($node));
	},
	'SIGKILL of the postmaster' => sub {
		my ($node) = @_;
		$node->kill9;
		# A postmaster's orphans hold its shared memory until they notice.
		my $started = 0;
		for (1 .. 100)
		{
			$node->{_pid} = undef;
			last if $started = $node->start(fail_ok => 1);
		}
		die 'no start' if !$started;
	},
	'an immediate stop' => sub {
		my ($node) = @_;
		$node->stop('immediate');
		$node->start;
	},
	'a fast stop' => sub {
		my ($node) = @_;
		$node->stop('fast');
		$node->start;
	});

foreach my $blow (sort keys %blows)
{
	foreach my $phase ('VALIDATING', 'SAVING')
	{
		my $node = start_server("crash_$phase", "restart_after_crash = on\npg_xlsx.progress_interval = 0\n");
		make_people($node);
		my $holder = block_at($node, 'BIO-0004605', $phase);
		my $task = submit($node, $book);
		wait_blocked($node);
		is(task_row($node, $task, 'phase'), $phase, "$blow: the worker is $phase");
		$blows{$blow}->($node);
		eval { $holder->quit };
		like(wait_for($node, $task), qr/^HAS_ERRORS$/, "S-059: $blow while $phase: the task ends");
		is(counts_of($node, $task), $undisturbed, "S-065, S-178: $blow while $phase: nothing is lost, nothing twice");
		is(task_row($node, $task, 'attempts, deaths'), '1|0', "$blow while $phase: the death is no failed attempt");
		$node->stop('immediate');
		$node->clean_node;
	}
}

# A task that kills its worker time and again must end.
{
	my $node = start_server('killer');
	make_people($node);
	my $holder = block_at($node, 'BIO-0000001', 'VALIDATING');
	my $task = submit($node, $book);
	for (1 .. 3)
	{
		wait_blocked($node);
		my $pid = worker_pid($node);
		$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
		$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid") or die 'it lives';
	}
	is(wait_for($node, $task), 'FAILED', 'a task that has lost three workers at one place fails');
	like(task_row($node, $task, 'error_message'), qr/died 3 times/, 'and says why');
	$holder->quit;
	is($node->safe_psql('postgres', "SELECT xlsx.retry($task)"), 'PENDING', 'it can be retried');
	is(wait_for($node, $task), 'HAS_ERRORS', 'and then goes through');
	is(counts_of($node, $task), $undisturbed, 'with every row once');
	$node->stop;
}

# A rule "unique" goes on with the values that it had seen: rows after the crash repeat some of before.
{
	my $node = start_server('crash_unique', "restart_after_crash = on\npg_xlsx.progress_interval = 0\n");
	make_people($node);
	$node->safe_psql('postgres', <<'SQL');
SELECT xlsx.add_rule('people', 'unique', 'name');
CREATE TABLE book AS SELECT xlsx.write($$SELECT 'Name ' || i % 12000 AS "Name", 'Male' AS "Gender",
  'BIO-' || lpad(i::text, 7, '0') AS "Bio-ID" FROM generate_series(1, 20000) AS i$$) AS data;
SQL
	my $holder = block_at($node, 'BIO-0011605', 'VALIDATING');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data) FROM book");
	wait_blocked($node);
	ok($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.seen_value') > 5000, 'unique: values are kept');
	kill_process($node, worker_pid($node));
	eval { $holder->quit };
	is(wait_for($node, $task), 'HAS_ERRORS', 'unique: the task ends');
	is(counts_of($node, $task), '20000|12000|8000|12000|12000|8000|0|0', 'unique: all that come twice are found');
	is( $node->safe_psql('postgres', "SELECT count(*) FROM xlsx.task_errors($task) WHERE detail = format('Row %s has the same value.', row_number - 12000)"),
		8000, 'unique: with the row that had the value first');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.seen_value'), 0, 'unique: nothing is left');
	$node->stop('immediate');
}

done_testing();
