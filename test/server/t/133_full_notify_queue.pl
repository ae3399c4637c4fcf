# A NOTIFY queue that is really full, because a session that listens does not end its transaction: imports and submits go on.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('full');
SKIP:
{
	skip 'before 17 the NOTIFY queue holds 8 GB, and nothing makes it smaller', 1 if $node->safe_psql('postgres', "SELECT current_setting('server_version_num')") < 170000;

	$node->append_conf('postgresql.conf', 'max_notify_queue_pages = 64');
	$node->restart;
	my $book = workbook('-r', 2000);
	make_people($node);

	my $listener = $node->background_psql('postgres');
	$listener->query_safe('SELECT xlsx.listen()');
	$listener->query_safe('BEGIN; SELECT 1');
	my $from = -s $node->logfile;
	my $err = '';
	for (my $i = 0; $i < 1000 && $err !~ /ERROR/; $i++)
	{
		(undef, undef, $err) = $node->psql('postgres', "SELECT pg_notify('flood', repeat('x', 7000) || i) FROM generate_series(1, 5) AS i");
	}
	like($err, qr/too many notifications in the NOTIFY queue/, 'the queue is full');
	cmp_ok($node->safe_psql('postgres', 'SELECT pg_notification_queue_usage()'), '>', 0.9, 'really');

	my $task = submit($node, $book);
	is(wait_for($node, $task), 'COMPLETED', 'a task is submitted and imported');
	is($node->safe_psql('postgres', "SELECT attempts FROM xlsx.tasks WHERE id = $task"), 1, 'in one attempt');
	is($node->safe_psql('postgres', "SELECT status FROM xlsx.import('people', pg_read_binary_file('$book'), dry_run => true)"), 'COMPLETED', 'an import of the session goes on, too');
	my $deleted = submit($node, $book);
	wait_for($node, $deleted);
	$node->safe_psql('postgres', "SELECT xlsx.delete($deleted)");
	like(slurp_file($node->logfile, $from), qr/LOG:  the NOTIFY queue is \d+ % full, so events of imports wait/, 'the log says it');
	cmp_ok($node->safe_psql('postgres', "SELECT value FROM xlsx.metrics WHERE name = 'events_waiting'"), '>', 0, 'and the metrics');

	$listener->query_safe('COMMIT');
	$node->poll_query_until('postgres', "SELECT value = 0 FROM xlsx.metrics WHERE name = 'events_waiting'") or die 'they are not sent';
	like($listener->query_safe('SELECT 1'), qr/"$task task-completed \{.*"$deleted task-deleted \{/s, 'when there is room, those who listen hear of the ends');
	$listener->quit;
}

$node->stop;
done_testing();
