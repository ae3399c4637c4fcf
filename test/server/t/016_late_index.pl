# Indexes that are built after the load: when that is done, when it is not, and that the result is the same.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('late_index', "restart_after_crash = on\n");
my $book = workbook('-r', 20000, '-s');
make_people($node);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION amcheck;
CREATE UNIQUE INDEX people_bio ON people (bio_id);
CREATE INDEX people_name ON people (lower(name)) WHERE gender <> 'Other';
CREATE TABLE gender (name text PRIMARY KEY);
INSERT INTO gender VALUES ('Female'), ('Male'), ('Other');
ALTER TABLE people ADD FOREIGN KEY (gender) REFERENCES gender;
SELECT xlsx.alter_profile('people', index_after_load => 'empty');
SQL

# What an index is stored in: another one when it was built anew.
sub filenode
{
	return $node->safe_psql('postgres', "SELECT pg_relation_filenode('people_bio')");
}

# Imports, and says whether the indexes were built anew; all must be whole in any case.
sub import_into
{
	my ($options, $expected, $status) = @_;
	my $before = filenode();
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), $options)");

	is(wait_for($node, $task), $status // 'COMPLETED', "$options ends");
	is(counts_of($node, $task), $expected, "$options counts") if defined $expected;
	is( $node->safe_psql('postgres', <<'SQL'), '2|t|t', "$options leaves its indexes whole");
SELECT count(bt_index_check(indexrelid, true)), bool_and(indisvalid), bool_and(indisready) FROM pg_index WHERE indrelid = 'people'::regclass
SQL
	is($node->safe_psql('postgres', "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM people WHERE bio_id = 'BIO-0004711'"),
		$node->safe_psql('postgres', "SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM people WHERE bio_id = 'BIO-0004711'"),
		"$options: a key is found");
	return $before ne filenode();
}

my $all = '20000|20000|0|20000|20000|0|0|0';

sub truncate_people { return $node->safe_psql('postgres', 'TRUNCATE people') }

ok(import_into("mode => 'insert'", $all), 'an empty target is indexed afterwards');
truncate_people();
ok(import_into("mode => 'all_or_nothing'", $all), 'also where all or nothing is kept');
ok(import_into("mode => 'replace'", $all), 'and where the import empties it');
ok(!import_into("mode => 'upsert', dry_run => true"), 'but not where keys are looked for');

# What was there stays in its index, and a key that comes again is named by its row.
truncate_people();
$node->safe_psql('postgres', "INSERT INTO people (name, gender, bio_id) VALUES ('first', 'Male', 'BIO-0004711')");
ok(!import_into("mode => 'insert'", undef, 'HAS_ERRORS'), 'a target with a row is indexed row by row');
is( $node->safe_psql('postgres', 'SELECT code, value FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks))'),
	'unique|BIO-0004711', 'which names the row at fault');

# Keys that come twice in the file are found by the other way, with the same result.
my %outcome;
foreach my $late ('never', 'empty')
{
	truncate_people();
	$node->safe_psql('postgres', "DROP INDEX IF EXISTS people_twice; CREATE UNIQUE INDEX people_twice ON people (name);
	  SELECT xlsx.alter_profile('people', index_after_load => '$late')");
	foreach my $mode ('insert', 'all_or_nothing', 'replace')
	{
		truncate_people() if $mode eq 'insert';
		my $task = submit_as($mode);

		$outcome{$late} .= wait_for($node, $task) . $node->safe_psql('postgres', <<"SQL");
SELECT saved_rows, error_rows, (SELECT count(*) FROM people),
  (SELECT md5(string_agg(row_number || code || cell || constraint_name, ',' ORDER BY row_number)) FROM xlsx.task_errors(id))
FROM xlsx.tasks WHERE id = $task
SQL
	}
}
is($outcome{empty}, $outcome{never}, 'rows that break a unique index are named all the same');
like($outcome{never}, qr/HAS_ERRORS\d+\|\d+.*FAILED0\|\d+.*FAILED0/s, 'some do');
$node->safe_psql('postgres', 'DROP INDEX people_twice');

sub submit_as
{
	my ($mode) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), mode => '$mode')");
}

$node->safe_psql('postgres', "SELECT xlsx.delete(id) FROM xlsx.tasks WHERE status = 'FAILED'");

# Who writes is not kept waiting, and does not keep the import waiting.
truncate_people();
my $writer = $node->background_psql('postgres');
$writer->query_safe("BEGIN; INSERT INTO people (name, gender, bio_id) VALUES ('w', 'Male', 'W')");
ok(!import_into("mode => 'insert'"), 'beside a writer rows are indexed one by one');
$writer->query_safe('COMMIT');
$writer->quit;
is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 20001, 'both have written');

# Nor is a lock taken for a role that could not take it.
truncate_people();
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
GRANT INSERT ON people TO ann;
GRANT SELECT ON gender TO ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO ann;
SQL
my $before = filenode();
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', 'ann' ]);
is(wait_for($node, $task), 'COMPLETED', 'who may only insert imports');
is(filenode(), $before, 'with rows indexed one by one');

# In the caller's transaction, which may take it back
truncate_people();
$before = filenode();
is( $node->safe_psql('postgres', "BEGIN; SELECT status FROM xlsx.import('people', pg_read_binary_file('$book'));
  SET LOCAL enable_seqscan = off; SELECT count(*) FROM people WHERE bio_id = 'BIO-0000001'; ROLLBACK"),
	"COMPLETED\n1", 'the caller sees rows and index');
is(filenode(), $before, 'and takes both back');
is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 0, 'to the last row');

# Readers see the old rows while the new ones come, by the index; a worker that dies leaves it as it was.
ok(import_into("mode => 'replace'", $all), 'the old rows');
$node->safe_psql('postgres', "UPDATE people SET name = 'old' WHERE bio_id = 'BIO-0004711'");
my $holder = block_at($node, 'BIO-0004711', 'SAVING');
$task = submit_as('replace');
wait_blocked($node);
my $by_index = "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT name FROM people WHERE bio_id = 'BIO-0004711'";
is($node->safe_psql('postgres', $by_index), 'old', 'a reader sees the old row by its index in mid-import');
# Without a launcher nobody begins the next attempt before that has been looked at.
$node->stop('immediate');
eval { $holder->quit };
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$node->start;
is($node->safe_psql('postgres', $by_index), 'old', 'and after a crash');
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "'pg_xlsx'");
$node->restart;
is(wait_for($node, $task), 'COMPLETED', 'the next attempt ends');
is(counts_of($node, $task), $all, 'with every row once');
isnt($node->safe_psql('postgres', $by_index), 'old', 'and in the index');

$node->stop;
done_testing();
