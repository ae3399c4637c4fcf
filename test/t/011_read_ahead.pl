# pg_xlsx.read_ahead: a second process reads the sheet, and nothing else is different.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('ahead', "pg_xlsx.retry_delay = 100ms\nrestart_after_crash = on\n");
make_people($node);
my $book = workbook('-r', 60000, '-e', 5);
my $undisturbed = '60000|57000|3000|57000|57000|3000|0|0';

sub read_ahead
{
	my ($value) = @_;

	$node->safe_psql('postgres', "ALTER ROLE CURRENT_USER SET pg_xlsx.read_ahead = $value");
	return;
}

sub reader_pid
{
	return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader'");
}

sub no_reader_is_left
{
	return $node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader'");
}

# Stops the import while it saves; the reader then waits, too, because its queue is full.
sub start_and_stop
{
	my $holder = block_at($node, 'BIO-0004605', 'SAVING');
	my $task = submit($node, $book);

	wait_blocked($node);
	return ($holder, $task);
}

sub go_on
{
	my ($holder) = @_;

	eval { $holder->quit };
	return;
}

read_ahead('on');
$node->safe_psql('postgres', 'ALTER ROLE CURRENT_USER SET pg_xlsx.save_early = on');

# The same rows.
{
	my ($holder, $task) = start_and_stop();
	isnt(reader_pid(), '', 'a second process reads');
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'the import ends');
	is(counts_of($node, $task), $undisturbed, 'with the rows it should have');
	ok(no_reader_is_left(), 'and the reader with it');
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
}

# A reader that dies is an attempt that failed; the next one goes on.
{
	my ($holder, $task) = start_and_stop();
	my $pid = reader_pid();
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
	ok(no_reader_is_left(), 'a reader can be ended');
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'its import goes on');
	is(counts_of($node, $task), $undisturbed, 'with every row once');
	is(task_row($node, $task, 'attempts'), 2, 'in a second attempt');
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
}

# Killed, it takes the server down with it, as any process of the server.
{
	my ($holder, $task) = start_and_stop();
	kill 'KILL', reader_pid();
	$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery';
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'after SIGKILL of the reader the task ends');
	is(counts_of($node, $task), $undisturbed, 'nothing is lost, nothing twice');
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
}

# Cancelling ends both.
{
	my ($holder, $task) = start_and_stop();
	is($node->safe_psql('postgres', "SELECT xlsx.cancel($task)"), 'CANCELLED', 'an import can be cancelled');
	ok(no_reader_is_left(), 'and no reader is left');
	go_on($holder);
	$node->safe_psql('postgres', "SELECT xlsx.delete_task($task)");
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here');
}

# What is wrong with a file is said in the same words.
{
	my $good = workbook('-r', 60000, '-i');
	my $bad = "$ENV{TESTDATADIR}/damaged.xlsx";
	system_or_bail('python3', '-c', <<'PY', $good, $bad);
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist():
        data = old.read(name)
        if name == 'xl/worksheets/sheet1.xml':
            data = data.replace(b'<row r="50000"', b'<row r="none"')
        new.writestr(name, data)
PY
	my %said;
	foreach my $setting ('on', 'off')
	{
		read_ahead($setting);
		my $damaged = submit($node, $bad);
		my $missing = $node->safe_psql('postgres',
			"SELECT xlsx.submit('people', pg_read_binary_file('$good'), 'book.xlsx', sheet => 'Nobody')");
		is(wait_for($node, $damaged), 'FAILED', "read_ahead $setting: a damaged file fails");
		is(wait_for($node, $missing), 'FAILED', "read_ahead $setting: so does a sheet that is not there");
		$said{$setting} = join "\n", map {
			task_row($node, $_, 'error_code, error_message, error_detail, error_hint, saved_rows > 40000') } $damaged, $missing;
	}
	is($said{on}, $said{off}, 'with the same words');
	like($said{on}, qr/row 50000.*\n.*Nobody/s, 'which name the place');
	ok(no_reader_is_left(), 'and no reader is left');
}

$node->stop('immediate');
done_testing();
