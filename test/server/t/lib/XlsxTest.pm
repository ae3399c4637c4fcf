# Functions that the TAP tests share: a server with pg_xlsx, workbooks, events.
package XlsxTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More ();

our @EXPORT = qw(start_server make_people submit workbook wait_for wait_tidy task_row counts_of block_at wait_blocked worker_pid kill_process);

my $books = 0;

# Whatever a test did: when it stops a server, no row of a private table points nowhere, in any database.
{
	no warnings 'redefine';
	my $stop = \&PostgreSQL::Test::Cluster::stop;

	*PostgreSQL::Test::Cluster::stop = sub {
		my ($node, $mode, @rest) = @_;
		check_orphans($node) if ($mode // '') ne 'immediate' && $node->{_pid};
		return $stop->($node, $mode, @rest);
	};
}

# A session in the background may live longer than the time limit of a query, which counts for each query and for the end.
{
	no warnings 'redefine';
	my $begin = \&PostgreSQL::Test::Cluster::background_psql;
	my $quit = \&PostgreSQL::Test::BackgroundPsql::quit;

	*PostgreSQL::Test::Cluster::background_psql = sub {
		my $session = $begin->(@_);
		$session->set_query_timer_restart;
		return $session;
	};
	*PostgreSQL::Test::BackgroundPsql::quit = sub {
		my ($session) = @_;
		$session->{timeout}->start;
		return $quit->($session);
	};
}

sub check_orphans
{
	my ($node) = @_;
	my ($failed, $databases) = $node->psql('postgres', 'SELECT datname FROM pg_database WHERE datallowconn AND datname <> $$template1$$');

	return if $failed;
	foreach my $database (split /\n/, $databases)
	{
		my ($missing, $installed) = $node->psql($database, 'SELECT to_regproc($$xlsx_private.orphans$$) IS NOT NULL');
		next if $missing || $installed ne 't';
		my ($unread, $orphans) = $node->psql($database, 'SELECT * FROM xlsx_private.orphans()');
		Test::More::is("$unread$orphans", '0', "no row of the books of $database points nowhere");
	}
	return;
}

# A running server with the extension in database "postgres". settings: lines of postgresql.conf.
sub start_server
{
	my ($name, $settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_xlsx'\n" . ($settings // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx');
	return $node;
}

# The table of people and its profile.
sub make_people
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'SQL');
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL
	return;
}

# Path of a new workbook; options are those of makebook.
sub workbook
{
	my @options = @_;
	my $path = "$ENV{TESTDATADIR}/book" . ++$books . '.xlsx';

	mkdir $ENV{TESTDATADIR};
	system_or_bail($ENV{MAKEBOOK}, @options, $path);
	return $path;
}

# Submits a server file and returns the task's id. A profile is "people" by default.
sub submit
{
	my ($node, $path, $profile) = @_;

	$profile //= 'people';
	return $node->safe_psql('postgres', "SELECT xlsx.submit('$profile', pg_read_binary_file('$path'), 'book.xlsx')");
}

# Waits for the end of a task and returns its status.
sub wait_for
{
	my ($node, $task) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')");
}

sub task_row
{
	my ($node, $task, $columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM xlsx_private.task WHERE id = $task");
}

# Returns when the files of completed tasks are gone, which is soon after their end.
sub wait_tidy
{
	my ($node) = @_;

	$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM xlsx_private.file WHERE spent)')
	  or die 'the file of a completed task stays';
	return;
}

# "total|saved|errors|rows of the table|different ones|error rows|packets|chunks that nothing keeps": all that must agree.
sub counts_of
{
	my ($node, $task) = @_;

	wait_tidy($node);
	return $node->safe_psql('postgres', <<"SQL");
SELECT total_rows, saved_rows, error_rows, (SELECT count(*) FROM people WHERE task_id = t.id),
  (SELECT count(DISTINCT bio_id) FROM people WHERE task_id = t.id),
  (SELECT count(*) FROM xlsx_private.error_row WHERE task_id = t.id),
  (SELECT count(*) FROM xlsx_private.packet WHERE task_id = t.id), (SELECT count(*) FROM xlsx_private.chunk c
    WHERE NOT EXISTS (SELECT FROM xlsx_private.task k WHERE k.file_id = c.file_id AND xlsx_private.file_kept_until(k) IS NOT NULL))
FROM xlsx.tasks t WHERE id = $task
SQL
}

# Makes the import stop at the row with this Bio-ID: while it is SAVING, or
# already while it is VALIDATING. Returns the session that holds it there;
# its quit lets the import go on.
sub block_at
{
	my ($node, $bio_id, $phase) = @_;

	$node->safe_psql('postgres', $phase eq 'SAVING' ? <<"SAVING" : <<"VALIDATING");
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END \$\$;
CREATE TRIGGER stop_here AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = '$bio_id') EXECUTE FUNCTION stop_here();
SAVING
CREATE FUNCTION stop_here(value text) RETURNS boolean LANGUAGE plpgsql AS \$\$
BEGIN
  IF value = '$bio_id' THEN
    PERFORM pg_advisory_xact_lock_shared(4711);
  END IF;
  RETURN true;
END \$\$;
CREATE DOMAIN stopping AS text CHECK (stop_here(VALUE));
ALTER TABLE people ALTER bio_id TYPE stopping;
VALIDATING
	my $session = $node->background_psql('postgres');
	$session->query_safe('SELECT pg_advisory_lock(4711)');
	return $session;
}

# Waits until a worker stands at the row of block_at.
sub wait_blocked
{
	my ($node) = @_;

	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'advisory'")
	  or die 'no worker came to the row';
	return;
}

sub worker_pid
{
	my ($node) = @_;

	return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'");
}

# Kills a process of the server, and returns when the server has restarted because of it.
sub kill_process
{
	my ($node, $pid) = @_;
	my $launcher = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher'");

	kill 'KILL', $pid;
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher' AND pid <> $launcher")
	  or die 'no recovery';
	return;
}

1;
