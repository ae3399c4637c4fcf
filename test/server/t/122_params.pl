# What a submitter says of an import, through crashes and in the process that reads ahead.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('params', "pg_xlsx.progress_interval = 0\nrestart_after_crash = on\n");
make_people($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE project (id int PRIMARY KEY, prefix text NOT NULL);
INSERT INTO project VALUES (7, 'seven '), (8, 'eight ');
ALTER TABLE people ADD project int NOT NULL, ADD note text, ADD day date;
SELECT xlsx.set_column('people', 'project', source => 'param');
SELECT xlsx.set_column('people', 'day', source => 'param', param => 'on', default_value => '2026-01-01');
SELECT xlsx.set_column('people', 'note', source => 'value', transform => '(SELECT p.prefix || name FROM project p WHERE p.id = (params ->> ''project'')::int)');
SELECT xlsx.add_rule('people', 'expression', argument => ARRAY['bio_id <> coalesce(params ->> ''without'', ''-'')'], name => 'without');
SQL

sub submit_for
{
	my ($book, $params) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), 'book.xlsx', params => '$params')");
}

my $outcome = "SELECT project, day, count(*), count(DISTINCT bio_id), count(*) FILTER (WHERE note = 'seven ' || name) FROM people GROUP BY 1, 2";

# A crash in SAVING, and one in VALIDATING: the task has kept its params.
my $book = workbook('-r', 5000);
foreach my $phase ('SAVING', 'VALIDATING')
{
	my $holder = block_at($node, 'BIO-0003500', $phase);
	my $task = submit_for($book, '{"project": 7, "on": "2026-05-03", "without": "BIO-0000005"}');
	wait_blocked($node);
	kill_process($node, worker_pid($node));
	eval { $holder->quit };
	is(wait_for($node, $task), 'HAS_ERRORS', "$phase: after a crash the import goes on");
	is($node->safe_psql('postgres', $outcome), '7|2026-05-03|4999|4999|4999', "$phase: for the same project, every row once");
	is($node->safe_psql('postgres', "SELECT code, constraint_name FROM xlsx.task_errors($task)"), 'rule|without', "$phase: by the same rule");
	$node->safe_psql('postgres', $phase eq 'SAVING' ? 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here'
		: 'ALTER TABLE people ALTER bio_id TYPE text; DROP DOMAIN stopping; DROP FUNCTION stop_here');
	$node->safe_psql('postgres', 'TRUNCATE people');
}

my $task = submit_for($book, '{"project": 7}');
is(wait_for($node, $task), 'COMPLETED', 'a day that is not given is the default');
is($node->safe_psql('postgres', $outcome), '7|2026-01-01|5000|5000|5000', 'in each row');

# A process of its own reads and judges what takes no SQL: a large file, with a column that a parameter fills.
$node->safe_psql('postgres', <<'SQL');
TRUNCATE people;
SELECT xlsx.set_column('people', 'note', source => 'none', transform => ''), xlsx.drop_rule('people', 'without');
SELECT xlsx.set_column('people', 'day', source => 'none', param => '');
SQL
my $large = workbook('-r', 60000);
cmp_ok(-s $large, '>', 1024 * 1024, 'the file is read ahead');
$task = submit_for($large, '{"project": 8}');
is(wait_for($node, $task), 'COMPLETED', 'and imported');
is($node->safe_psql('postgres', 'SELECT project, count(*), count(DISTINCT bio_id) FROM people GROUP BY 1'), '8|60000|60000', 'for its project');
$task = submit_for($large, '{}');
is(wait_for($node, $task), 'HAS_ERRORS', 'without the parameter nothing is');
is(task_row($node, $task, 'saved_rows, error_rows'), '0|60000', 'because the target demands it');

$node->stop;
done_testing();
