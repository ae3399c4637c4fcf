# No role keeps the workers from others, by many tasks, by tasks that hang, or by rows that it holds (B3).
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
	$node->safe_psql('postgres', 'SELECT xlsx.delete_task(id) FROM xlsx.tasks; SELECT xlsx.resume()');
	return;
}

sub ends_soon
{
	my ($task, $name) = @_;

	is($node->safe_psql('postgres', "SELECT xlsx.wait($task, '30 s')"), 'COMPLETED', $name);
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

$node->stop;
done_testing();
