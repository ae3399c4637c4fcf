# What fails again and again is tried after growing waits, and the log says it once; nobody can stop a sweep, and a sweep stops nobody.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('waits', "max_worker_processes = 8\npg_xlsx.max_workers = 2\nautovacuum = off\n");
my $book = workbook('-r', 3);
make_people($node);

# How often a line of the log has this text, from a position on.
sub said
{
	my ($text, $from) = @_;

	return scalar(() = substr(slurp_file($node->logfile), $from) =~ /$text/g);
}

sub here
{
	return -s $node->logfile;
}

sub break_by_trigger
{
	my ($table, $when) = @_;

	$node->safe_psql('postgres', <<"SQL");
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE 'broken trigger'; END \$\$;
CREATE TRIGGER refuse BEFORE UPDATE ON xlsx_private.$table FOR EACH ROW WHEN ($when) EXECUTE FUNCTION refuse();
SQL
	return;
}

# A claim that fails, the end of a task that cannot be written, and a sweep that fails.
foreach my $case ([ 'task', q{NEW.status = 'PROCESSING'}, 'a claim' ], [ 'task', q{OLD.status = 'PROCESSING' AND NEW.status <> 'PROCESSING'}, 'the end of an attempt' ])
{
	my ($table, $when, $name) = @$case;

	break_by_trigger($table, $when);
	my $from = here();
	my $task = submit($node, $book);
	$node->poll_query_until('postgres', "SELECT pg_sleep(0.1) IS NOT NULL AND (pg_read_file('" . $node->logfile . "') ~ 'broken trigger')") or die 'it does not fail';
	$node->safe_psql('postgres', 'SELECT pg_sleep(8)');
	cmp_ok(said('ERROR:  broken trigger', $from), '<=', 6, "$name that fails is not said again and again");
	$node->safe_psql('postgres', 'DROP FUNCTION refuse CASCADE');
	is(wait_for($node, $task), 'COMPLETED', 'and goes well in the end');
	ok($node->poll_query_until('postgres', "SELECT pg_read_file('" . $node->logfile . "', $from, 100000000) ~ 'works again in database \"postgres\"'"), 'which the log says');
}
break_by_trigger('housekeeping', 'true');
my $from = here();
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
$node->safe_psql('postgres', 'SELECT pg_sleep(8)');
is(said('ERROR:  broken trigger', $from), 1, 'a sweep that fails is said once');
is(wait_for($node, submit($node, $book)), 'COMPLETED', 'and imports go on');
my $sweeps = $node->safe_psql('postgres', 'SELECT sweeps FROM xlsx_private.housekeeping');
$node->safe_psql('postgres', 'DROP FUNCTION refuse CASCADE');
ok($node->poll_query_until('postgres', "SELECT sweeps > $sweeps FROM xlsx_private.housekeeping"), 'it is tried again by itself');

# A lock that is never let go.
my $session = $node->background_psql('postgres');
$session->query_safe('BEGIN; LOCK TABLE xlsx_private.job IN SHARE MODE');
$from = here();
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
$node->safe_psql('postgres', 'SELECT pg_sleep(6)');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND xact_start < now() - interval '4 s'"), 0, 'a sweep waits for no lock');
is(said('canceling statement due to lock timeout', $from), 1, 'and says once that it met one');
$session->query_safe('ROLLBACK');
$session->quit;

# A database that allows no connections.
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', <<"SQL");
CREATE EXTENSION pg_xlsx;
CREATE TABLE people (name text, gender text, bio_id text);
SELECT xlsx.create_profile('people', 'people', headers => '{"bio_id": "Bio-ID"}');
SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => clock_timestamp() + interval '2 s');
SQL
$from = here();
$node->safe_psql('postgres', 'ALTER DATABASE second ALLOW_CONNECTIONS false');
$node->poll_query_until('postgres', "SELECT pg_read_file('" . $node->logfile . "', $from, 100000000) ~ 'allows no connections'") or die 'it is not said';
$node->safe_psql('postgres', 'SELECT pg_sleep(4)');
is(said('database "second" allows no connections, so its tasks wait', $from), 1, 'a database that allows no connections is said once');
is(said('FATAL', $from), 0, 'and no process tries it');
$node->safe_psql('postgres', 'ALTER DATABASE second ALLOW_CONNECTIONS true');
ok($node->poll_query_until('second', "SELECT status = 'COMPLETED' FROM xlsx.tasks"), 'its tasks start when it allows them again');

# No background worker of the server is free: the launcher neither spins nor is silent.
$node->append_conf('postgresql.conf', 'max_worker_processes = 2');
$node->restart;
sub launcher_ticks
{
	my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher'");
	my @fields = split / /, slurp_file("/proc/$pid/stat");

	return $fields[13] + $fields[14];
}
$from = here();
my $task = submit($node, $book);
$node->poll_query_until('postgres', "SELECT pg_read_file('" . $node->logfile . "') ~ 'no background worker is free'") or die 'it is not said';
my $ticks = launcher_ticks();
submit($node, $book) foreach 1 .. 3;
$node->safe_psql('postgres', 'SELECT pg_sleep(4)');
cmp_ok(launcher_ticks() - $ticks, '<', 100, 'the launcher does not spin');
is(said('no background worker is free, so tasks wait', 0), 1, 'and says once why tasks wait');
$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->restart;
is(wait_for($node, $task), 'COMPLETED', 'which start when there is one');

$node->stop;
done_testing();
