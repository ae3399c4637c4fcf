# Dumps that are not of the whole database as a superuser: data only, one schema, by roles that read.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('dumps');
make_people($node);
my $folder = PostgreSQL::Test::Utils::tempdir;
my $book = workbook('-r', 3000, '-e', 10);
my $ended = submit($node, $book);
wait_for($node, $ended);
my $waiting = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
GRANT INSERT, SELECT ON people TO ann;
SELECT xlsx.add_rule('people', 'max_length', 'name', '{200}');
SELECT xlsx.limit_tasks(2, 'people');
SELECT xlsx.schedule('nightly', NULL, 'people', folder => '$folder');
SQL
my $books = <<'SQL';
SELECT (SELECT count(*) FROM xlsx_private.task), (SELECT count(*) FROM xlsx_private.error_row), (SELECT count(*) > 0 FROM xlsx_private.chunk),
  (SELECT count(*) FROM xlsx_private.profile_column), (SELECT count(*) FROM xlsx_private.profile_rule), (SELECT count(*) FROM xlsx_private.queue_rule),
  (SELECT count(*) FROM xlsx_private.schedule), (SELECT count(*) FROM xlsx_private.frozen_profile), (SELECT count(*) FROM xlsx_private.orphans())
SQL
my $kept = $node->safe_psql('postgres', $books);
like($kept, qr/^2\|300\|t\|3\|1\|1\|1\|\d\|0$/, 'there is something in each table');

# A database with the table and the extension, and nothing in either.
sub empty_copy
{
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS copy (FORCE)');
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$node->safe_psql('copy', 'CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL); CREATE EXTENSION pg_xlsx');
	return;
}

sub dump_as
{
	my ($role, $file, @options) = @_;
	my ($out, $error) = ('', '');
	my $done = run_command_as([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-U', $role, '-f', $file, @options, 'postgres' ], \$error);

	return $done ? '' : $error;
}

sub run_command_as
{
	my ($command, $error) = @_;

	return IPC::Run::run($command, '>', \my $out, '2>', $error);
}

# What was restored works: the books are whole, a task goes on, a new one has a number of its own.
sub check_copy
{
	my ($name) = @_;

	is($node->safe_psql('copy', $books), $kept, "$name: all of it is there");
	is($node->safe_psql('copy', 'SELECT name, target FROM xlsx.profiles'), 'people|people', "$name: the profile has its target");
	$node->safe_psql('copy', 'SELECT xlsx.adopt(); UPDATE xlsx_private.task SET run_at = now() WHERE id = ' . $waiting);
	$node->safe_psql('copy', 'SELECT xlsx.resume()');
	is($node->safe_psql('copy', "SELECT xlsx.wait($waiting, '60 s')"), 'HAS_ERRORS', "$name: a task that waited goes on");
	my $new = $node->safe_psql('copy', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
	cmp_ok($new, '>', $waiting, "$name: a new task has a number of its own");
	is($node->safe_psql('copy', "SELECT xlsx.wait($new, '60 s')"), 'HAS_ERRORS', "$name: and is imported");
	is($node->safe_psql('copy', "SELECT count(*) FROM xlsx.task_errors($ended)"), 300, "$name: the errors are there");
	return;
}

foreach my $way ([ 'data only' => '--data-only' ], [ 'data only, as INSERT' => '--data-only', '--column-inserts' ], [ 'the section' => '--section=data' ])
{
	my ($name, @options) = @$way;

	is(dump_as('postgres', "$folder/dump", '-Fc', '-T', 'people', @options), '', "$name: pg_dump");
	empty_copy();
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', 3, '-d', 'copy', "$folder/dump" ], "$name: pg_restore");
	check_copy($name);
}
is(dump_as('postgres', "$folder/dump", '-Fc'), '', 'pg_dump of all');
empty_copy();
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '-d', 'copy', "$folder/dump" ], 'pg_restore --data-only of a whole dump');
check_copy('data only of a whole dump');

# Parts of the dump
is(dump_as('postgres', "$folder/dump", '-Fc', '-t', 'xlsx_private.*'), '', "pg_dump -t 'xlsx_private.*'");
empty_copy();
my ($out, $error) = ('', '');
ok(run_command_as([ 'pg_restore', '--exit-on-error', '-h', $node->host, '-p', $node->port, '-d', 'copy', "$folder/dump" ], \$error), 'pg_restore of it') or diag($error);
check_copy('the private tables');
# pg_dump does not look into schemas that belong to an extension.
foreach my $schema ('xlsx', 'xlsx_private', 'public')
{
	is(dump_as('postgres', "$folder/dump", '-n', $schema), '', "pg_dump -n $schema");
	unlike(slurp_file("$folder/dump"), qr/COPY xlsx_private|EXTENSION/, "pg_dump -n $schema leaves the books out");
}
is(dump_as('postgres', "$folder/dump", '-Fc', '-n', 'public', '-n', 'xlsx', '-e', 'pg_xlsx'), '', 'pg_dump -n public -n xlsx -e pg_xlsx');
$node->safe_psql('postgres', 'DROP DATABASE copy (FORCE)');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$error = '';
ok(run_command_as([ 'pg_restore', '-h', $node->host, '-p', $node->port, '-d', 'copy', '--clean', '--if-exists', "$folder/dump" ], \$error), 'pg_restore of it') or diag($error);
check_copy('public and the extension');

# Who reads
like(dump_as('reader', "$folder/dump", '-Fc'), qr/query would be affected by row-level security policy/, 'a role that reads all data does not dump half of it silently');
$node->safe_psql('postgres', 'GRANT xlsx_admin TO reader');
is(dump_as('reader', "$folder/dump", '-Fc', '--enable-row-security'), '', 'it dumps all as a member of xlsx_admin, with --enable-row-security');
$node->safe_psql('postgres', 'DROP DATABASE copy (FORCE)');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$folder/dump" ], 'pg_restore');
check_copy('by xlsx_admin');
$node->safe_psql('postgres', 'REVOKE xlsx_admin FROM reader; ALTER ROLE reader BYPASSRLS');
is(dump_as('reader', "$folder/dump", '-Fc'), '', 'and with BYPASSRLS');
$node->safe_psql('postgres', 'DROP DATABASE copy (FORCE)');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$folder/dump" ], 'pg_restore');
check_copy('by a role with BYPASSRLS');

$node->stop;
done_testing();
