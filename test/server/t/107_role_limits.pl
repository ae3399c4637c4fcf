# Limits of a role hold when several sessions come at once, and at the row that is too many.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('limits', "pg_xlsx.retry_delay = '100ms'\n");
make_people($node);
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE ann LOGIN IN ROLE xlsx_user, pg_read_server_files;
GRANT SELECT, INSERT ON people TO ann;
GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO ann;
SELECT xlsx.limit_role('ann', waiting_tasks => 1);
SQL
my $book = workbook('-r', 3);
my $later = "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 day')";

# The second session waits for the first one's transaction, and counts what it committed.
my $first = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
my $second = $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', 'ann' ]);
$first->query_safe("BEGIN; $later");
$second->query_until(qr/begun/, "\\echo begun\n$later;\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'ann' AND wait_event_type = 'Lock'") or die 'nobody waits';
# Another role is not in its way.
is($node->safe_psql('postgres', "SET lock_timeout = '5s'; $later > 0"), 't', 'others submit meanwhile');
$first->query_safe('COMMIT');
$second->query('SELECT 1');
like($second->{stderr}, qr/limit "waiting_tasks" of role "ann" is reached/, 'of two at once one is refused');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE owner = 'ann'::regrole"), 1, 'and the limit holds');

# A rollback makes room.
$node->safe_psql('postgres', "SELECT count(xlsx.delete(id)) FROM xlsx.tasks");
$first->query_safe("BEGIN; $later");
$second->{stderr} = '';
$second->query_until(qr/begun/, "\\echo begun\n$later;\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'ann' AND wait_event_type = 'Lock'") or die 'nobody waits';
$first->query_safe('ROLLBACK');
$second->query('SELECT 1');
is($second->{stderr} =~ s/.*QUERY_SEPARATOR.*\n//gr, '', 'what is rolled back does not count');
$first->quit;
$second->quit;

# Rows of a large file that a second process reads, and that are saved as they come.
$node->safe_psql('postgres', "SELECT count(xlsx.delete(id)) FROM xlsx.tasks; SELECT xlsx.limit_role('ann', rows_per_task => 50000)");
my $large = workbook('-r', 60000);
my $from = -s $node->logfile;
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$large'), 'large.xlsx')", extra_params => [ '-U', 'ann' ]);
is(wait_for($node, $task), 'FAILED', 'a task with more rows fails');
is(task_row($node, $task, 'attempts, error_code, error_message'), '1|53400|limit "rows_per_task" of role "ann" is reached', 'at once, with the name of the limit');
like(slurp_file($node->logfile, $from), qr/import of task $task with profile "people" from file "large.xlsx", sheet row 50002\n/, 'at the first row beyond');
is($node->safe_psql('postgres', "SELECT count(*) <= 50000, count(*) = (SELECT saved_rows FROM xlsx.tasks WHERE id = $task) FROM people WHERE task_id = $task"), 't|t',
	'and no more rows are there');
$node->safe_psql('postgres', "TRUNCATE people; SELECT xlsx.limit_role('ann', rows_per_task => 60000)");
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$large'), 'large.xlsx')", extra_params => [ '-U', 'ann' ]);
is(wait_for($node, $task), 'COMPLETED', 'as many as allowed are fine');

$node->stop;
done_testing();
