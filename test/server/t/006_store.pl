# Where files wait: the same suite for the table and for Redis, then the faults that only Redis has
# (S-002, S-006 to S-008, S-012, S-027, S-049, S-167, S-177).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $password = 'se%3Acret';    # "se:cret", as a URL has it
my $redis_port = PostgreSQL::Test::Cluster::get_free_port();
my $redis;
my $url = "redis://:$password\@127.0.0.1:$redis_port/3";

sub start_redis
{
	my $output = '';
	my $dir = PostgreSQL::Test::Utils::tempdir;

	$redis = IPC::Run::start(
		[ 'redis-server', '--port', $redis_port, '--bind', '127.0.0.1', '--requirepass', 'se:cret', '--save', '', '--dir', $dir ],
		'<', \undef, '>', \$output, '2>&1');
	$redis->pump until $output =~ /Ready to accept connections/ || !$redis->pumpable;
	die "redis-server: $output" if $output !~ /Ready to accept/;
	return;
}

sub stop_redis
{
	$redis->kill_kill(grace => 0);
	return;
}

sub ask_redis
{
	my @words = @_;
	my ($out, $err);

	IPC::Run::run([ 'redis-cli', '-p', $redis_port, '-n', 3, '--no-auth-warning', '-a', 'se:cret', @words ], '>', \$out, '2>', \$err)
	  or die "redis-cli: $err";
	chomp $out;
	return $out;
}

start_redis();
my $node = start_server('store', "pg_xlsx.retry_delay = 100ms\npg_xlsx.redis_timeout = 500ms\nlog_min_messages = info\nlog_statement = all\n");
make_people($node);
$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN IN ROLE xlsx_user; GRANT INSERT ON people TO ann');
my $book = workbook('-r', 40000, '-i');

# How many files are in the store, and the keys or rows they take.
my %kept = (
	table => sub { $node->safe_psql('postgres', 'SELECT count(DISTINCT file_id) FROM xlsx_private.chunk') },
	redis => sub { scalar(my @keys = split /\n/, ask_redis('KEYS', '*:file:*')) });

sub upload
{
	my ($between) = @_;
	return <<"SQL";
BEGIN;
SELECT xlsx_rest.upload_begin('people', 'book.xlsx') AS upload \\gset
SELECT xlsx_rest.upload_chunk(:upload, (n)::int, substr(data, (n * 262144 + 1)::int, 262144))
FROM pg_read_binary_file('$book') AS data, generate_series(0, (length(data) - 1) / 262144) AS n ORDER BY n;
$between
SQL
}

# No foreign key holds a slice to its file: who removes a file waits for who writes to it, and the other way round.
{
	my $chunk = "SELECT xlsx_rest.upload_chunk(id, 0, substr(pg_read_binary_file('$book'), 1, 262144)) FROM xlsx_private.file WHERE NOT complete";
	my $blocked = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
	my $remove = 'SELECT xlsx_rest.upload_remove(id) FROM xlsx_private.file WHERE NOT complete';
	my ($first, $second) = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;

	foreach my $turn ([ $chunk, $remove ], [ $remove, $chunk ])
	{
		$node->safe_psql('postgres', "SELECT xlsx_rest.upload_begin('people', 'book.xlsx')");
		$first->query_safe("BEGIN; $turn->[0]");
		$second->query_until(qr/sent/, "\\echo sent\n$turn->[1];\n\\echo ended\n");
		$node->poll_query_until('postgres', $blocked) or die 'nobody waits';
		$first->query_safe('COMMIT');
		$second->query_until(qr/ended/, "");
		is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM xlsx_private.file), count(*) FROM xlsx_private.chunk'), '0|0',
			"no slice without its file: $turn->[0]");
	}
	$_->quit foreach $first, $second;
}

foreach my $store ('table', 'redis')
{
	$node->append_conf('postgresql.conf', "pg_xlsx.redis_url = '" . ($store eq 'redis' ? $url : '') . "'");
	$node->reload;
	$node->poll_query_until('postgres', 'SELECT (current_setting(\'pg_xlsx.redis_url\') <> \'\')::text', $store eq 'redis' ? 'true' : 'false')
	  or die 'no reload';

	my $task = submit($node, $book);
	is(wait_for($node, $task), 'COMPLETED', "S-002, S-167: $store: a workbook of several chunks is imported");
	is(counts_of($node, $task), '40000|40000|0|40000|40000|0|0|0', "$store: every row once");
	is($kept{$store}->(), 0, "S-011, S-167: $store: its bytes go with the end");

	$node->safe_psql('postgres', upload("SELECT status FROM xlsx_rest.upload_finish(:upload); COMMIT;"));
	$task = $node->safe_psql('postgres', 'SELECT max(id) FROM xlsx.tasks');
	is(wait_for($node, $task), 'COMPLETED', "$store: so is one that comes in pieces");

	$node->safe_psql('postgres', upload('ROLLBACK;'));
	is($kept{$store}->(), 0, "$store: an aborted upload leaves nothing");
	$node->safe_psql('postgres', upload('COMMIT;') =~ s/^SELECT xlsx_rest\.upload_chunk/SAVEPOINT s;\nSELECT xlsx_rest.upload_chunk/mr
		  =~ s/^COMMIT/ROLLBACK TO s;\nCOMMIT/mr);
	is($kept{$store}->(), 0, "$store: neither does one that a savepoint takes back");

	my ($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.submit('nobody', pg_read_binary_file('$book'))");
	isnt($code, 0, "$store: a refused submit fails");
	is($kept{$store}->(), 0, "$store: and leaves nothing");

	$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
	is($kept{$store}->(), 1, "$store: a task that waits has its bytes");
	$node->safe_psql('postgres', "BEGIN; SELECT xlsx.delete($task); ROLLBACK");
	is($kept{$store}->(), 1, "$store: a deletion that is rolled back deletes nothing");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
	is($kept{$store}->(), 0, "$store: S-027: one that is committed deletes the bytes");

	my $key = "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h', idempotency_key => 'k')";
	$task = $node->safe_psql('postgres', $key);
	is($node->safe_psql('postgres', $key), $task, "$store: an idempotency key gives the first task");
	is($kept{$store}->(), 1, "$store: and keeps no second file");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");

	# Killed in mid-reading, it goes on.
	my $holder = block_at($node, 'BIO-0020001', 'VALIDATING');
	$task = submit($node, $book);
	wait_blocked($node);
	$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . worker_pid($node) . ')');
	$holder->quit;
	is(wait_for($node, $task), 'COMPLETED', "$store: a worker that follows a dead one reads on");
	is(counts_of($node, $task), '40000|40000|0|40000|40000|0|0|0', "$store: with every row once");
	$node->safe_psql('postgres', 'ALTER TABLE people ALTER bio_id TYPE text; DROP DOMAIN stopping; DROP FUNCTION stop_here');

	# A wrong header keeps the file for a retry, until its time is over.
	$task = submit($node, workbook('-r', 1, '-H', 'a,b,c'));
	is(wait_for($node, $task), 'FAILED', "$store: a failed task");
	is($kept{$store}->(), 1, "$store: S-012: keeps its file");
	$node->append_conf('postgresql.conf', 'pg_xlsx.upload_ttl = 3s');
	$node->reload;
	submit($node, workbook('-r', 1, '-H', 'a,b,c'));
	my $waiting = $node->safe_psql('postgres',
		"SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM xlsx_private.file"), "$store: S-008: until its time is over");
	$node->safe_psql('postgres', "UPDATE xlsx_private.task SET run_at = now() WHERE id = $waiting; SELECT xlsx.resume()");
	is(wait_for($node, $waiting), 'COMPLETED', "$store: a file lives as long as its task waits");
	wait_tidy($node);
	is($kept{$store}->(), 0, "$store: then nothing is left");
	$node->append_conf('postgresql.conf', 'pg_xlsx.upload_ttl = 1h');
	$node->reload;
}

# What is in Redis expires by itself, and the progress is there beside it.
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
my ($key) = split /\n/, ask_redis('KEYS', '*:file:*');
cmp_ok(ask_redis('TTL', $key), '>', 3000, 'S-007: a file in Redis has a TTL of an hour');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.chunk'), 0, 'and is not in the table');
my $done = submit($node, $book);
wait_for($node, $done);
my ($mirror) = split /\n/, ask_redis('KEYS', "*:task:$done");
is(ask_redis('HMGET', $mirror, 'status', 'progress', 'totalRows', 'savedRows'), "COMPLETED\n100\n40000\n40000", 'the progress is a hash');
cmp_ok(ask_redis('TTL', $mirror), '>', 3000, 'S-009: with a TTL');
$node->safe_psql('postgres', "SELECT xlsx.delete($done)");
is(ask_redis('EXISTS', $mirror), 0, 'that goes with its task');

# A file that is gone.
ask_redis('DEL', $key);
$node->safe_psql('postgres', "SELECT xlsx.cancel($task); SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'FAILED', 'S-177: a file that Redis has lost fails the task');
is(task_row($node, $task, 'attempts, error_message'), '3|uploaded file is not there any more', 'after the attempts, and says so');

# A Redis that is gone.
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
my $waits = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
stop_redis();
$node->append_conf('postgresql.conf', 'pg_xlsx.patience = 3s');
$node->reload;
$node->safe_psql('postgres', "SELECT xlsx.cancel($task); SELECT xlsx.retry($task)");
is(wait_for($node, $task), 'FAILED', 'S-049: without Redis the task fails');
is(task_row($node, $task, 'attempts, waited_ms, error_code, error_message'), '1|3000|08006|could not reach the Redis of pg_xlsx.redis_url',
	'S-003: when its patience ends, and says why');
my ($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
like($err, qr/could not reach the Redis/, 'a submit is refused');
is($node->safe_psql('postgres', "SELECT deleted_rows FROM xlsx.delete($task)"), 0, 'a task can be deleted without Redis');

# A Redis that does not answer: every call ends by its time-out.
{
	require IO::Socket::INET;
	my $mute = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $redis_port, Listen => 5, ReuseAddr => 1) or die "listen: $!";
	($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))", timeout => 60);
	like($err, qr/no answer within 500 ms/, 'a Redis that does not answer is not waited for');
}

# Back again, empty: the next task works.
start_redis();
$task = submit($node, $book);
is(wait_for($node, $task), 'COMPLETED', 'with Redis back the next task goes through');
$node->safe_psql('postgres', "SELECT xlsx.cancel($waits)");

# In mid-import: Redis is killed and comes back empty, so the file is lost, and the table says what was saved.
$node->safe_psql('postgres', 'TRUNCATE people');
my $holder = block_at($node, 'BIO-0020001', 'SAVING');
$task = submit($node, $book);
wait_blocked($node);
stop_redis();
$holder->quit;
is(wait_for($node, $task), 'COMPLETED', 'S-066: progress that Redis does not take fails no task; once all rows are checked Redis is not needed any more');
is(counts_of($node, $task), '40000|40000|0|40000|40000|0|0|0', 'with every row once');
start_redis();

# Who may not know the password does not.
($code, $out, $err) = $node->psql('postgres', 'SHOW pg_xlsx.redis_url', extra_params => [ '-U', 'ann' ]);
like($err, qr/must be superuser|permission denied/, 'an ordinary role cannot see the URL');
$node->safe_psql('postgres', "ALTER SYSTEM SET pg_xlsx.redis_url = 'redis://me:$password\@127.0.0.1:$redis_port/3'; SELECT pg_reload_conf()");
$node->psql('postgres', "SELECT 'redis://me:$password\@127.0.0.1' / 0");
$node->poll_query_until('postgres', "SELECT current_setting('pg_xlsx.redis_url') LIKE '%me:%'") or die 'no reload';
($code, $out, $err) = $node->psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
like($err, qr/could not reach the Redis/, 'a wrong password is an error');
unlike($err, qr/cret/, 'that does not tell it');
my $log = slurp_file($node->logfile);
like($log, qr/parameter "pg_xlsx.redis_url" changed to "redis:\/\/\*+\@/, 'the log hides it where a reload tells of the change');
unlike($log, qr/cret/, 'and everywhere else');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE error_message || coalesce(error_detail, '') LIKE '%cret%'"), 0,
	'no task tells it');

$node->stop;
stop_redis();
done_testing();
