# The extension's own tables in dumps: restored in parallel, in part, and without the constraints of the tables.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('source', "pg_xlsx.upload_ttl = '1 d'\n");
make_people($node);
my $folder = PostgreSQL::Test::Utils::tempdir;
my $book = workbook('-r', 3000, '-e', 10);

# Something in each table: an ended task with error rows, one that waits, an upload in pieces, rules, a schedule.
my $ended = submit($node, $book);
wait_for($node, $ended);
my $waiting = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
$node->safe_psql('postgres', <<"SQL");
SELECT xlsx.add_rule('people', 'max_length', 'name', '{200}');
SELECT xlsx.limit_tasks(2, 'people');
SELECT xlsx.schedule('nightly', NULL, 'people', folder => '$folder');
SELECT xlsx_rest.tus_create('people', 'pieces.xlsx', '{}', 1000, NULL);
SQL
my $books = <<'SQL';
SELECT (SELECT count(*) FROM xlsx_private.task), (SELECT count(*) FROM xlsx_private.error_row), (SELECT count(*) FROM xlsx_private.chunk),
  (SELECT count(*) FROM xlsx_private.profile_column), (SELECT count(*) FROM xlsx_private.profile_rule), (SELECT count(*) FROM xlsx_private.queue_rule),
  (SELECT count(*) FROM xlsx_private.schedule), (SELECT count(*) FROM xlsx_private.resumable), (SELECT count(*) FROM xlsx_private.frozen_profile)
SQL
my $kept = $node->safe_psql('postgres', $books);
like($kept, qr/^2\|300\|[1-9]\d*\|3\|1\|1\|1\|1\|\d$/, 'there is something in each table');
my $dump = "$folder/books.dump";
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');

is($node->safe_psql('postgres', q{SELECT string_agg(conrelid::regclass::text || ' ' || conname, ', ') FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'xlsx_private'::regnamespace}), '', 'no private table has a foreign key');
is($node->safe_psql('postgres', q{SELECT string_agg(c.relname, ', ') FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'xlsx_private'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)}), '', 'each has a primary key');

foreach my $way ([ 'in parallel' => '-j', 4 ], [ 'in one transaction' => '-1' ], [ 'without owners and rights' => '-O', '-x' ])
{
	my ($name, @options) = @$way;

	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$node->command_ok([ 'pg_restore', '--exit-on-error', @options, '-d', 'copy', $dump ], "pg_restore $name");
	is($node->safe_psql('copy', $books), $kept, "restores all of it $name");
	is($node->safe_psql('copy', "SELECT xlsx.delete($ended) IS NOT NULL"), 't', "and its tasks can be deleted, restored $name");
	is($node->safe_psql('copy', 'SELECT * FROM xlsx_private.orphans()'), '', "with all that belongs to them, restored $name");
	$node->safe_psql('postgres', 'DROP DATABASE copy (FORCE)');
}

# What belongs to a row goes with it, where nothing fires.
$node->safe_psql('postgres', "SET session_replication_role = replica; SELECT xlsx.unschedule('nightly'); SELECT xlsx.delete($ended);"
	  . " SELECT xlsx.cancel($waiting); SELECT xlsx.delete($waiting); SELECT xlsx.drop_profile('people')");
is($node->safe_psql('postgres', 'SELECT * FROM xlsx_private.orphans()'), '', 'nothing points nowhere after deletes under session_replication_role = replica');

# Rows that lost their parents are listed, and a sweep removes them.
$node->safe_psql('postgres', q{SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}')});
my $task = submit($node, $book);
wait_for($node, $task);
wait_tidy($node);
$node->safe_psql('postgres', "DELETE FROM xlsx_private.task WHERE id = $task; DELETE FROM xlsx_private.profile;"
	  . ' UPDATE xlsx_private.housekeeping SET orphans_sought_at = NULL');
like($node->safe_psql('postgres', 'SELECT relation, column_name, parent, row_count FROM xlsx_private.orphans()'),
	qr/^xlsx_private\.profile_column\|profile_id\|xlsx_private\.profile\|3\nxlsx_private\.error_page\|task_id\|xlsx_private\.task\|\d+\n/, 'rows that point nowhere are listed');
$node->restart;
ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM xlsx_private.orphans())'), 'a sweep removes them');
like($node->safe_psql('postgres', q{SELECT value FROM xlsx.metrics WHERE name = 'removed' AND label = 'orphans'}), qr/^[1-9]\d*$/, 'and counts them');

# Publications: an update of a table without a primary key would be refused.
$node->append_conf('postgresql.conf', 'wal_level = logical');
$node->restart;
$node->safe_psql('postgres', q{CREATE PUBLICATION everything FOR ALL TABLES; SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}')});
$task = submit($node, $book);
is(wait_for($node, $task), 'HAS_ERRORS', 'an import in a database with a publication FOR ALL TABLES');
my $sweeps = $node->safe_psql('postgres', 'SELECT sweeps FROM xlsx_private.housekeeping');
$node->restart;
ok($node->poll_query_until('postgres', "SELECT sweeps > $sweeps FROM xlsx_private.housekeeping"), 'sweeps go on');

$node->stop;
done_testing();
