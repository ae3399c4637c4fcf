# Other commands in a database while imports run in it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('lives', "pg_xlsx.retry_delay = 100ms\npg_xlsx.progress_interval = 0\nwal_level = logical\nmax_worker_processes = 16\n"
	  . "deadlock_timeout = 100ms\n");
my $book = workbook('-r', 5000);


# A database of its own with an import that stands in mid-SAVING; returns the task and the session that holds it there.
sub stop_in_database
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, <<'SQL');
CREATE EXTENSION pg_xlsx;
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WHILE EXISTS (SELECT FROM held_lock) LOOP PERFORM pg_sleep(0.01); END LOOP;
  RETURN NEW;
END $$;
CREATE TABLE held_lock (held boolean);
INSERT INTO held_lock VALUES (true);
CREATE TRIGGER stop_here AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0003500') EXECUTE FUNCTION stop_here();
SQL
	my $task = $node->safe_psql($database, "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'"
		  . " AND wait_event = 'PgSleep' AND datname = '$database'") or die 'no worker came to the row';
	return $task;
}

# DROP DATABASE.
stop_in_database('doomed');
$node->safe_psql('postgres', 'DROP DATABASE doomed');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'doomed'"), 0, 'DROP DATABASE in mid-import');
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'"), 'no worker is left');
stop_in_database('doomed');
$node->safe_psql('postgres', 'DROP DATABASE doomed WITH (FORCE)');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'doomed'"), 0, 'the same with FORCE');

# One that fails, and RENAME: the tasks go on.
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
my $task = stop_in_database('staying');
my ($code, $out, $err) = $node->psql('postgres', 'DROP DATABASE staying', extra_params => [ '-U', 'stranger' ]);
like($err, qr/must be owner/, 'a stranger cannot drop a database');
is($node->safe_psql('staying', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'"), 1,
	'nor stop its workers by trying');
my $session = $node->background_psql('staying');
($code, $out, $err) = $node->psql('postgres', 'DROP DATABASE staying');
like($err, qr/being accessed by other users/, 'a session of somebody else is in the way');
$node->safe_psql('staying', 'DELETE FROM held_lock');
is($node->safe_psql('staying', "SELECT xlsx.wait($task, '60 s')"), 'COMPLETED', 'the import goes on');
is($node->safe_psql('staying', 'SELECT count(*), count(DISTINCT bio_id) FROM people'), '5000|5000', 'with every row once');
$session->quit;
$task = stop_in_database('old_name');
$node->safe_psql('postgres', 'ALTER DATABASE old_name RENAME TO new_name');
$node->safe_psql('new_name', 'DELETE FROM held_lock');
is($node->safe_psql('new_name', "SELECT xlsx.wait($task, '60 s')"), 'COMPLETED', 'ALTER DATABASE RENAME in mid-import');
is($node->safe_psql('new_name', 'SELECT count(*), count(DISTINCT bio_id) FROM people'), '5000|5000', 'with every row once');

# DROP EXTENSION.
make_people($node) if $node->safe_psql('postgres', "SELECT to_regclass('people') IS NULL") eq 't';
my $holder = block_at($node, 'BIO-0003500', 'SAVING');
submit($node, $book);
wait_blocked($node);
$node->safe_psql('postgres', 'BEGIN; DROP EXTENSION pg_xlsx; ROLLBACK');
wait_blocked($node);
pass('DROP EXTENSION in mid-import; rolled back, the import goes on');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM pg_stat_activity JOIN pg_locks l USING (pid)
	WHERE backend_type = 'pg_xlsx worker' AND l.granted AND l.classid = 'pg_extension'::regclass}), 1,
	'a worker holds the extension, which whoever drops it must have before any table: neither can wait for the other in a circle');
$node->safe_psql('postgres', 'DROP EXTENSION pg_xlsx');
$holder->quit;
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_extension WHERE extname = 'pg_xlsx'"), 0, 'for good, the import stops');
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'"), 'no worker is left');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx; DROP TABLE people; DROP FUNCTION stop_here');
make_people($node);
is(wait_for($node, submit($node, $book)), 'COMPLETED', 'and after a new CREATE EXTENSION all is well');

# The launcher is terminated: another one comes.
my $launchers = q{FROM pg_stat_activity WHERE backend_type = 'pg_xlsx launcher'};
my $first = $node->safe_psql('postgres', "SELECT pid $launchers");
$node->safe_psql('postgres', "SELECT pg_terminate_backend($first)");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $launchers AND pid <> $first"), 'a launcher that is terminated is started again');
$node->safe_psql('postgres', 'TRUNCATE people');
is(wait_for($node, submit($node, $book)), 'COMPLETED', 'and has tasks run');

# The target changes under the import.
sub change_target
{
	my ($change, $expected, $name) = @_;

	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS people CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles');
	$node->safe_psql('postgres', 'DROP FUNCTION IF EXISTS stop_here() CASCADE');
	make_people($node);
	my $held = block_at($node, 'BIO-0003500', 'SAVING');
	my $id = submit($node, $book);
	wait_blocked($node);
	my $changer = $node->background_psql('postgres');
	$changer->query_until(qr/changing/, "\\echo changing\n$change;\n");
	$node->poll_query_until('postgres', "SELECT count(*) >= 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'") or die 'no change';
	$held->quit;
	$changer->quit;
	like(wait_for($node, $id) . '|' . (task_row($node, $id, 'error_message') // ''), $expected, $name);
	return $id;
}

$task = change_target('ALTER TABLE people ADD COLUMN more int DEFAULT 7', qr/^COMPLETED\|$|^FAILED\|.*changed/, 'a column comes in mid-import');
is($node->safe_psql('postgres', "SELECT saved_rows = (SELECT count(*) FROM people) FROM xlsx.tasks WHERE id = $task"), 't',
	'what is said to be saved is saved');
$task = change_target('ALTER TABLE people ALTER name TYPE varchar(200)', qr/^COMPLETED\|$|^FAILED\|.*altered/, 'a column changes its type in mid-import');
is($node->safe_psql('postgres', "SELECT saved_rows = (SELECT count(*) FROM people) FROM xlsx.tasks WHERE id = $task"), 't',
	'what is said to be saved is saved');
$task = change_target('ALTER TABLE people DROP COLUMN gender', qr/^FAILED\|.+/, 'a column goes in mid-import');
is($node->safe_psql('postgres', "SELECT saved_rows = (SELECT count(*) FROM people) FROM xlsx.tasks WHERE id = $task"), 't',
	'what is said to be saved is saved');
$task = change_target('ALTER TABLE people ADD CHECK (bio_id < \'BIO-0004000\') NOT VALID', qr/^HAS_ERRORS\|$/, 'a constraint comes in mid-import');
is(task_row($node, $task, 'saved_rows + error_rows, error_rows > 900'), '5000|t', 'and holds for what follows');
change_target('DROP TABLE people', qr/^FAILED\|.*does not exist/, 'the target is dropped in mid-import');

# The role goes.
sub lose_role
{
	my ($change, $expected, $name) = @_;

	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS people CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles');
	$node->safe_psql('postgres', 'DROP FUNCTION IF EXISTS stop_here() CASCADE');
	make_people($node);
	$node->safe_psql('postgres', "CREATE ROLE leaver LOGIN IN ROLE xlsx_user; GRANT INSERT ON people TO leaver;"
		  . "CREATE TABLE IF NOT EXISTS book AS SELECT pg_read_binary_file('$book') AS data; GRANT SELECT ON book TO public");
	my $held = block_at($node, 'BIO-0003500', 'SAVING');
	my $id = $node->safe_psql('postgres', "SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', 'leaver' ]);
	wait_blocked($node);
	my $changer = $node->background_psql('postgres');
	$changer->query_until(qr/changed/, "$change;\n\\echo changed\n");
	$held->quit;
	$changer->quit;
	like(wait_for($node, $id) . '|' . (task_row($node, $id, 'error_message') // ''), $expected, $name);
	is($node->safe_psql('postgres', "SELECT saved_rows = (SELECT count(*) FROM people) FROM xlsx.tasks WHERE id = $id"), 't',
		'what is said to be saved is saved');
	$node->safe_psql('postgres', 'DROP OWNED BY leaver; DROP ROLE leaver') if $node->safe_psql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'leaver'");
	return;
}

lose_role('REVOKE INSERT ON people FROM leaver', qr/^FAILED\|permission denied for table people/, 'the role loses its right in mid-import');
lose_role('DROP OWNED BY leaver; DROP ROLE leaver', qr/^FAILED\|/, 'the role is dropped in mid-import');

# Others are in the way.
sub fresh_people
{
	my ($options) = @_;
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS people CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles');
	make_people($node);
	$node->safe_psql('postgres', 'SELECT xlsx.delete(id) FROM xlsx.tasks');
	$node->safe_psql('postgres', $options // '');
	return;
}

fresh_people(<<'SQL');
CREATE TABLE mine (x int); CREATE TABLE theirs (x int); INSERT INTO mine VALUES (0); INSERT INTO theirs VALUES (0);
CREATE FUNCTION crossing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE mine SET x = x + 1;
  PERFORM pg_advisory_xact_lock_shared(4711);
  UPDATE theirs SET x = x + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER crossing AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0003500') EXECUTE FUNCTION crossing();
SQL
$holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
my $other = $node->background_psql('postgres');
$other->query_safe("SET deadlock_timeout = '1h'; BEGIN; UPDATE theirs SET x = x + 1");
$task = submit($node, $book);
wait_blocked($node);
$other->query_until(qr/crossing/, "\\echo crossing\nUPDATE mine SET x = x + 1;\nCOMMIT;\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'UPDATE mine%' AND wait_event_type = 'Lock'") or die 'no wait';
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'a deadlock with another writer is got over');
is(counts_of($node, $task), '5000|5000|0|5000|5000|0|0|0', 'with every row once');
is(task_row($node, $task, 'attempts'), 1, 'and is no failed attempt');
$other->quit;

# Serializable by default: a conflict is repeated.
fresh_people(<<'SQL');
DROP FUNCTION crossing;
CREATE FUNCTION crossing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  UPDATE mine SET x = x + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER crossing AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0003500') EXECUTE FUNCTION crossing();
ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';
SQL
$holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
$task = submit($node, $book);
wait_blocked($node);
$node->safe_psql('postgres', 'UPDATE mine SET x = x + 1');
$holder->quit;
is($node->safe_psql('postgres', "SET default_transaction_isolation = 'read committed'; SELECT xlsx.wait($task, '60 s')"), 'COMPLETED',
	'serializable: a conflict is got over');
is(counts_of($node, $task), '5000|5000|0|5000|5000|0|0|0', 'with every row once');
# Who submits while imports run may meet a conflict himself; the workers are meant here.
my @tasks = map { $node->safe_psql('postgres', "SET default_transaction_isolation = 'read committed'; SELECT xlsx.submit('people', pg_read_binary_file('$book'))") } 1 .. 4;
is(join(' ', map { $node->safe_psql('postgres', "SET default_transaction_isolation = 'read committed'; SELECT xlsx.wait($_, '60 s')") } @tasks),
	'COMPLETED COMPLETED COMPLETED COMPLETED', 'serializable: several tasks at once');
$node->safe_psql('postgres', "ALTER DATABASE postgres RESET default_transaction_isolation; ALTER ROLE postgres SET default_transaction_read_only = on");
$task = $node->safe_psql('postgres', "SET default_transaction_read_only = off; SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
ok($node->poll_query_until('postgres', "SELECT status = 'PENDING' AND error_code = '25006' FROM xlsx.tasks WHERE id = $task"),
	'a role whose transactions are read-only is told so');
$node->safe_psql('postgres', 'SET default_transaction_read_only = off; ALTER ROLE postgres RESET default_transaction_read_only');
is(wait_for($node, $task), 'COMPLETED', 'and its task goes on when they are not any more');

# All background workers are taken: the tasks wait their turn.
fresh_people();
$node->append_conf('postgresql.conf', 'max_worker_processes = 3');
$node->restart;
@tasks = map { submit($node, $book) } 1 .. 3;
is(join(' ', map { wait_for($node, $_) } @tasks), 'COMPLETED COMPLETED COMPLETED', 'with one background worker to be had the tasks run in turn');

$node->stop;
done_testing();
