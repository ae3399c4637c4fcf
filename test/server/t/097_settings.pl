# Settings and rights of a role or a database that stop imports are named in the error, with the statement that mends it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('settings', "pg_xlsx.retry_delay = 50ms\npg_xlsx.progress_interval = 0\n");
my $book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE "Web login" LOGIN IN ROLE ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO PUBLIC;
GRANT INSERT, SELECT ON people TO ann;
SQL

sub submit_as
{
	my ($role) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', $role // 'ann' ]);
}

sub error_of
{
	my ($task) = @_;

	return $node->safe_psql('postgres', "SELECT concat_ws('|', status, error_code, error_message, error_detail, error_hint) FROM xlsx.tasks WHERE id = $task");
}

# Does what the hint of a task says, as a superuser whom no such setting hinders.
sub follow_hint
{
	my ($task) = @_;
	my ($statement) = $node->safe_psql('postgres', "SELECT error_hint FROM xlsx.tasks WHERE id = $task") =~ /Use: (.*?;(?: SELECT pg_reload_conf\(\);)?)/;

	foreach my $one (split /;/, $statement)
	{
		$node->safe_psql('postgres', "SET default_transaction_read_only = off; $one");
	}
	return;
}

# Read-only by each kind of setting: tasks wait, and go on when the hint was followed.
my %origins = (
	'ALTER ROLE ann' => 'ALTER ROLE ann RESET default_transaction_read_only;',
	'ALTER ROLE ann IN DATABASE postgres' => 'ALTER ROLE ann IN DATABASE postgres RESET default_transaction_read_only;',
	'ALTER DATABASE postgres' => 'ALTER DATABASE postgres RESET default_transaction_read_only;',
	'ALTER ROLE ALL' => 'ALTER ROLE ALL RESET default_transaction_read_only;',
	'ALTER SYSTEM' => 'ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf();');
$node->safe_psql('postgres', 'ALTER ROLE postgres SET default_transaction_read_only = off');
foreach my $how (sort keys %origins)
{
	$node->safe_psql('postgres', 'SELECT xlsx.pause()');
	my $task = submit_as();
	$node->safe_psql('postgres', "$how SET default_transaction_read_only = on");
	$node->safe_psql('postgres', 'SELECT pg_reload_conf(), xlsx.resume()');
	$node->poll_query_until('postgres', "SELECT status = 'PENDING' AND error_code = '25006' FROM xlsx.tasks WHERE id = $task") or die 'it does not wait';
	my $origin = $how eq 'ALTER SYSTEM' ? 'the configuration of the server' : $how;
	is(error_of($task), "PENDING|25006|cannot execute UPDATE in a read-only transaction|default_transaction_read_only is on, set by $origin.|Use: $origins{$how}", "$how: read-only");
	like($node->safe_psql('postgres', "SELECT waiting_for FROM xlsx.tasks WHERE id = $task"), qr/Use: \Q$origins{$how}\E/, 'and it is what the task waits for');
	follow_hint($task);
	is(wait_for($node, $task), 'COMPLETED', 'the hint mends it');
}

# A lock timeout names the table.
$node->safe_psql('postgres', 'CREATE TABLE genders (gender text PRIMARY KEY)');
my $holder = $node->background_psql('postgres');
$node->safe_psql('postgres', q{ALTER ROLE ann SET lock_timeout = '100ms'});
$holder->query_safe('BEGIN; LOCK TABLE people IN SHARE MODE');
my $task = submit_as();
is(wait_for($node, $task), 'FAILED', 'a lock timeout');
is(error_of($task), 'FAILED|55P03|the import waited longer than lock_timeout (100ms) for a lock on table public.people|lock_timeout is 100ms, set by ALTER ROLE ann.|Use: ALTER ROLE ann RESET lock_timeout;',
	'names the table, the setting and the statement');
$holder->query_safe('COMMIT');
follow_hint($task);
$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'COMPLETED', 'the hint mends it');
$node->safe_psql('postgres', q{ALTER ROLE ann SET lock_timeout = '100ms'; INSERT INTO genders SELECT DISTINCT gender FROM people;
	ALTER TABLE people ADD CONSTRAINT known FOREIGN KEY (gender) REFERENCES genders});
$holder->query_safe('BEGIN; LOCK TABLE genders IN ACCESS EXCLUSIVE MODE');
$task = submit_as();
wait_for($node, $task);
like(error_of($task), qr/^FAILED\|55P03\|the import waited longer than lock_timeout \(100ms\) for a lock on table public\.genders\|/, 'also one that the target refers to');
$holder->query_safe('COMMIT');
$holder->quit;
follow_hint($task);
$node->safe_psql('postgres', 'ALTER TABLE people DROP CONSTRAINT known');

# Time-outs that do not reach a worker.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;
CREATE TRIGGER be_slow BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION be_slow();
ALTER ROLE ann SET statement_timeout = '100ms';
ALTER ROLE ann SET idle_in_transaction_session_timeout = '100ms';
SQL
is(wait_for($node, submit_as('ann')), 'COMPLETED', 'statement_timeout and idle_in_transaction_session_timeout do not stop a worker');
$node->safe_psql('postgres', 'ALTER ROLE ann RESET statement_timeout; ALTER ROLE ann RESET idle_in_transaction_session_timeout');

SKIP:
{
	skip 'transaction_timeout is new in PostgreSQL 17', 3 if $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int < 170000}) eq 't';
	$node->safe_psql('postgres', q{ALTER DATABASE postgres SET transaction_timeout = '300ms'; ALTER ROLE postgres SET transaction_timeout = 0});
	$task = submit_as();
	is(wait_for($node, $task), 'FAILED', 'transaction_timeout');
	is(error_of($task), 'FAILED|25P04|a transaction of the import took longer than transaction_timeout|transaction_timeout is 300ms, set by ALTER DATABASE postgres.'
		  . '|xlsx.retry goes on where the task stopped. Use: ALTER DATABASE postgres RESET transaction_timeout;', 'is named');
	follow_hint($task);
	$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
	is(wait_for($node, $task), 'COMPLETED', 'the hint mends it');
}
$node->safe_psql('postgres', 'DROP TRIGGER be_slow ON people');

# Rights and logins that are gone when the task starts.
my @gone = (
	[ 'ALTER ROLE "Web login" NOLOGIN', '28000|role "Web login", which submitted this task, cannot log in any more|Use: ALTER ROLE "Web login" LOGIN; then retry the task.' ],
	[ 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC', '42501|role "Web login", which submitted this task, may not connect to database postgres any more|Use: GRANT CONNECT ON DATABASE postgres TO "Web login"; then retry the task.' ],
	[ 'REVOKE ann FROM "Web login"; GRANT xlsx_user TO "Web login"', '42501|role "Web login" may not become "ann" any more|It submitted this task as "ann", when it was a member of that role.|Use: GRANT ann TO "Web login"; then retry the task. Or submit the file as another role.', 1 ],
	[ 'REVOKE xlsx_user FROM ann', '42501|role "ann" may not import any more|It was a member of xlsx_user when it submitted this task.|Use: GRANT xlsx_user TO ann; then retry the task. Or submit the file as another role.', 1 ]);
foreach my $case (@gone)
{
	my ($change, $expected) = @$case;

	$node->safe_psql('postgres', 'SELECT xlsx.pause()');
	$task = $node->safe_psql('postgres', "SET ROLE ann; SELECT xlsx.submit('people', data) FROM book", extra_params => [ '-U', 'Web login' ]);
	$node->safe_psql('postgres', "$change; SELECT xlsx.resume()");
	is(wait_for($node, $task), 'FAILED', $change);
	is(error_of($task), "FAILED|$expected", 'is named with the statement that mends it');
	follow_hint($task);
	$node->safe_psql('postgres', "SELECT xlsx.retry($task)");
	is(wait_for($node, $task), 'COMPLETED', 'the hint mends it');
}

# A limit on connections passes by itself.
foreach my $limit ('ROLE ann', 'DATABASE postgres')
{
	my $name = lc($limit);

	$node->safe_psql('postgres', "SELECT xlsx.pause(); GRANT CONNECT ON DATABASE postgres TO PUBLIC");
	my @sessions = map { $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]) } (1, 2);
	$_->query_safe('SELECT 1') foreach @sessions;
	$task = submit_as();
	$node->safe_psql('postgres', "ALTER $limit CONNECTION LIMIT 1; SELECT xlsx.resume()");
	$node->poll_query_until('postgres', "SELECT status = 'PENDING' AND error_code = '53300' FROM xlsx.tasks WHERE id = $task") or die 'it does not wait';
	like(error_of($task), qr/^PENDING\|53300\|$name has \d connections, and may have 1\|Close some, or use: ALTER $limit CONNECTION LIMIT -1;$/, "$limit: a limit on connections");
	$_->quit foreach @sessions;
	is(wait_for($node, $task), 'COMPLETED', 'ends when sessions have ended');
	is(task_row($node, $task, 'attempts'), '1', 'and has cost no attempt');
	$node->safe_psql('postgres', "ALTER $limit CONNECTION LIMIT -1");
}

$node->stop;
done_testing();
