# Long lists of rows: parts of them cost the same at any place, kept rows take little room, and the workbook of a result takes no memory.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $rows = 150_000;
my $node = start_server('result', "fsync = off\nwork_mem = '1MB'\n");
my $sql = sub { $node->safe_psql('postgres', $_[0]) };

$sql->(<<'SQL');
CREATE TABLE people (no int GENERATED ALWAYS AS IDENTITY, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', NULL, '{"bio_id": "Bio-ID"}');
SELECT xlsx.alter_profile('people', keep_rows => true, "returning" => '{no}');
SQL
my $task = submit($node, workbook('-r', $rows, '-e', 1));
is(wait_for($node, $task), 'HAS_ERRORS', 'a large file');
is($sql->("SELECT count(*), count(DISTINCT place), bool_and(place > before) FROM (SELECT place, lag(place, 1, 0) OVER () AS before FROM xlsx.task_rows($task)) AS r"),
	"$rows|$rows|t", 'each row is told once, in the order of the sheet');
is($sql->("SELECT count(*) FROM xlsx.task_rows($task) r JOIN people p ON p.no = (r.returned ->> 'no')::int AND p.bio_id = 'BIO-' || lpad((r.row_number - 1)::text, 7, '0')"),
	$sql->('SELECT count(*) FROM people'), 'with the number that it got');
cmp_ok($sql->("SELECT pg_total_relation_size('xlsx_private.row_page') / $rows"), '<', 20, 'a row takes less than 20 bytes');
cmp_ok($sql->("SELECT count(*) FROM xlsx_private.row_page WHERE task_id = $task"), '<', $rows / 100, 'and has no stored row of its own');

# Blocks that a part of the list reads.
sub blocks
{
	my ($after) = @_;
	my $plan = $sql->("EXPLAIN (ANALYZE, BUFFERS, TIMING off) SELECT * FROM xlsx.task_rows($task, $after) LIMIT 10");
	my ($hit) = $plan =~ /Buffers: shared (?:hit=)?(\d+)/;

	return $hit;
}

blocks($_) foreach 0, $rows - 20;
cmp_ok(blocks(0), '<', 200, 'the first rows are read from few blocks');
cmp_ok(blocks($rows - 20), '<', 200, 'and so are the last');

# The parts of REST, one after the other, are the whole.
my ($next, @seen) = (0);
foreach my $part (1 .. 5)
{
	push @seen, split /,/, $sql->("SELECT string_agg(d ->> 'rowNumber', ',' ORDER BY n) FROM json_array_elements((xlsx_rest.rest_rows('$task', '$next', '100')).body -> 'data') WITH ORDINALITY AS a (d, n)");
	$next = $sql->("SELECT (xlsx_rest.rest_rows('$task', '$next', '100')).body #>> '{meta,next}'");
}
is("@seen", join(' ', 2 .. 501), 'each part begins behind the one before');

# The greatest memory that a session took, in kB, with what it shares.
sub memory_of
{
	my ($statement) = @_;
	my $session = $node->background_psql('postgres');

	$session->query_safe('SELECT xlsx.version()');
	$session->query_safe($statement);
	my $peak = $session->query_safe("SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'VmPeak:\\s+([0-9]+)')");
	$session->quit;
	return $peak;
}

my $few = submit($node, workbook('-r', 5000, '-e', 1));
wait_for($node, $few);
my $small = memory_of("SELECT count(*) FROM (SELECT xlsx.result_workbook_chunks($few)) AS c");
my $large = memory_of("SELECT count(*) FROM (SELECT xlsx.result_workbook_chunks($task)) AS c");
# The shared strings of the sheet that is read are in memory, as in an import.
cmp_ok($large, '<', $small + 16 * 1024, "the workbook of $rows rows takes little more memory than that of 5,000 ($small kB, $large kB)");

# It can be imported again: own columns first, under their headers.
$sql->('CREATE TABLE again (LIKE people); SELECT xlsx.create_profile(\'again\', \'again\', NULL, \'{"bio_id": "Bio-ID"}\')');
my $copy = $sql->("SELECT xlsx.submit('again', xlsx.result_workbook($task))");
wait_for($node, $copy);
is($sql->('SELECT count(*), count(*) FILTER (WHERE p.bio_id = a.bio_id AND p.name = a.name) FROM again a JOIN people p ON p.no = a.no'),
	$sql->('SELECT count(*), count(*) FROM people WHERE no <= (SELECT max(no) FROM again)'), 'the workbook is a file as the first one, with the numbers in it');
is($sql->("SELECT error_rows = (SELECT error_rows FROM xlsx.tasks WHERE id = $task) FROM xlsx.tasks WHERE id = $copy"), 't', 'whose bad rows are bad again');

done_testing();
