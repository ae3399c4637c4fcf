# The file of a dry run is kept for its time, and a task that has none says why; a file that several tasks have stays while one needs it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('kept_files', "pg_xlsx.keep_files = '1d'\npg_xlsx.upload_ttl = '1s'\n");
my $book = workbook('-r', 20);
make_people($node);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub files { return sql('SELECT count(*) FROM xlsx_private.file') }

sub refusal
{
	my ($statement) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$statement");
	return $err;
}

my $dry = sql("SELECT xlsx.submit('people', pg_read_binary_file('$book'), dry_run => true)");
is(wait_for($node, $dry), 'COMPLETED', 'a dry run');
my $later = sql("SELECT xlsx.run($dry, run_at => now() + interval '1 day')");
is(files(), 1, 'shares its file with the task that imports it');
like(refusal("SELECT xlsx.run($dry)"), qr/ERROR:  55000: dry run $dry is imported already, by task $later/, 'a task that waits counts');
like(refusal("SELECT xlsx.erase($dry)"), qr/ERROR:  55000: cannot erase task $dry because task $later has the same file and has not ended/, 'whose file is not erased');
sql("SELECT xlsx.delete($dry)");
is(files(), 1, 'the file stays when the dry run is deleted');
sql("UPDATE xlsx_private.task SET run_at = now() WHERE id = $later; SELECT xlsx_private.wake_queue()");
is(wait_for($node, $later), 'COMPLETED', 'and is imported');
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM xlsx_private.file'), 'then nobody needs it');

$dry = sql("SELECT xlsx.submit('people', pg_read_binary_file('$book'), dry_run => true)");
wait_for($node, $dry);
my $failed = sql("SELECT xlsx.run($dry, run_at => now() + interval '1 day')");
sql("SELECT xlsx.cancel($failed)");
my $again = sql("SELECT xlsx.run($dry, now => true)");
like(refusal("SELECT xlsx.retry($failed)"), qr/dry run $dry is imported already, by task $again/, 'a retry does not import it a second time');
sql("SELECT xlsx.undo($again)") if sql("SELECT (xlsx_rest.task_json($again) ->> 'undoable')::boolean") eq 't';

$node->append_conf('postgresql.conf', "pg_xlsx.keep_files = '1s'");
$node->reload;
ok($node->poll_query_until('postgres', "SELECT file_id IS NULL FROM xlsx_private.task WHERE id = $dry"), 'its time ends, and nobody asks for that');
is(files(), 0, 'the bytes are gone');
sql("SELECT xlsx.delete($again)");
like(refusal("SELECT xlsx.run($dry)"), qr/ERROR:  58P01: the file of task $dry is not there any more\n.*DETAIL:  Its time was over at \S+Z \(pg_xlsx.keep_files, pg_xlsx.upload_ttl\)\./s, 'and the reason is told');

$node->stop;
done_testing();
