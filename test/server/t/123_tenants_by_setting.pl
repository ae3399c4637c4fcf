# Tenants that share one role, whom a setting tells apart: policies, crashes, turns, shares.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('by_setting', "pg_xlsx.progress_interval = 0\nrestart_after_crash = on\n");
make_people($node);
$node->safe_psql('postgres', <<'SQL');
ALTER DATABASE postgres SET pg_xlsx.tenant_setting = 'app.tenant';
CREATE ROLE app IN ROLE xlsx_user;
GRANT pg_read_server_files TO app;
ALTER TABLE people ADD org text NOT NULL;
ALTER TABLE people ALTER org SET DEFAULT current_setting('app.tenant');
SELECT xlsx.set_column('people', 'org', source => 'none');
CREATE POLICY people_org ON people USING (org = current_setting('app.tenant')) WITH CHECK (org = current_setting('app.tenant'));
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
GRANT ALL ON people TO app;
SQL

# As app, with a tenant.
sub as
{
	my ($tenant, $sql) = @_;

	return $node->safe_psql('postgres', "SET ROLE app; SET app.tenant = '$tenant'; $sql");
}

sub submit_as
{
	my ($tenant, $book, $more) = @_;

	return as($tenant, "SELECT xlsx.submit('people', xlsx.server_file('$book'), '$tenant.xlsx'" . ($more // '') . ')');
}

# A crash of the server: the import goes on with the tenant of its submitter.
my $book = workbook('-r', 3000);
my $holder = block_at($node, 'BIO-0002500', 'SAVING');
my $task = submit_as('one', $book);
wait_blocked($node);
kill_process($node, worker_pid($node));
eval { $holder->quit };
is(wait_for($node, $task), 'COMPLETED', 'after a crash the import goes on');
is($node->safe_psql('postgres', 'SELECT org, count(*), count(DISTINCT bio_id) FROM people GROUP BY 1'), 'one|3000|3000', 'as the same tenant, every row once');
is(as('two', 'SELECT count(*) FROM people'), 0, 'whose rows no other sees');
is(as('one', "SELECT undone, kept FROM xlsx.undo($task)"), '3000|0', 'and takes back');
$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');

# A task that was cancelled goes on with the tenant, whoever retries it.
$node->safe_psql('postgres', 'SELECT xlsx.pause()');
$task = submit_as('one', $book);
is(as('one', "SELECT xlsx.cancel($task)"), 'CANCELLED', 'cancelled');
$node->safe_psql('postgres', "SET app.tenant = 'two'; SELECT xlsx.retry($task); SELECT xlsx.resume()");
is(wait_for($node, $task), 'COMPLETED', 'a retry by an administrator with another tenant');
is($node->safe_psql('postgres', 'SELECT DISTINCT org FROM people'), 'one', 'imports as the first');
is($node->safe_psql('postgres', "SET app.tenant = 'two'; SELECT deleted_rows FROM xlsx.delete($task)"), 3000, 'so does a delete');

# Turns: many tasks of one tenant do not keep another waiting. The login serves others, so parties count.
my $small = workbook('-r', 20);
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 1');
$node->reload;
$node->safe_psql('postgres', 'SELECT xlsx.pause()');
submit_as('one', $small) foreach 1 .. 8;
my $late = submit_as('two', $small);
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
is(wait_for($node, $late), 'COMPLETED', 'a late tenant is served');
$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING'))");
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE started_at < (SELECT started_at FROM xlsx.tasks WHERE id = $late)"), '<=', 2,
	'in its turn, not behind all tasks of the other');

# Shares: a tenant leaves a worker for others, as a role does.
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 2');
$node->reload;
$node->safe_psql('postgres', 'TRUNCATE people');
$holder = block_at($node, 'BIO-0000010', 'SAVING');
my @held = map { submit_as('one', $small) } 1 .. 2;
wait_blocked($node);
my $other = submit_as('two', workbook('-r', 5));
is(wait_for($node, $other), 'COMPLETED', 'while one tenant has its share, another has a worker');
ok($node->poll_query_until('postgres', "SELECT waiting_for = 'a worker: the role has all 1 that it may have (pg_xlsx.max_workers_per_role)' FROM xlsx.tasks WHERE id = $held[1]"),
	'and the first one waits for its own');
is(as('one', 'SELECT count(*) FROM xlsx.progress'), 1, 'it sees what it runs');
is(as('two', 'SELECT count(*) FROM xlsx.progress'), 0, 'and no other does');
$holder->quit;
is(wait_for($node, $_), 'COMPLETED', 'all end') foreach @held;
$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');

# Each policy is needed: without the tenant in it, somebody sees what is another's.
my $bad = workbook('-r', 20, '-e', 5);
foreach my $tenant ('one', 'two')
{
	my $id = submit_as($tenant, $bad);
	wait_for($node, $id);
	as($tenant, "SELECT xlsx.schedule('schedule of $tenant', NULL, 'people', query => 'SELECT NULL::bytea, ''x''::text WHERE false')");
	as($tenant, "SELECT count(*) FROM xlsx.run_schedule('schedule of $tenant')");
	as($tenant, "SELECT xlsx_rest.tus_create('people', '$tenant.xlsx', NULL, 1000, NULL)");
}
my %strangers = (
	task => 'tenant', job => 'tenant', tally => 'tenant', audit => 'tenant', schedule => 'tenant', resumable => 'tenant',
	error_page => 'of_task', error_block => 'of_task', error_count => 'of_task', undo_xid => 'of_task');
foreach my $table (sort keys %strangers)
{
	my $is = $strangers{$table} eq 'tenant' ? "x.tenant <> 'one'"
	  : "x.task_id IN (SELECT pg_temp.tasks_of_two())";
	my $count = sub {
		my ($change) = @_;

		return $node->safe_psql('postgres', "BEGIN; $change;"
			  . " CREATE FUNCTION pg_temp.tasks_of_two() RETURNS SETOF bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT id FROM xlsx_private.task WHERE tenant = ''two''';"
			  . " SET LOCAL ROLE app; SET LOCAL app.tenant = 'one'; SELECT count(*) FILTER (WHERE $is), count(*) FILTER (WHERE NOT $is) > 0 FROM xlsx_private.$table x; ROLLBACK");
	};
	is($count->('SET LOCAL jit = off'), '0|t', "$table: a tenant sees its own rows and no others") or next;
	my @policies = split /\n/, $node->safe_psql('postgres', "SELECT policyname FROM pg_policies WHERE schemaname = 'xlsx_private' AND tablename = '$table' AND roles = '{public}'");
	unlike($count->("ALTER POLICY $_ ON xlsx_private.$table USING (true)"), qr/^0\|/, "$table: without the condition of $_ it is noticed") foreach @policies;
	unlike($count->("ALTER TABLE xlsx_private.$table DISABLE ROW LEVEL SECURITY"), qr/^0\|/, "$table: so is row-level security that is off");
}

$node->stop;
done_testing();
