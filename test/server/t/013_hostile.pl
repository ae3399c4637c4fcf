# Files made to hurt, in the server: each import ends with a reason, no process exceeds its memory budget, and the server keeps running.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use File::Basename;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('hostile', "shared_buffers = '32MB'\nmax_parallel_workers = 2\n");
# With assertions a server keeps marks around each piece of memory.
my $marks = $node->safe_psql('postgres', 'SHOW debug_assertions') eq 'on' ? 2 : 1;
my $folder = "$ENV{TESTDATADIR}/hostile";

make_people($node);
mkdir $ENV{TESTDATADIR};
system_or_bail('python3', "$ENV{TESTDIR}/corpus/hostile.py", '--make', $folder);

# The greatest memory of the session's own process and of the workers that are there, kB.
my $peak = q{
	SELECT max(substring(pg_read_file('/proc/' || pid || '/status', 0, 10000) FROM 'VmHWM:\s+([0-9]+)')::int)
	FROM pg_stat_activity WHERE pid = pg_backend_pid() OR backend_type LIKE 'pg_xlsx%'};

# What a process may have at the most, kB: what the file may take, and what a server with 32 MB of buffers takes by itself.
sub most_of_reading
{
	my ($name) = @_;
	return (slurp_file("$folder/$name.megabytes") + 64) * 1024 * $marks;
}

# Reads a file in a session of its own; whether by SQL or by an error, it comes to an end there.
sub peak_of_reading
{
	my ($path) = @_;
	my $peak = $node->safe_psql('postgres', <<"SQL");
DO \$\$ BEGIN PERFORM count(*) FROM xlsx.cells(xlsx.server_file('$path')); EXCEPTION WHEN OTHERS THEN NULL; END \$\$;
$peak;
SQL
	return $peak;
}

foreach my $path (sort glob "$folder/*.xlsx")
{
	my $name = basename($path, '.xlsx');
	my $words = slurp_file("$folder/$name.txt");
	my ($code, $id, $refusal) = $node->psql('postgres', "SELECT xlsx.submit('people', xlsx.server_file('$path'))");
	my $message = $refusal;

	if ($code == 0)
	{
		is(wait_for($node, $id), 'FAILED', "$name: the task ends");
		$message = $node->safe_psql('postgres',
			"SELECT concat_ws(' ', error_message, error_detail, error_hint) FROM xlsx.tasks WHERE id = $id");
	}
	# The hurt may lie behind the first row, at which an import without headers has its end.
	like($message, qr{\Q$words\E|Invalid headers|"pg_xlsx\.max_|checksum}, "$name: it says why");
	cmp_ok(peak_of_reading($path), '<', most_of_reading($name), "$name: memory stays within the budget");
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING')}), 0,
	'no task is left');
# A trigger that cancels the task which runs it is refused, for there is nobody who could stop meanwhile.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE own_end (task_id bigint, name text, gender text, bio_id text);
CREATE FUNCTION end_own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM xlsx.cancel(max(id)) FROM xlsx.tasks; RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON own_end FOR EACH ROW EXECUTE FUNCTION end_own();
SELECT xlsx.create_profile('own_end', 'own_end', 'task_id', '{"bio_id": "Bio-ID"}');
SQL
my $own = submit($node, workbook('-r', 2), 'own_end');
is(wait_for($node, $own), 'FAILED', 'a task whose trigger cancels it fails');
is($node->safe_psql('postgres', "SELECT error_message FROM xlsx.tasks WHERE id = $own"), "cannot cancel task $own from SQL that it runs itself", 'and says why');

$node->stop;
done_testing();
