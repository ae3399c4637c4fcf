# Rows that were read and not saved wait in temporary files of the reading process, or in a table when those reach a limit.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('spool', "pg_xlsx.retry_delay = 100ms\nlog_temp_files = 0\n");
make_people($node);
my $book = workbook('-r', 60000, '-e', 5);
my $undisturbed = '60000|57000|3000|57000|57000|3000|0|0';

sub with_setting
{
	my ($name, $value) = @_;

	$node->safe_psql('postgres', defined $value ? "ALTER ROLE CURRENT_USER SET $name = $value" : "ALTER ROLE CURRENT_USER RESET $name");
	return;
}

# Starts an import that stands at a row while it saves; returns what holds it, and the task.
sub start_and_stop
{
	my ($file) = @_;
	my $holder = block_at($node, 'BIO-0014605', 'SAVING');
	my $task = submit($node, $file);

	wait_blocked($node);
	return ($holder, $task);
}

sub go_on
{
	my ($holder) = @_;

	eval { $holder->quit };
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE');
	return;
}

sub spooled
{
	return $node->safe_psql('postgres', "SELECT coalesce(sum(size), 0) FROM pg_ls_tmpdir()");
}

# The sheet is read and checked to its end while the import stands still, and waits in files that go with it.
{
	my ($holder, $task) = start_and_stop($book);
	$node->poll_query_until('postgres', "SELECT validating = 100 AND validated_rows = 60000 AND error_rows = 3000 FROM xlsx.progress WHERE task = $task")
	  or die 'the sheet is not checked to its end';
	pass('checking does not wait for saving');
	cmp_ok(spooled(), '>', 1000000, 'what has been checked waits in a temporary file');
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'the import goes on');
	is(counts_of($node, $task), $undisturbed, 'with every row once');
	is(task_row($node, $task, 'packets'), 0, 'and no row went by a table');
	$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_ls_tmpdir()') or die 'a file is left';
	pass('the file is gone');
	$node->safe_psql('postgres', 'TRUNCATE people');
}

# At a limit rows go by a table: the bars stay honest, and a damaged file leaves no row.
foreach my $case ([ 'pg_xlsx.max_spool_bytes', "'1MB'" ], [ 'pg_xlsx.max_spool_bytes', 0 ], [ 'temp_file_limit', "'500kB'" ])
{
	my ($name, $value) = @$case;
	with_setting($name, $value);
	my ($holder, $task) = start_and_stop($book);
	# An import that goes on before the file is full would take the rows from the file.
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader' AND wait_event_type = 'Extension'")
	  or die 'the reader does not wait'
	  if $value;
	cmp_ok(spooled(), '<=', 1024 * 1024, "$name = $value: the file has an end");
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', "$name = $value: the import ends");
	is(counts_of($node, $task), $undisturbed, "$name = $value: with every row once");
	cmp_ok(task_row($node, $task, 'packets'), '>', 0, "$name = $value: rows went by a table");
	is(task_row($node, $task, 'attempts'), 1, "$name = $value: it costs no attempt");
	$node->safe_psql('postgres', 'TRUNCATE people');

	my $bad = "$ENV{TESTDATADIR}/damaged.xlsx";
	system_or_bail('python3', '-c', <<'PY', $book, $bad);
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist():
        data = old.read(name)
        new.writestr(name, data.replace(b'<row r="59000"', b'<row r="none"') if name.endswith('sheet1.xml') else data)
PY
	$task = submit($node, $bad);
	is(wait_for($node, $task), 'FAILED', "$name = $value: a damaged file fails");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM people'), 0, "$name = $value: and leaves no row");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
	with_setting($name, undef);
}

# A full disk costs no attempt: the reading waits for the saving.
SKIP:
{
	skip 'a small disk takes root', 3 unless $ENV{TEST_SMALL_DISK};
	my $folder = $node->data_dir . '/base/pgsql_tmp';

	$node->stop;
	rmdir $folder;
	symlink $ENV{TEST_SMALL_DISK}, $folder or die "cannot link $folder";
	system_or_bail('dd', 'if=/dev/zero', "of=$ENV{TEST_SMALL_DISK}/ballast", 'bs=1k', 'count=3600', 'status=none');
	$node->start;
	my ($holder, $task) = start_and_stop($book);
	my ($validating) = $node->safe_psql('postgres', "SELECT validated_rows FROM xlsx.progress WHERE task = $task");
	cmp_ok($validating, '<', 60000, 'a full disk stops the reading');
	go_on($holder);
	is(wait_for($node, $task), 'HAS_ERRORS', 'and the import goes on all the same');
	is(counts_of($node, $task) . '|' . task_row($node, $task, 'attempts'), "$undisturbed|1", 'with every row once, in one attempt');
}

# Rows that only SQL can judge are judged first: SAVING is told for itself, too.
{
	$node->safe_psql('postgres', "TRUNCATE people; SELECT xlsx.add_rule('people', 'expression', argument => ARRAY['name <> ''Nobody'''])");
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', 'an import with a rule on rows ends');
	cmp_ok(task_row($node, $task, 'packets'), '>', 50, 'its rows are judged before they are saved');
}

$node->stop;
done_testing();
