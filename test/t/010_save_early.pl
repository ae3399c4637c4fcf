# pg_xlsx.save_early: rows are saved as they are checked, and nothing else is different.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('early', "pg_xlsx.save_early = on\npg_xlsx.progress_interval = 0\nrestart_after_crash = on\n");
make_people($node);
my $book = workbook('-r', 10000, '-e', 5);
my $undisturbed = '10000|9500|500|9500|9500|500|0|0';

# The same rows, counters and events; a phase still begins at 0 and ends at 100.
{
	my $listener = $node->background_psql('postgres');
	$listener->query_safe('SELECT xlsx.listen()');
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', 'an import that saves early ends');
	is(counts_of($node, $task), $undisturbed, 'with the rows it should have');
	my $heard = $listener->query_safe('SELECT 1');
	$listener->quit;
	my @events = map { decode_json($_) } $heard =~ /task-progress (\{.*\})" received/g;
	my @validating = map { $_->{progress} } grep { $_->{phase} eq 'VALIDATING' } @events;
	my @saving = map { $_->{progress} } grep { $_->{phase} eq 'SAVING' } @events;
	is_deeply([ $validating[0], $validating[-1] ], [ 0, 100 ], 'VALIDATING is told from 0 to 100');
	is_deeply(\@saving, [ 0, 100 ], 'SAVING, too');
	is(join(' ', @validating), join(' ', sort { $a <=> $b } @validating), 'in order');
}

# Killed in mid-work it goes on from its last commit.
{
	my $holder = block_at($node, 'BIO-0004605', 'SAVING');
	my $task = submit($node, $book);
	wait_blocked($node);
	is(task_row($node, $task, 'phase, validated_rows'), 'VALIDATING|4000', 'it saves while it validates');
	kill 'KILL', worker_pid($node);
	$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery';
	eval { $holder->quit };
	is(wait_for($node, $task), 'HAS_ERRORS', 'after SIGKILL the task ends');
	is(counts_of($node, $task), $undisturbed, 'nothing is lost, nothing twice');
	$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people');
}

# A row that the table refuses is found in the same pass.
{
	$node->safe_psql('postgres', "ALTER TABLE people ADD CONSTRAINT no_777 CHECK (bio_id <> 'BIO-0000777') NOT VALID");
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', 'a bad row does not stop it');
	is(counts_of($node, $task), '10000|9499|501|9499|9499|501|0|0', 'and is an error row');
	$node->safe_psql('postgres', 'ALTER TABLE people DROP CONSTRAINT no_777');
}

# A damaged file leaves the rows before the damage, as the setting says; by default it leaves none.
{
	my $good = workbook('-r', 5000, '-i');
	my $bad = "$ENV{TESTDATADIR}/damaged.xlsx";
	system_or_bail('python3', '-c', <<'PY', $good, $bad);
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist():
        data = old.read(name)
        if name == 'xl/worksheets/sheet1.xml':
            data = data.replace(b'<row r="4500"', b'<row r="none"')
        new.writestr(name, data)
PY
	my $task = submit($node, $bad);
	is(wait_for($node, $task), 'FAILED', 'a damaged file fails');
	like(counts_of($node, $task), qr/^\d+\|4000\|0\|4000\|/, 'and leaves the batches before');
	$node->safe_psql('postgres', 'ALTER SYSTEM SET pg_xlsx.save_early = off; SELECT pg_reload_conf()');
	$task = submit($node, $bad);
	is(wait_for($node, $task), 'FAILED', 'it fails by default, too');
	like(counts_of($node, $task), qr/^\d+\|0\|0\|0\|/, 'and leaves nothing');
	$node->safe_psql('postgres', 'ALTER SYSTEM RESET pg_xlsx.save_early; SELECT pg_reload_conf()');
}

# Where all rows or none are wanted, none is saved before all are checked.
{
	my $task = $node->safe_psql('postgres',
		"SELECT xlsx.submit('people', pg_read_binary_file('$book'), 'book.xlsx', mode => 'all_or_nothing')");
	is(wait_for($node, $task), 'FAILED', 'all or nothing');
	is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE task_id = $task"), 0, 'is nothing');
}

$node->stop('immediate');
done_testing();
