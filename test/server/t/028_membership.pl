# A task fails, and runs nothing, if its submitter lost the needed memberships while it waited.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('membership');
my $book = workbook('-r', 10);
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

# A task of a session of the login, as a role, which waits until it is told to start
sub submit_as
{
	my ($login, $role, $call) = @_;

	$call //= "xlsx.submit('people', data, run_at => now() + interval '1 hour')";
	return $sql->("SET ROLE $role; SELECT $call FROM book", $login);
}

sub start
{
	my ($task) = @_;

	$sql->("UPDATE xlsx_private.task SET run_at = now() WHERE id = $task; SELECT xlsx.resume()");
	wait_for($node, $task);
	return $sql->("SELECT concat_ws(' / ', status, error_code, error_message, error_detail) FROM xlsx.tasks WHERE id = $task");
}

$sql->(<<"SQL");
CREATE ROLE team NOLOGIN IN ROLE xlsx_user;
CREATE ROLE ann LOGIN IN ROLE xlsx_user, team;
CREATE ROLE web LOGIN IN ROLE xlsx_notifier;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
GRANT bob TO web;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
CREATE TABLE people (task_id bigint, name text, gender text, bio_id text);
GRANT SELECT ON book TO PUBLIC;
GRANT INSERT ON people TO PUBLIC;
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
-- A role may submit for others by a function of its own; then nobody is a member of it.
CREATE FUNCTION for_all(data bytea) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS \$\$ SELECT xlsx.submit('people', data, run_at => now() + interval '1 hour') \$\$;
ALTER FUNCTION for_all OWNER TO team;
SQL

my $task = submit_as('ann', 'team');
is(start($task), 'COMPLETED', 'a task of a member');
my $of_team = submit_as('ann', 'team');
my $of_ann = submit_as('ann', 'ann');
my $by_web = submit_as('web', 'bob');
my $by_function = submit_as('bob', 'bob', 'for_all(data)');
$sql->('REVOKE team FROM ann; REVOKE bob FROM web');
is(start($of_team), 'FAILED / 42501 / role "ann" may not become "team" any more / It submitted this task as "team", when it was a member of that role.', 'the membership is revoked while the task waits');
is(start($by_web), 'FAILED / 42501 / role "web" may not become "bob" any more / It submitted this task as "bob", when it was a member of that role.', 'as with the role that serves others');
is(start($of_ann), 'COMPLETED', 'tasks of its own go on');
is(start($by_function), 'COMPLETED', 'and one that a function submitted, whose caller never was a member');
is($sql->("SELECT count(*) FROM people WHERE task_id IN ($of_team, $by_web)"), 0, 'nothing of the others is saved');
$sql->("GRANT team TO ann; SELECT xlsx.retry($of_team)");
is(wait_for($node, $of_team), 'COMPLETED', 'with the membership back, a retry goes on');

my $of_bob = submit_as('bob', 'bob');
$sql->('REVOKE xlsx_user FROM bob');
is(start($of_bob), 'FAILED / 42501 / role "bob" may not import any more / It was a member of xlsx_user when it submitted this task.', 'a role that is no user any more');
my $of_super = $sql->("CREATE ROLE root LOGIN SUPERUSER") . submit_as('root', 'team');
$sql->('ALTER ROLE root NOSUPERUSER');
is(start($of_super), 'FAILED / 42501 / role "root" may not become "team" any more / It submitted this task as "team", when it was a member of that role.', 'a login that is no superuser any more');

$node->stop;
done_testing();
