# The original cells of refused rows, if another process reads the sheet, and if an attempt begins at SAVING.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('originals', "pg_xlsx.progress_interval = 0\n");

# 60,000 rows whose numbers are texts with zeros before them; every thousandth row brings the number of the row before it.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE part (number int PRIMARY KEY, name text);
CREATE TABLE book AS SELECT xlsx.write($$
  SELECT '000' || i - (i % 1000 = 0)::int AS number, md5(i::text) || repeat('x', 20) AS name FROM generate_series(1, 60000) AS i$$) AS file;
SELECT xlsx.create_profile('part', 'part');
SQL
is($node->safe_psql('postgres', 'SELECT octet_length(file) > 1024 * 1024 FROM book'), 't', 'the file is one for two processes');
my $expected = join("\n", map { 1000 * $_ + 1 . '|000' . (1000 * $_ - 1) . '|000' . (1000 * $_ - 1) } 1 .. 60);
my $errors = q{SELECT row_number, value, "values" ->> 'Number' FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks))};

foreach my $mode ('insert', 'all_or_nothing')
{
	$node->safe_psql('postgres', 'TRUNCATE part');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('part', file, mode => '$mode') FROM book");
	my $status = $mode eq 'insert' ? 'HAS_ERRORS' : 'FAILED';

	is(wait_for($node, $task), $status, "mode $mode");
	is($node->safe_psql('postgres', $errors), $expected, 'each row that was refused has its original text');
}

# A cancelled import goes on in a new attempt, which begins with rows that are checked already.
$node->safe_psql('postgres', <<'SQL');
TRUNCATE part;
SELECT xlsx.alter_profile('part', max_errors => 1000);
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;
CREATE TRIGGER stop_here AFTER INSERT ON part FOR EACH ROW WHEN (NEW.number = 30500) EXECUTE FUNCTION stop_here();
SQL
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('part', file) FROM book");
wait_blocked($node);
is(task_row($node, $task, 'phase'), 'SAVING', 'an import that has checked all rows');
$node->safe_psql('postgres', "SELECT xlsx.cancel($task)");
$holder->quit;
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'HAS_ERRORS', 'is cancelled and goes on');
is($node->safe_psql('postgres', $errors), $expected, 'each row that was refused has its original text');
is(task_row($node, $task, 'total_rows, saved_rows, error_rows') . '|' . $node->safe_psql('postgres', 'SELECT count(*) FROM part'),
	'60000|59940|60|59940', 'and the counts are right');

$node->stop;
done_testing();
