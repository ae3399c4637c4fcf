# No file keeps a function busy for long or takes much memory, and the caller can stop it at once: every public function that takes a
# file, with every workbook of the corpus, and with small files that are expensive to read.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use File::Basename;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use XlsxTest;

# What one call may take of the processor, which does not depend on who else is busy, and a process with 32 MB of buffers. The time of
# the clock is only there to come to an end.
my $most_seconds = 30;
my $last_seconds = 600;
my $most_memory = 512 * 1024;
my $node = start_server('bounds', <<'CONF');
shared_buffers = '32MB'
work_mem = '4MB'
max_parallel_workers_per_gather = 0
log_statement = 'none'
log_min_duration_statement = -1
CONF
my $folder = "$ENV{TESTDATADIR}/heavy";

mkdir $ENV{TESTDATADIR};
system_or_bail('python3', "$FindBin::RealBin/lib/heavy_books.py", "$ENV{TESTDIR}/corpus", $folder);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE people (name text, gender text, bio_id text);
DO $$ BEGIN EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg(format('c%s varchar(10)', i), ', ') FROM generate_series(0, 99) i) || ')'; END $$;
CREATE TABLE with_extra (name text, extra jsonb);
SELECT xlsx.create_profile('people', 'people'), xlsx.create_profile('wide', 'wide'), xlsx.create_profile('with_extra', 'with_extra');
SELECT xlsx.set_column('with_extra', 'extra', source => 'extra');
-- Seconds of the processor that the session has taken: fields 14 and 15 of proc_pid_stat(5), hundredths.
CREATE FUNCTION used() RETURNS numeric LANGUAGE sql AS $$
SELECT sum(f.value::numeric) / 100 FROM regexp_split_to_table(substring(pg_read_file('/proc/' || pg_backend_pid() || '/stat', 0, 10000) FROM '\) (.*)'), ' ')
  WITH ORDINALITY AS f (value, no) WHERE f.no IN (12, 13)
$$;
SQL

# By the function that takes the file, for it to be stopped at the limit.
my %calls = (
	sheets => 'SELECT count(*) FROM xlsx.sheets(FILE)',
	cells => 'SELECT count(*) FROM xlsx.cells(FILE)',
	read => 'SELECT count(*) FROM xlsx.read(FILE) AS t(name text, gender text, bio_id text)',
	discover => 'SELECT count(*), max(length(column_name)) FROM xlsx.discover(FILE)',
	create_table_sql => q{SELECT length(xlsx.create_table_sql(FILE, 'a_table'))},
	match_headers => q{SELECT count(*) FROM xlsx.match_headers('people', FILE)},
	preview => q{SELECT length(xlsx.preview(FILE, 'people')::text)},
	import => q{SELECT (xlsx.import('people', FILE, dry_run => true)).status},
	submit => q{SELECT xlsx.submit('people', FILE)},
	submit_once => q{SELECT (xlsx.submit_once('people', FILE)).created},
	submit_set => q{SELECT xlsx.submit_set(FILE, '[{"profile": "people"}]')},
	file_hash => 'SELECT xlsx.file_hash(FILE)');
my @further = (
	q{SELECT (xlsx.import('wide', FILE)).error_rows},
	q{SELECT (xlsx.import('with_extra', FILE)).saved_rows},
	q{SELECT count(*) FROM xlsx.cells(FILE, range => 'A1:B2')},
	q{SELECT count(*) FROM xlsx.discover(FILE, header_row => 'none', sample => 10)},
	q{SELECT count(*) FROM xlsx.read(FILE, header_row => 'none') AS t(a text, b text)});

is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) FROM pg_proc p
	WHERE p.pronamespace = 'xlsx'::regnamespace AND p.proargtypes::oid[] @> ARRAY['bytea'::regtype::oid] AND 'file' = ANY (p.proargnames)}),
	join(' ', sort keys %calls), 'each public function that takes a file is called');

# The greatest memory of the session's own process and of the workers that are there, kB.
my $peak = q{
	SELECT max(substring(pg_read_file('/proc/' || pid || '/status', 0, 10000) FROM 'VmHWM:\s+([0-9]+)')::int)
	FROM pg_stat_activity WHERE pid = pg_backend_pid() OR backend_type LIKE 'pg_xlsx%'};

my $used = q{SELECT 'used ' || used();};

sub calls_of
{
	my ($path, @calls) = @_;

	return map { s/FILE/xlsx.server_file('$path')/r . ';' } @calls;
}

# What each of the calls took, by "used N" lines between them.
sub seconds_used
{
	my @used = $_[0] =~ /^used ([0-9.]+)$/mg;

	return map { $used[$_] - $used[ $_ - 1 ] } 1 .. $#used;
}

# Calls all of them in one session, then asks for its memory.
sub stays_within
{
	my ($path, @calls) = @_;
	my $name = basename($path);
	my ($code, $out, $error) = $node->psql('postgres',
		join("\n", "SET statement_timeout = '$last_seconds s';", map({ $_, $used } '', calls_of($path, @calls)), 'RESET statement_timeout;',
			'SELECT count(xlsx.wait(id, \'60 s\')) FROM xlsx.tasks WHERE status IN (\'PENDING\', \'PROCESSING\');', "$peak;"), on_error_stop => 0);
	my ($kilobytes) = $out =~ /(\d+)\Z/;
	my @used = seconds_used($out);
	my @late = grep { $used[$_] > $most_seconds } 0 .. $#used;
	my @lost = $error =~ /(server closed the connection|could not receive data|out of memory|invalid memory alloc request|statement timeout)/;

	is(scalar @used, scalar @calls, "$name: all is called");
	ok(@late == 0 && @lost == 0, "$name: nothing takes more than $most_seconds s") or diag(map({ "$calls[$_]: $used[$_] s\n" } @late), $error);
	cmp_ok($kilobytes // 'inf', '<', $most_memory, "$name: memory stays within the budget");
	return;
}

my @all = map { $calls{$_} } sort keys %calls;
my @corpus = -r "$ENV{CORPUS}/manifest.jsonl" ? sort glob "$ENV{CORPUS}/files/*" : ();

note('the corpus is not here') if @corpus == 0;
stays_within($_, @all) foreach @corpus;
stays_within($_, @all, @further) foreach sort glob "$folder/bounded/*.xlsx";

# Of equal headers no two columns get the same name, and the names are those that they always got.
is($node->safe_psql('postgres', "SELECT count(DISTINCT column_name), min(column_name) FILTER (WHERE position = 2), max(column_name) FILTER (WHERE position = 16384)
	FROM xlsx.discover(xlsx.server_file('$folder/bounded/same-headers.xlsx'), header_row => '1')"), '16384|name_2|name_16384', 'equal headers get numbers');
is($node->safe_psql('postgres', "SELECT count(DISTINCT column_name), string_agg(column_name, ' ' ORDER BY position) FILTER (WHERE position <= 8)
	FROM xlsx.discover(xlsx.server_file('$folder/bounded/numbered-headers.xlsx'), header_row => '1')"), '16384|a a_2 a_3 a_0 b_4 a_6 a_2_2 a_3_2', 'numbers that a header has are not given again');

# A file that nobody is soon done with: statement_timeout ends whoever reads it, and so does a cancel.
sub ends_at_once
{
	my ($path, $name, $call) = @_;
	my ($code, $out, $error) = $node->psql('postgres', join("\n", $used, q{SET statement_timeout = '200ms';}, calls_of($path, $call),
			q{RESET statement_timeout;}, $used), on_error_stop => 0);
	my ($took) = seconds_used($out);

	# Where the head of the file is enough, or its place of trouble comes at once, there is nothing to stop.
	like($error, qr/canceling statement due to statement timeout/, "$name: it is stopped") if $error ne '';
	cmp_ok($took, '<', 3, "$name: at once") or diag($error);
	return $error ne '';
}

foreach my $path (sort glob "$folder/endless/*.xlsx")
{
	my $stopped = 0;

	foreach my $function (sort keys %calls)
	{
		$stopped += ends_at_once($path, basename($path, '.xlsx') . ", $function", $calls{$function});
	}
	cmp_ok($stopped, '>=', 4, basename($path) . ': it would have taken long');
}

# In a worker and in the process that reads for it.
foreach my $path (sort glob "$folder/endless/*.xlsx")
{
	my $name = basename($path, '.xlsx');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', xlsx.server_file('$path'))");

	$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader'}) or die 'no process reads';
	my $began = time;
	$node->safe_psql('postgres', "SELECT xlsx.cancel($task)");
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx reader'});
	cmp_ok(time - $began, '<', 60, "$name: a task is cancelled at once");
	is(task_row($node, $task, 'status'), 'CANCELLED', "$name: and says so");
	$node->safe_psql('postgres', "SELECT xlsx.delete($task)");
}

is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server goes on');
$node->stop;
done_testing();
