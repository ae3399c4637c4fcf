# Texts with two readings in a file that a second process reads ahead: the last row decides for all before it, the same with read_ahead off;
# an attempt after a crash reads as the first one did.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $rows = 60_000;
my $node = start_server('decides', "restart_after_crash = on\n");

$node->safe_psql('postgres', <<"SQL");
CREATE TABLE due (id int, day date, amount numeric(12,2));
SELECT xlsx.create_profile('due', 'due');
CREATE TABLE book (name text, file oid);
INSERT INTO book SELECT 'decided', lo_from_bytea(0, xlsx.write('SELECT i AS id, to_char(date ''2024-01-01'' + (i % 12) * 31 + (i / 12 % 12), ''DD.MM.YYYY'') AS day, ''1.'' || 100 + i % 900 AS amount
  FROM generate_series(1, $rows) i UNION ALL SELECT $rows + 1, ''25.12.2024'', ''1,5'' ORDER BY 1'));
INSERT INTO book SELECT 'both', lo_from_bytea(0, xlsx.write('SELECT i AS id, ''03.04.2024'' AS day, ''1.234,5'' AS amount
  FROM generate_series(1, $rows) i UNION ALL SELECT $rows + 1, ''25.12.2024'', ''2,5'' UNION ALL SELECT $rows + 2, ''12/25/2024'', ''2,5'' ORDER BY 1'));
SQL

sub outcome
{
	my ($name, $ahead) = @_;

	$node->safe_psql('postgres', "TRUNCATE due; ALTER ROLE CURRENT_USER SET pg_xlsx.read_ahead = $ahead");
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('due', xlsx.large_object((SELECT file FROM book WHERE name = '$name')))");
	wait_for($node, $task);
	return $node->safe_psql('postgres', "SELECT saved_rows, error_rows, (SELECT string_agg(f ->> 'text', '; ') FROM jsonb_array_elements(findings) f) FROM xlsx.tasks WHERE id = $task;
		SELECT code, count(*) FROM xlsx.task_errors($task) GROUP BY code ORDER BY 1;
		SELECT count(*), sum(id), sum(day - '2024-01-01'), sum(amount) FROM due");
}

my $saved = $rows + 1;
my ($decided) = outcome('decided', 'on');
like($decided, qr/^$saved\|0\|\d+ of $saved values only fit DD\.MM\.YYYY; 1 of $saved values only fit 1\.234,56\n$saved\|/, 'the last row decides for all before it');
is(outcome('decided', 'off'), $decided, 'the same in one process');
is($node->safe_psql('postgres', "SELECT count(*) FROM due d JOIN generate_series(1, $rows) i ON d.id = i
	WHERE d.day <> date '2024-01-01' + (i % 12) * 31 + (i / 12 % 12) OR d.amount <> 1100 + i % 900"), '0', 'and each value is right');
my $both = outcome('both', 'on');
like($both, qr/^2\|$rows\|1 of \d+ values only fit DD\.MM\.YYYY, 1 only MM\/DD\/YYYY; $rows that fit both are refused\nambiguous\|$rows\n2\|/, 'values of both orders decide nothing');
is(outcome('both', 'off'), $both, 'the same in one process');

# An attempt after a crash reads as the first one did: it has stopped at a row that has two readings by itself.
$node->safe_psql('postgres', <<'SQL');
TRUNCATE due;
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END $$;
CREATE TRIGGER stop_here BEFORE INSERT ON due FOR EACH ROW WHEN (NEW.id = 30000) EXECUTE FUNCTION stop_here();
SQL
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('due', xlsx.large_object((SELECT file FROM book WHERE name = 'decided')))");
wait_blocked($node);
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM due'), '>', 0, 'some rows are saved before the crash');
kill_process($node, worker_pid($node));
is(wait_for($node, $task), 'COMPLETED', 'the task ends after the crash');
is($node->safe_psql('postgres', "SELECT saved_rows, (SELECT count(*) FROM due), (SELECT count(*) FROM due d JOIN generate_series(1, $rows) i ON d.id = i
	WHERE d.day <> date '2024-01-01' + (i % 12) * 31 + (i / 12 % 12) OR d.amount <> 1100 + i % 900) FROM xlsx.tasks WHERE id = $task"), "$saved|$saved|0",
	'each row is there once, and read as before');

$node->stop;
done_testing();
