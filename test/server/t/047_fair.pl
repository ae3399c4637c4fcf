# No role can keep the workers from other roles: by many tasks, by tasks that hang, or by rows that it locks.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('fair', "pg_xlsx.max_workers = 3\nmax_worker_processes = 20\nmax_prepared_transactions = 5\n");
my $book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE web LOGIN IN ROLE xlsx_notifier;
CREATE ROLE other_ann IN ROLE xlsx_user;
GRANT ann, bob TO web;
GRANT other_ann TO ann;
GRANT SELECT ON book TO public;
CREATE TABLE hanging (LIKE people);
GRANT INSERT ON people, hanging TO ann, bob, other_ann;
SELECT xlsx.create_profile('hanging', 'hanging', 'task_id', '{"bio_id": "Bio-ID"}');
CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END \$\$;
CREATE TRIGGER hang BEFORE INSERT ON hanging FOR EACH ROW EXECUTE FUNCTION hang();
SQL

# Submits as an owner, through a login, and returns the last of the tasks.
sub submit_as
{
	my ($login, $owner, $profile, $count) = @_;

	$count //= 1;
	return $node->safe_psql('postgres', "SET ROLE $owner; SELECT max(xlsx.submit('$profile', data)) FROM book, generate_series(1, $count)",
		extra_params => [ '-U', $login ]);
}

sub wait_hanging
{
	my ($count) = @_;

	$node->poll_query_until('postgres',
		"SELECT count(*) = $count FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'")
	  or die "not $count workers hang";
	return;
}

sub end_all
{
	$node->safe_psql('postgres', 'SELECT xlsx.pause()');
	$node->safe_psql('postgres', "SELECT xlsx.cancel(id) FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING') ORDER BY status");
	$node->safe_psql('postgres', 'SELECT xlsx.delete(id) FROM xlsx.tasks; SELECT xlsx.resume()');
	return;
}

sub ends_soon
{
	my ($task, $name) = @_;

	is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '180 s')"), 'COMPLETED', $name);
	return;
}

submit_as('ann', 'ann', 'hanging', 4);
wait_hanging(2);
ends_soon(submit_as('bob', 'bob', 'people'), 'tasks of a role that hang leave a worker for others');
submit_as('ann', 'other_ann', 'hanging', 4);
ends_soon(submit_as('bob', 'bob', 'people'), 'even if the role takes on another');
wait_hanging(2);
ends_soon(submit_as('bob', 'bob', 'people', 20), 'the others may have many tasks');
end_all();

submit_as('web', 'ann', 'hanging', 200);
wait_hanging(2);
ends_soon(submit_as('web', 'bob', 'people'), 'a login that serves several counts by owner, behind however many tasks of one');
ends_soon(submit_as('bob', 'bob', 'people'), 'and leaves a worker for other logins');
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers_per_role = 1');
$node->reload;
end_all();
submit_as('ann', 'ann', 'hanging', 3);
wait_hanging(1);
submit_as('bob', 'bob', 'hanging', 3);
wait_hanging(2);
is($node->safe_psql('postgres', q{SELECT string_agg(owner::text, ' ' ORDER BY owner::text) FROM xlsx.tasks WHERE status = 'PROCESSING'}), 'ann bob',
	'pg_xlsx.max_workers_per_role sets how many');

# When a worker leaves a role, what was held back goes on, here in another database.
end_all();
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', <<"SQL");
CREATE EXTENSION pg_xlsx;
CREATE TABLE people (name text, gender text, bio_id text);
GRANT INSERT ON people TO ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO ann;
SELECT xlsx.create_profile('people', 'people', headers => '{"bio_id": "Bio-ID"}');
SQL
my $hanging = submit_as('ann', 'ann', 'hanging');
wait_hanging(1);
my $held = $node->safe_psql('second', "SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', 'ann' ]);
is($node->safe_psql('second', "SELECT xlsx.wait($held, '1 s')"), 'PENDING', 'a role has its workers over all databases');
$node->safe_psql('postgres', "SELECT xlsx.cancel($hanging)");
is($node->safe_psql('second', "SELECT xlsx.wait($held, '30 s')"), 'COMPLETED', 'and what was held back goes on when one is free');

# With one worker there is none to leave, and it works.
$node->append_conf('postgresql.conf', "pg_xlsx.max_workers = 1\npg_xlsx.max_workers_per_role = 0");
$node->reload;
my $ann = submit_as('ann', 'ann', 'people', 10);
my $bob = submit_as('web', 'bob', 'people', 10);
ends_soon($_, 'one worker serves all') foreach $ann, $bob;

# Rows that a session holds, in a transaction that it never ends: nobody waits for it.
end_all();
$node->append_conf('postgresql.conf', "pg_xlsx.max_workers = 2\npg_xlsx.upload_ttl = 1s");
$node->reload;
my $wrong = workbook('-r', 1, '-H', 'a,b,c');
$node->safe_psql('postgres', "CREATE TABLE wrong_book AS SELECT pg_read_binary_file('$wrong') AS data; GRANT SELECT ON wrong_book TO public");

sub fail_as
{
	my ($owner) = @_;
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data) FROM wrong_book", extra_params => [ '-U', $owner ]);

	$node->safe_psql('postgres', "SELECT xlsx.wait($task)");
	return $task;
}

# Three sweeps, one after another, and what they removed or left.
sub sweep_thrice
{
	foreach (1 .. 3)
	{
		my $sweeps = $node->safe_psql('postgres', 'SELECT sweeps FROM xlsx_private.housekeeping');
		$node->safe_psql('postgres', 'SELECT xlsx.resume()');
		$node->poll_query_until('postgres', "SELECT sweeps > $sweeps FROM xlsx_private.housekeeping") or die 'a sweep does not end';
	}
	return;
}

# Tasks expire when what holds them does.
sub keep_tasks
{
	my ($time) = @_;

	$node->append_conf('postgresql.conf', "pg_xlsx.keep_tasks = '$time'");
	$node->reload;
	$node->poll_query_until('postgres', "SELECT (current_setting('pg_xlsx.keep_tasks')::interval = '$time')::text", 'true') or die 'no reload';
	return;
}

my %held = (
	'delete' => sub { "BEGIN; SELECT xlsx.delete($_[0])" },
	'an undo' => sub { "BEGIN; SELECT FROM xlsx.undo($_[0])" },
	'a prepared delete' => sub { "BEGIN; SELECT xlsx.delete($_[0]); PREPARE TRANSACTION 'held'" });
$node->safe_psql('postgres', 'GRANT SELECT, DELETE ON people TO ann');
foreach my $name (sort keys %held)
{
	my $task = $name =~ /undo/ ? submit_as('ann', 'ann', 'people') : fail_as('ann');
	$node->safe_psql('postgres', "SELECT xlsx.wait($task)");
	my $beside = fail_as('bob');
	my $session = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
	$session->query_safe($held{$name}->($task));
	keep_tasks('1 s');
	ok($node->poll_query_until('postgres', "SELECT completed_at < clock_timestamp() - interval '1.1 s' FROM xlsx_private.task WHERE id = $task"), "$name on what has expired");
	sweep_thrice();
	ends_soon(submit_as('bob', 'bob', 'people'), 'no import of others waits for it');
	sweep_thrice();
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event_type = 'Lock'}), 0, 'nor any sweep');
	is($node->safe_psql('postgres', "SELECT string_agg(id::text, ' ') FROM xlsx_private.task WHERE id IN ($task, $beside)"), $task, 'what nobody holds is removed');
	$session->query_safe($name =~ /prepared/ ? "ROLLBACK PREPARED 'held'" : 'ROLLBACK');
	$session->quit;
	ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx_private.task'), 'and the rest afterwards');
	keep_tasks('0 s');
}

# Uploads that have expired, whose rows their owner holds.
$node->safe_psql('postgres', q{SELECT xlsx_rest.tus_create('people', 'a.xlsx', NULL, 10, NULL)}, extra_params => [ '-U', 'ann' ]);
$node->safe_psql('postgres', q{SELECT xlsx_rest.tus_create('people', 'a.xlsx', NULL, 10, NULL)}, extra_params => [ '-U', 'bob' ]);
my $session = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$session->query_safe(q{BEGIN; SELECT xlsx_rest.tus_delete(id::text) FROM xlsx_private.resumable WHERE owner = 'ann'::regrole});
ok($node->poll_query_until('postgres', "SELECT bool_and(used_at < clock_timestamp() - interval '1.1 s') FROM xlsx_private.file"), 'uploads expire');
sweep_thrice();
is($node->safe_psql('postgres', 'SELECT string_agg(owner::text, \' \') FROM xlsx_private.file'), 'ann', 'a sweep leaves the upload whose row a session holds');
$session->query_safe('ROLLBACK');
sweep_thrice();
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.file'), 0, 'until it lets go');
$node->append_conf('postgresql.conf', "pg_xlsx.upload_ttl = 1h\npg_xlsx.max_workers = 1");
$node->reload;

# A task that waits, and is held.
$node->safe_psql('postgres', 'SELECT xlsx.pause()');
my $waits = submit_as('ann', 'ann', 'people');
$session->query_safe("BEGIN; SELECT xlsx.cancel($waits)");
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ends_soon(submit_as('bob', 'bob', 'people'), 'a claim waits for no session that holds a task');
ends_soon(submit_as('ann', 'ann', 'people'), 'not even among tasks of the same role');
$session->query_safe('ROLLBACK');
ends_soon($waits, 'which starts when it is let go');

# A task that fails while its row is held.
my $fails = submit_as('ann', 'ann', 'hanging');
wait_hanging(1);
my $boss = $node->background_psql('postgres');
$boss->query_safe("BEGIN; SELECT FROM xlsx_private.task WHERE id = $fails FOR UPDATE");
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'});
ends_soon(submit_as('bob', 'bob', 'people'), 'the end of an attempt waits a short while for a session that holds the task');
$boss->query_safe('ROLLBACK');
wait_hanging(1);
is($node->safe_psql('postgres', "SELECT xlsx.cancel($fails)"), 'CANCELLED', 'which is taken up again afterwards');

$node->stop;
done_testing();
