# A second process reads the sheet and rows are saved while others are checked; the result is the same as with one process.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('ahead', "pg_xlsx.retry_delay = 100ms\npg_xlsx.progress_interval = 0\nrestart_after_crash = on\n");
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

# The reader waits only when its queue is full and the rest waits in its spool, as far as the sheet can be read.
sub wait_reader
{
	$node->poll_query_until('postgres',
		"SELECT wait_event = 'Extension' FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader'")
	  or die 'no reader waits';
	return;
}

# Stops the import while it saves, and then the reader.
sub start_and_stop
{
	my ($file, $sql) = @_;
	my $holder = block_at($node, 'BIO-0004605', 'SAVING');
	$node->safe_psql('postgres', $sql) if defined $sql;
	my $task = submit($node, $file // $book);

	wait_blocked($node);
	wait_reader();
	return ($holder, $task);
}

sub go_on
{
	my ($holder) = @_;

	eval { $holder->quit };
	return;
}

sub remove_stop
{
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');
	return;
}

# A copy of a workbook with something wrong in a row: it has no number, or a thousand megabytes.
sub damage
{
	my ($good, $row, $how) = @_;
	my $bad = "$ENV{TESTDATADIR}/$how.xlsx";

	system_or_bail('python3', '-c', <<'PY', $good, $bad, $row, $how);
import re, sys, zipfile
good, bad, row, how = sys.argv[1:]
with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, 'w', zipfile.ZIP_DEFLATED) as new:
    parts = {name: old.read(name) for name in old.namelist()}
    sheet = parts['xl/worksheets/sheet1.xml']
    if how == 'unnumbered':
        sheet = sheet.replace(f'<row r="{row}"'.encode(), b'<row r="none"')
    else:
        strings = parts['xl/sharedStrings.xml']
        long_cell = b'<c t="s"><v>%d</v></c>' % strings.count(b'<si>')
        parts['xl/sharedStrings.xml'] = strings.replace(b'</sst>', b'<si><t>' + 'ä'.encode() * 32767 + b'</t></si></sst>')
        sheet = re.sub(rb'(<row r="%s"[^>]*>).*?</row>' % row.encode(), lambda m: m[1] + long_cell * 16384 + b'</row>', sheet)
    parts['xl/worksheets/sheet1.xml'] = sheet
    for name, data in parts.items():
        new.writestr(name, data)
PY
	return $bad;
}

# The same rows, counters and events; a phase still begins at 0 and ends at 100.
{
	my $listener = $node->background_psql('postgres');
	$listener->query_safe('SELECT xlsx.listen()');
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', 'an import ends');
	is(counts_of($node, $task), $undisturbed, 'with the rows it should have');
	is(task_row($node, $task, 'packets'), 0, 'without packets');
	my $heard = $listener->query_safe('SELECT 1');
	$listener->quit;
	my @events = map { decode_json($_) } $heard =~ /task-progress (\{.*\})" received/g;
	my @validating = map { $_->{progress} } grep { $_->{phase} eq 'VALIDATING' } @events;
	my @saving = map { $_->{progress} } grep { $_->{phase} eq 'SAVING' } @events;
	is_deeply([ $validating[0], $validating[-1] ], [ 0, 100 ], 'VALIDATING is told from 0 to 100');
	is_deeply([ @saving[0, -1] ], [ 0, 100 ], 'SAVING, too');
	is(join(' ', @$_), join(' ', sort { $a <=> $b } @$_), 'in order') foreach \@validating, \@saving;
	ok(no_reader_is_left(), 'no reader is left');
}

# Rows are committed on the way, once the sheet is known to be whole; killed then, the import goes on from there.
# The second holder gets the lock as soon as the step that stands at the first row has been committed.
{
	my ($first, $task) = start_and_stop(undef, <<'SQL');
CREATE TRIGGER stop_again AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'BIO-0040605') EXECUTE FUNCTION stop_here();
SQL
	is($node->safe_psql('postgres', "SELECT phase, validated_rows, error_rows, saved_rows FROM xlsx.tasks WHERE id = $task"),
		'SAVING|60000|3000|0', 'rows are saved once all have been checked, which is soon');
	my $second = $node->background_psql('postgres', on_error_stop => 0);
	$second->query_until(qr/asked/, "\\echo asked\nSELECT pg_advisory_lock(4711);\n");
	$node->poll_query_until('postgres', "SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
	  or die 'nobody waits';
	go_on($first);
	$node->poll_query_until('postgres', "SELECT validated_rows >= 40000 FROM xlsx_private.task WHERE id = $task")
	  or die 'nothing is committed on the way';
	wait_blocked($node);
	my ($dealt_with, $saved) = split /\|/, task_row($node, $task, 'validated_rows, saved_rows');
	cmp_ok($dealt_with, '<', 40605, 'rows are committed on the way');
	is($saved, int($dealt_with * 0.95), 'those that are good');
	kill_process($node, worker_pid($node));
	eval { $second->quit };
	is(wait_for($node, $task), 'HAS_ERRORS', 'after SIGKILL the task ends');
	is(counts_of($node, $task), $undisturbed, 'nothing is lost, nothing twice');
	remove_stop();
}

# A file that turns out to be damaged leaves no row: neither when the damage is known before, nor when it is not.
foreach my $bad (damage(workbook('-r', 60000, '-i'), 50000, 'unnumbered'), damage(workbook('-r', 60000), 50000, 'too long'))
{
	my ($how) = $bad =~ m{([^/]+)\.xlsx$};
	my ($holder, $task) = start_and_stop($bad);
	go_on($holder);
	is(wait_for($node, $task), 'FAILED', "$how: a damaged file fails");
	like(counts_of($node, $task), qr/\|0\|0\|0\|0\|0\|0\|\d+$/, "$how: and leaves nothing");
	like(task_row($node, $task, "error_message || '; ' || error_detail"),
		qr/could not read row 50000|row has too much text; .*row 50000/, "$how: and says why, and where");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
	remove_stop();
	$task = submit($node, $bad);
	is(wait_for($node, $task), 'FAILED', "$how: it fails without a stop, too");
	like(counts_of($node, $task), qr/\|0\|0\|0\|0\|0\|0\|\d+$/, "$how: and leaves nothing");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
}

# A row that the table refuses is found in the same pass.
{
	$node->safe_psql('postgres', "ALTER TABLE people ADD CONSTRAINT no_777 CHECK (bio_id <> 'BIO-0000777') NOT VALID");
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', 'a bad row does not stop it');
	is(counts_of($node, $task), '60000|56999|3001|56999|56999|3001|0|0', 'and is an error row');
	$node->safe_psql('postgres', 'ALTER TABLE people DROP CONSTRAINT no_777');
}

# Where all rows or none are wanted, or an end after so many errors, none is saved before all are checked.
foreach my $wish ("mode => 'all_or_nothing'", 'max_errors => 10')
{
	my $task = $node->safe_psql('postgres',
		"SELECT xlsx.submit('people', pg_read_binary_file('$book'), 'book.xlsx', $wish)");
	is(wait_for($node, $task), 'FAILED', "with $wish");
	is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE task_id = $task"), 0, 'nothing is saved');
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
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
	remove_stop();
}

# Killed, it takes the server down with it, as any process of the server.
{
	my ($holder, $task) = start_and_stop();
	kill_process($node, reader_pid());
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'after SIGKILL of the reader the task ends');
	is(counts_of($node, $task), $undisturbed, 'nothing is lost, nothing twice');
	remove_stop();
}

# Cancelling ends both.
{
	my ($holder, $task) = start_and_stop();
	is($node->safe_psql('postgres', "SELECT xlsx.cancel($task)"), 'CANCELLED', 'an import can be cancelled');
	ok(no_reader_is_left(), 'and no reader is left');
	go_on($holder);
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
	remove_stop();
}

# What is wrong with a file is said in the same words.
{
	my $good = workbook('-r', 60000, '-i');
	my $bad = damage($good, 50000, 'unnumbered');
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
			task_row($node, $_, 'error_code, error_message, error_detail, error_hint, saved_rows') } $damaged, $missing;
	}
	is($said{on}, $said{off}, 'with the same words');
	like($said{on}, qr/row 50000.*\n.*Nobody/s, 'which name the place');
	ok(no_reader_is_left(), 'and no reader is left');
}

$node->stop('immediate');
done_testing();
