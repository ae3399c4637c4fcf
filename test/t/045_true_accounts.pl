# What PostgreSQL, its log and the queue say of imports is true: times, counts, and where it happened (C8, S-013).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('accounts', "pg_xlsx.max_workers = 1\npg_xlsx.retry_delay = 100ms\n");
make_people($node);

# A worker's now() is that of its transaction.
my $book = workbook('-r', 1);
$node->safe_psql('postgres', <<'SQL');
ALTER TABLE people ADD at timestamptz DEFAULT now(), ADD stated_at timestamptz DEFAULT statement_timestamp(),
  ADD xact_start timestamptz, ADD query_start timestamptz;
CREATE FUNCTION note_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT a.xact_start, a.query_start INTO NEW.xact_start, NEW.query_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid();
  RETURN NEW;
END $$;
CREATE TRIGGER note_activity BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION note_activity();
SQL
my $last = $node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
SELECT max(xlsx.submit('people', data)) FROM book, generate_series(1, 100);
SQL
wait_for($node, $last);
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT at) FROM people'), '100|100', 'now() goes on in a worker');
is($node->safe_psql('postgres', <<'SQL'), 100, 'and is not before the start of the task nor after its end');
SELECT count(*) FROM people p JOIN xlsx.tasks t ON t.id = p.task_id
WHERE p.at BETWEEN t.started_at AND t.completed_at AND p.stated_at = p.at AND t.started_at BETWEEN t.created_at AND t.completed_at
SQL
is($node->safe_psql('postgres', 'SELECT count(*) FROM people WHERE xact_start = at AND query_start BETWEEN at - interval \'10 s\' AND at'), 100,
	'pg_stat_activity says the same');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT query_start) FROM people'), 100, 'each task has its own start there');
$node->safe_psql('postgres', 'DROP TRIGGER note_activity ON people');

# Each task counts once, however many rules hold it.
$node->safe_psql('postgres', <<'SQL');
SELECT xlsx.pause(), xlsx.limit_tasks(7, 'people'), xlsx.limit_tasks(5), xlsx.limit_tasks(3, role => 'postgres'), xlsx.limit_tasks(2, 'people', 'postgres');
SELECT xlsx.submit('people', data), xlsx.submit('people', data, run_at => now() + interval '1 day') FROM book;
SQL
is($node->safe_psql('postgres', 'SELECT profile, running, waiting, delayed, paused, max_tasks FROM xlsx.queue'), 'people|0|1|1|t|5',
	'S-013: xlsx.queue counts a task once, with several rules');
$node->safe_psql('postgres', <<'SQL');
SELECT xlsx.limit_tasks(NULL, 'people'), xlsx.limit_tasks(NULL), xlsx.limit_tasks(NULL, role => 'postgres'), xlsx.limit_tasks(NULL, 'people', 'postgres');
SELECT xlsx.delete_task(id) FROM xlsx.tasks;
SELECT xlsx.resume();
SQL
is($node->safe_psql('postgres', 'SELECT profile, running, waiting, delayed, paused, max_tasks FROM xlsx.queue'), 'people|0|0|0|f|',
	'and shows a profile without tasks and rules');

$node->stop;
done_testing();
