# A task keeps its target, its columns and the text of its profile from its submission on. Changing, dropping or
# taking over the profile meanwhile changes nothing for the task, and makes no other role run new SQL.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('frozen', "pg_xlsx.retry_delay = 50ms\n");
my $book = workbook('-r', 20);
my $bad = workbook('-r', 20, '-e', 5);
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

sub refused
{
	my ($role, $statement, $expected, $name) = @_;
	my ($status, $out, $error) = $node->psql('postgres', $statement, extra_params => [ '-U', $role ]);

	return like($error, $expected, $name);
}

# A task that waits until it is told to start
sub submit_later
{
	my ($profile, $role, $path) = @_;

	return $sql->("SELECT xlsx.submit('$profile', data, run_at => now() + interval '1 hour') FROM book WHERE path = '" . ($path // $book) . "'", $role);
}

sub start
{
	my ($task) = @_;

	$sql->("UPDATE xlsx_private.task SET run_at = now() WHERE id = $task; SELECT xlsx.adopt()");
	return wait_for($node, $task);
}

$sql->(<<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE boss LOGIN IN ROLE xlsx_admin;
GRANT CREATE ON SCHEMA public TO ann, boss;
CREATE TABLE book AS SELECT p AS path, pg_read_binary_file(p) AS data FROM unnest(ARRAY['$book', '$bad']) AS p;
GRANT SELECT ON book TO PUBLIC;
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
CREATE TABLE other (name text, gender text, bio_id text);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

# The profile is changed, dropped and made anew while the task waits.
my $task = submit_later('people', 'postgres');
$sql->("SELECT xlsx.set_column('people', 'name', transform => '''changed'''), xlsx.alter_profile('people', mode => 'replace'),"
	  . " xlsx.add_rule('people', 'expression', argument => '{false}'), xlsx.set_column('people', 'gender', header => 'Sex')");
is(start($task), 'COMPLETED', 'a profile that was changed while its task waited');
is($sql->("SELECT count(*), count(*) FILTER (WHERE name = 'changed') FROM people WHERE task_id = $task"), '20|0', 'is as it was for that task');
$task = submit_later('people', 'postgres');
$sql->("SELECT xlsx.drop_profile('people'); SELECT xlsx.create_profile('people', 'other')");
is(start($task), 'FAILED', 'one that was dropped and made anew for another table');
is($sql->("SELECT error_message FROM xlsx.tasks WHERE id = $task"), '20 of 20 rows have errors, so none was saved', 'keeps its rules and its mode');
is($sql->('SELECT count(*) FROM other'), 0, 'and its rows go nowhere else');
$sql->("SELECT xlsx.drop_profile('people'); SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}')");
$sql->("SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'FAILED', 'a retry takes the profile of the submission, too');

# Errors are told by the headers that the sheet had to have.
$task = submit_later('people', 'postgres', $bad);
is(start($task), 'HAS_ERRORS', 'an import with errors');
my $errors = "SELECT array_agg(DISTINCT k ORDER BY k) FROM xlsx.task_errors($task) e, jsonb_object_keys(e.values) AS k";
is($sql->($errors), '{Bio-ID,Gender,Name}', 'whose rows are told by header');
$sql->("SELECT xlsx.set_column('people', 'gender', source => 'none'), xlsx.set_column('people', 'name', header => 'Full name')");
is($sql->($errors), '{Bio-ID,Gender,Name}', 'as they were, when the profile has others');
is($sql->("SELECT jsonb_agg(m ->> 'column') FROM jsonb_array_elements(xlsx.report($task) -> 'mapping') AS m"), '["name", "gender", "bio_id"]', 'as is the report');
$sql->("SELECT xlsx.drop_profile('people')");
is($sql->($errors), '{Bio-ID,Gender,Name}', 'and when there is no profile any more');
is($sql->("SELECT length(xlsx.errors_workbook($task)) > 1000"), 't', 'and in the workbook');
is($sql->("SELECT deleted_rows = (SELECT saved_rows FROM xlsx.tasks WHERE id = $task) FROM xlsx.delete($task)"), 't', 'the rows are found by the column that the profile had');

# The target by table: another table of the same name is another table (098_target_by.pl has the target by name).
$sql->("SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}', target_by => 'table')");
$task = submit_later('people', 'postgres');
$sql->('ALTER TABLE people RENAME TO persons');
is(start($task), 'COMPLETED', 'a table that was renamed is the same');
$task = submit_later('people', 'postgres');
$sql->('DROP TABLE persons; CREATE TABLE persons (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL)');
is(start($task), 'FAILED', 'one that was dropped and made anew is another');
is($sql->("SELECT error_code, error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = $task"),
	'42P01|target table of profile "people" does not exist any more|The profile means the table itself, not its name (target_by "table").'
	  . q{|Use: SELECT xlsx.alter_profile('people', target => '…'); then upload the file again.}, 'and the task says so');
is($sql->('SELECT count(*) FROM persons'), 0, 'no row goes to it');
$sql->("SELECT xlsx.drop_profile('people'); ALTER TABLE persons RENAME TO people; SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}')");

# An administrator sees and ends, and does not change what runs as somebody else.
$task = submit_later('people', 'postgres');
refused('boss', "SELECT xlsx.set_column('people', 'name', transform => 'set_config(''role'', ''none'', false)')", qr/profile "people" belongs to postgres/, 'xlsx_admin changes no column of another\'s profile');
refused('boss', "SELECT xlsx.alter_profile('people', mode => 'replace')", qr/belongs to postgres/, 'nor an option');
refused('boss', "SELECT xlsx.add_rule('people', 'expression', argument => '{true}')", qr/belongs to postgres/, 'nor adds a rule');
refused('boss', "UPDATE xlsx_private.profile SET owner = 'boss'::regrole", qr/permission denied for table profile/, 'nor takes it over');
refused('boss', "UPDATE xlsx_private.profile SET target = 'other'", qr/permission denied for table profile/, 'nor turns it to another table');
refused('boss', "UPDATE xlsx_private.task SET owner = 'boss'::regrole", qr/permission denied for table task/, 'nor takes over a task');
refused('boss', "UPDATE xlsx_private.frozen_profile SET owner = 'boss'::regrole", qr/permission denied for table frozen_profile/, 'nor what a task keeps');
$sql->("SELECT xlsx.drop_profile('people'); CREATE TABLE trap (task_id bigint, name text, gender text, bio_id text, who name DEFAULT current_user);"
	  . " GRANT INSERT ON trap TO PUBLIC; SELECT xlsx.create_profile('people', 'trap', 'task_id', '{\"bio_id\": \"Bio-ID\"}');"
	  . " SELECT xlsx.set_column('people', 'name', transform => 'current_user::text')", 'boss');
is(start($task), 'COMPLETED', 'the profile is dropped and made anew by an administrator');
is($sql->("SELECT (SELECT count(*) FROM people WHERE task_id = $task), (SELECT count(*) FROM trap)"), '20|0', 'and a task that waited knows nothing of it');
$sql->("SELECT xlsx.drop_profile('people')", 'boss');
$sql->("SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}')");

# One copy for all tasks whose profiles were the same, and none for those that are gone.
$sql->("SELECT xlsx.delete(id) FROM xlsx.tasks");
submit_later('people', 'postgres') foreach 1 .. 5;
is($sql->('SELECT count(*) FROM xlsx_private.frozen_profile f WHERE EXISTS (SELECT FROM xlsx_private.task t WHERE t.frozen_id = f.id)'), 1, 'five tasks share what they keep');
$sql->("SELECT xlsx.alter_profile('people', locale => 'de')");
my $first = $node->background_psql('postgres');
$first->query_safe("BEGIN; SELECT xlsx.submit('people', data, run_at => now() + interval '1 hour') FROM book");
$sql->("SET lock_timeout = '10s'; SELECT xlsx.submit('people', data, run_at => now() + interval '1 hour') FROM book");
pass('who submits with a profile as nobody had it waits for nobody who does the same');
$sql->("SELECT xlsx.delete(id) FROM xlsx.tasks");
$task = $sql->("SELECT xlsx.submit('people', data) FROM book WHERE path = '$book'");
is(wait_for($node, $task), 'COMPLETED', 'an import beside an open transaction');
$sql->('SELECT xlsx.resume()');
$node->poll_query_until('postgres', 'SELECT count(*) <= 2 FROM xlsx_private.frozen_profile') or die 'profiles of tasks that are gone stay';
pass('profiles of tasks that are gone are swept, and no sweep waits for those who submit');
$first->query_safe('COMMIT');
$first->quit;
is($sql->('SELECT count(*) FROM xlsx_private.task t LEFT JOIN xlsx_private.frozen_profile f ON f.id = t.frozen_id WHERE f.id IS NULL'), 0, 'every task has its own');

# A dump carries it, to a server where tables have other numbers.
$sql->("SELECT xlsx.delete(id) FROM xlsx.tasks; TRUNCATE people");
$task = submit_later('people', 'postgres');
$sql->("SELECT xlsx.set_column('people', 'name', transform => '''changed''')");
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');
$sql->('CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', $dump ], 'pg_restore');
$node->safe_psql('copy', "UPDATE xlsx_private.task SET run_at = now() WHERE id = $task; SELECT xlsx.adopt()");
is($node->safe_psql('copy', "SELECT xlsx.wait($task, '60 s')"), 'COMPLETED', 'a task that was restored');
is($node->safe_psql('copy', "SELECT count(*), count(*) FILTER (WHERE name = 'changed') FROM people"), '20|0', 'has the profile of its submission');

$node->stop;
done_testing();
