# PostgreSQL, its log and the queue report imports truly: times, counts and places (S-013).
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
SELECT xlsx.delete(id) FROM xlsx.tasks;
SELECT xlsx.resume();
SQL
is($node->safe_psql('postgres', 'SELECT profile, running, waiting, delayed, paused, max_tasks FROM xlsx.queue'), 'people|0|0|0|f|',
	'and shows a profile without tasks and rules');

# The log says of whatever happens in an attempt where that was.
my $logged = -s $node->logfile;

# What the log has got since the last call.
sub log_since
{
	my $text = slurp_file($node->logfile, $logged);

	$logged += length($text);
	return $text;
}

$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE WARNING 'beware of %', NEW.bio_id;
  IF NEW.bio_id = 'BIO-0000002' THEN
    RAISE EXCEPTION 'broken' USING ERRCODE = 'data_corrupted';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER complain BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION complain();
SQL
my $three = workbook('-r', 3);
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$three'), 'three.xlsx')");
is(wait_for($node, $task), 'FAILED', 'an attempt fails');
my $log = log_since();
my $where = qr/import of task $task with profile "people" from file "three.xlsx"/;
like($log, qr/ERROR:  broken\n.*CONTEXT:.*\n(\t.*\n)*\t$where, sheet rows 2 to 4\n/, 'the log names its task, profile, file and rows');
like($log, qr/WARNING:  beware of BIO-0000001\n.*CONTEXT:.*\n(\t.*\n)*\t$where, sheet rows 2 to 4\n/, 'for a warning of a trigger, too');
$node->safe_psql('postgres', 'DROP TRIGGER complain ON people');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('" . workbook('-r', 1, '-H', 'a,b,c') . "'), 'wrong.xlsx')");
is(wait_for($node, $task), 'FAILED', 'headers are wrong');
like(log_since(), qr/ERROR:  Invalid headers.*\n(.*\n)*?.*CONTEXT:  import of task $task with profile "people" from file "wrong.xlsx"\n/,
	'the log names task, profile and file where no row is at hand');
$node->safe_psql('postgres', "CREATE FUNCTION must_be(value text) RETURNS boolean LANGUAGE plpgsql AS \$\$"
	  . " BEGIN IF value LIKE '%3' THEN RAISE EXCEPTION 'no memory' USING ERRCODE = 'data_corrupted'; END IF; RETURN true; END \$\$");
$node->safe_psql('postgres', 'CREATE DOMAIN picky AS text CHECK (must_be(VALUE)); ALTER TABLE people ALTER bio_id TYPE picky');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$three'), 'three.xlsx')");
is(wait_for($node, $task), 'FAILED', 'a check of values fails');
like(log_since(), qr/ERROR:  no memory\n(.*\n)*?(\t|.*CONTEXT:  )import of task $task with profile "people" from file "three.xlsx", sheet row 4\n/,
	'the log names the row that is checked');
$node->safe_psql('postgres', 'ALTER TABLE people ALTER bio_id TYPE text');
my $holder = block_at($node, 'BIO-0000001', 'SAVING');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$three'), 'three.xlsx')");
wait_blocked($node);
$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . worker_pid($node) . ')');
$holder->quit;
wait_for($node, $task);
like(log_since(), qr/FATAL:  terminating background worker.*\n.*CONTEXT:.*\n(\t.*\n)*\timport of task $task with profile "people" from file "three.xlsx"/,
	'the log names the task of a worker that is terminated');
$node->safe_psql('postgres', 'SELECT pg_sleep(0.1)');
unlike(log_since(), qr/import of task/, 'and none of a worker that has none');

# A missing right is told before rows are looked at.
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
GRANT SELECT ON book TO ann;
CREATE TABLE members (id serial, name text, gender text, bio_id text PRIMARY KEY);
SELECT xlsx.create_profile('members', 'members', headers => '{"bio_id": "Bio-ID"}');
SQL

# "SQLSTATE|message|hint|rows looked at" of a task that ann submits.
sub refused
{
	my ($mode, $grants) = @_;

	$node->safe_psql('postgres', "REVOKE ALL ON members FROM ann; REVOKE ALL ON SEQUENCE members_id_seq FROM ann; $grants");
	my $id = $node->safe_psql('postgres', "SELECT xlsx.submit('members', data, mode => '$mode') FROM book", extra_params => [ '-U', 'ann' ]);
	wait_for($node, $id);
	return $node->safe_psql('postgres', "SELECT concat_ws('|', status, error_code, error_message, error_hint, validated_rows) FROM xlsx_private.task WHERE id = $id");
}

my $needs = 'FAILED|42501|permission denied for table members|The import runs as "ann", which needs';
is(refused('insert', ''), "$needs INSERT.|0", 'INSERT is missed before rows are checked');
is(refused('upsert', 'GRANT INSERT, SELECT ON members TO ann'), "$needs UPDATE.|0", 'UPDATE, too');
is(refused('skip', 'GRANT INSERT ON members TO ann'), "$needs SELECT.|0", 'SELECT, too');
is(refused('insert', 'GRANT INSERT ON members TO ann'),
	'FAILED|42501|permission denied for sequence members_id_seq|The import runs as "ann", which needs USAGE for the default of column "id".|0',
	'and USAGE of the sequence of a column that the file does not have');
is(refused('insert', 'GRANT INSERT ON members TO ann; GRANT USAGE ON SEQUENCE members_id_seq TO ann'), 'COMPLETED|1', 'with them all is well');

$node->stop;
done_testing();
