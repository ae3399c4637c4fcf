# Slots of workers survive the launcher that gave them out, and databases get their workers back, in whatever way a command ends.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('slots', "pg_xlsx.max_workers = 1\nmax_prepared_transactions = 5\n");
my $book = workbook('-r', 1000);
make_people($node);

# Submits in a database of its own and says what came of it within half a minute.
sub import_in
{
	my ($database) = @_;
	my $task = $node->safe_psql($database, "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");

	return $node->safe_psql($database, "SELECT xlsx.wait($task, '180 s')");
}

sub launcher
{
	return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher'");
}

sub replace_launcher
{
	my ($signal) = @_;
	my $first = launcher();

	$signal->($first);
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher' AND pid <> $first")
	  or die 'no launcher comes';
	return;
}

# The one place is taken; a new launcher knows that.
my $holder = block_at($node, 'BIO-0000500', 'SAVING');
my $running = submit($node, $book);
wait_blocked($node);
replace_launcher(sub { $node->safe_psql('postgres', "SELECT pg_terminate_backend($_[0])") });
my $waiting = submit($node, $book);
my $sweeps = $node->safe_psql('postgres', 'SELECT sweeps FROM xlsx_private.housekeeping');
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', "SELECT sweeps > $sweeps FROM xlsx_private.housekeeping"), 'a sweep takes no place of an import');
is(task_row($node, $waiting, 'status'), 'PENDING', 'a launcher that replaces another gives out no place that is taken');
is($node->safe_psql('postgres', "SET statement_timeout = '30s'; SELECT xlsx.cancel($running)"), 'CANCELLED', 'and cancel reaches the worker');
wait_blocked($node);
is(task_row($node, $waiting, 'status'), 'PROCESSING', 'whose place is given out then');
replace_launcher(sub { kill 'TERM', $_[0] }) foreach 1 .. 3;
is($node->safe_psql('postgres', "SET statement_timeout = '30s'; SELECT deleted_rows IS NOT NULL FROM xlsx.delete($waiting)"), 't',
	'a task can be deleted after any number of launchers');
$holder->quit;
is(import_in('postgres'), 'COMPLETED', 'and the place is free again');
$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');

# Commands that take a database for themselves.
sub make_database
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION pg_xlsx');
	make_people_in($database);
	return;
}

sub make_people_in
{
	my ($database) = @_;

	$node->safe_psql($database, <<'SQL');
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL
	return;
}

make_database('wanted');
foreach my $command ('ALTER DATABASE wanted RENAME TO other', 'DROP DATABASE wanted')
{
	foreach my $function ('pg_terminate_backend', 'pg_cancel_backend')
	{
		# A session in it makes the command wait for 5 s.
		my $session = $node->background_psql('wanted');
		my $commander = $node->background_psql('postgres', on_error_stop => 0);
		$commander->query_until(qr/commanding/, "\\echo commanding\n$command;\n");
		$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '$command%' AND state = 'active' AND pid <> pg_backend_pid()")
		  or die 'no command';
		$node->safe_psql('postgres', "SELECT $function(pid) FROM pg_stat_activity WHERE query LIKE '$command%' AND pid <> pg_backend_pid()");
		$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE '$command%' AND state = 'active' AND pid <> pg_backend_pid()")
		  or die 'it goes on';
		is(import_in('wanted'), 'COMPLETED', "$command, ended by $function, leaves the database its workers");
		$session->quit;
		eval { $commander->quit };
	}
}

# A transaction that holds a database keeps none of the workers of others, and its own tasks go on after it.
foreach my $end ('ROLLBACK', 'COMMIT', 'PREPARE')
{
	my $session = $node->background_psql('postgres');
	my $name = $end eq 'COMMIT' ? 'renamed' : 'wanted';

	$node->safe_psql('wanted', 'SELECT xlsx.pause()');
	my $task = $node->safe_psql('wanted', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
	$node->safe_psql('wanted', 'DELETE FROM xlsx_private.queue_rule');
	$session->query_safe('BEGIN; ALTER DATABASE wanted RENAME TO renamed');
	$session->query_safe("PREPARE TRANSACTION 'rename'") if $end eq 'PREPARE';
	replace_launcher(sub { kill 'TERM', $_[0] });
	is(import_in('postgres'), 'COMPLETED', "a database that is held until $end keeps no worker from others");
	$session->query_safe($end eq 'PREPARE' ? "ROLLBACK PREPARED 'rename'" : $end);
	is($node->safe_psql($name, "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', 'and gets its own afterwards');
	$session->quit;
	$node->safe_psql('postgres', 'ALTER DATABASE renamed RENAME TO wanted') if $name eq 'renamed';
}
is($node->safe_psql('postgres', 'DROP DATABASE wanted; SELECT count(*) FROM pg_database WHERE datname = \'wanted\''), 0, 'in the end it is dropped');

$node->stop;
done_testing();
