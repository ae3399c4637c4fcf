# The function that an import calls at its end is called once, however often the worker is killed while it runs.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('on_end', "pg_xlsx.progress_interval = 0\nrestart_after_crash = on\n");
my $book = workbook('-r', 3000);
make_people($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE ends (task bigint, rows bigint);
CREATE FUNCTION at_end(task bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.ends SELECT at_end.task, count(*) FROM public.people;
  PERFORM pg_advisory_xact_lock_shared(128);
END $$;
SELECT xlsx.alter_profile('people', on_end => 'public.at_end');
SQL

foreach my $mode ('insert', 'all_or_nothing')
{
	$node->safe_psql('postgres', 'TRUNCATE people, ends');
	my $gate = $node->background_psql('postgres');
	$gate->query_safe('SELECT pg_advisory_lock(128)');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), mode => '$mode')");
	foreach my $kill ('terminated', 'killed')
	{
		my $waits = "FROM pg_locks WHERE locktype = 'advisory' AND objid = 128 AND NOT granted";

		ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $waits"), "$mode: the function runs");
		is($node->safe_psql('postgres', 'SELECT count(*) FROM ends'), 0, "and nothing of it is committed when its worker is $kill");
		my $worker = $node->safe_psql('postgres', "SELECT pid $waits");
		# A kill restarts the server, and ends the session at the gate.
		kill_process($node, $worker) if $kill eq 'killed';
		$node->safe_psql('postgres', "SELECT pg_terminate_backend($worker, 60000)") if $kill eq 'terminated';
	}
	is(wait_for($node, $task), 'COMPLETED', 'it ends');
	is($node->safe_psql('postgres', "SELECT count(*), min(task) = $task, min(rows) FROM ends"), '1|t|3000', 'with one call, which saw all rows');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 3000, 'and each row once');
	eval { $gate->{run}->finish };
}

$node->stop;
done_testing();
