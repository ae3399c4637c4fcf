# Ordinary roles with logins of their own; the extension and its databases are created and dropped.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('roles');
my $book = workbook('-r', 1500);

$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE team NOLOGIN IN ROLE xlsx_user;
GRANT team TO ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO ann, team;
GRANT CREATE ON SCHEMA public TO team;
SET ROLE team;
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL, by_role name DEFAULT current_user,
  by_login name DEFAULT session_user);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

my $task = $node->safe_psql('postgres',
	"SET ROLE team; SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', 'ann' ]);
is(wait_for($node, $task), 'COMPLETED', 'a role without LOGIN submits through a member');
is($node->safe_psql('postgres', 'SELECT DISTINCT by_role, by_login FROM people'), 'team|ann',
	'the work is done as that role, by a worker logged in as the submitter');

# The role is gone while its task waits.
$node->safe_psql('postgres', 'CREATE ROLE bob LOGIN IN ROLE xlsx_user; GRANT SELECT ON book TO bob; GRANT INSERT ON people TO bob');
$task = $node->safe_psql('postgres',
	"SELECT xlsx.submit('people', data, run_at => now() + interval '1 s') FROM book", extra_params => [ '-U', 'bob' ]);
$node->safe_psql('postgres', 'ALTER ROLE bob NOLOGIN');
is(wait_for($node, $task), 'FAILED', 'a task of a role that cannot log in any more fails');
like($node->safe_psql('postgres', "SELECT error_message FROM xlsx.tasks WHERE id = $task"), qr/cannot log in/, 'and says so');

# The target is gone.
$node->safe_psql('postgres', 'CREATE TABLE short_lived (name text); SELECT xlsx.create_profile(\'short\', \'short_lived\'); DROP TABLE short_lived');
$task = submit($node, $book, 'short');
is(wait_for($node, $task), 'FAILED', 'a target that was dropped fails the task');
like($node->safe_psql('postgres', "SELECT error_message FROM xlsx.tasks WHERE id = $task"), qr/does not exist any more/, 'and says so');

# Idle workers do not keep a database or the extension.
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION pg_xlsx; CREATE TABLE t (name text, gender text, bio_id text); SELECT xlsx.create_profile(\'t\', \'t\', headers => \'{"bio_id": "Bio-ID"}\')');
$task = $node->safe_psql('other', "SELECT xlsx.submit('t', pg_read_binary_file('$book'))");
is($node->safe_psql('other', "SELECT xlsx.wait($task)"), 'COMPLETED', 'a second database has its own tasks');
$node->safe_psql('other', 'DROP EXTENSION pg_xlsx; CREATE EXTENSION pg_xlsx');
is($node->safe_psql('other', 'SELECT count(*) FROM xlsx.tasks'), 0, 'DROP EXTENSION takes everything along');
$node->safe_psql('postgres', 'DROP DATABASE other');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'other'"), 0, 'DROP DATABASE is not held up');

$node->stop;

# Without shared_preload_libraries a submit starts its worker itself.
my $bare = PostgreSQL::Test::Cluster->new('bare');
$bare->init;
$bare->append_conf('postgresql.conf', "max_worker_processes = 8\n");
$bare->start;
$bare->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx');
make_people($bare);
$task = submit($bare, $book);
is(wait_for($bare, $task), 'COMPLETED', 'without preloading a submit starts its worker itself');
is(counts_of($bare, $task), '1500|1500|0|1500|1500|0|0|0', 'with the same result');
$bare->stop;

done_testing();
