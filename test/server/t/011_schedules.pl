# Schedules submit each file once: from a folder, from a query, by pg_cron.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

chomp(my $libraries = `pg_config --pkglibdir`);
my $has_cron = -e "$libraries/pg_cron.so";
my $node = start_server('schedules', $has_cron ? <<'SETTINGS' : '');
shared_preload_libraries = 'pg_xlsx, pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
SETTINGS

my $folder = PostgreSQL::Test::Utils::tempdir();
my $first = workbook('-r', 10);
my $second = workbook('-r', 20);
my $third = workbook('-r', 30);

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE ann LOGIN IN ROLE xlsx_user, pg_read_server_files;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
GRANT CREATE ON SCHEMA public TO ann, bob;
SQL

sub as
{
	my ($role, $sql) = @_;

	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

sub refused
{
	my ($role, $sql, $pattern, $name) = @_;
	my ($status, $out, $error) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]);

	isnt($status, 0, "$name: refused");
	like($error, $pattern, "$name: says why");
	return;
}

# Waits for all tasks of a schedule, and returns what they became.
sub outcome
{
	my ($name) = @_;

	return as('ann', <<"SQL");
SELECT count(xlsx.wait(task, '60 s')) FROM xlsx.schedule_files WHERE schedule = '$name';
SELECT string_agg(format('%s %s', file_name, coalesce((SELECT status || ' ' || saved_rows FROM xlsx.tasks WHERE id = task), error)), ', '
  ORDER BY file_name COLLATE "C") FROM xlsx.schedule_files WHERE schedule = '$name';
SQL
}

as('ann', <<'SQL');
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

#
# A folder
#

as('ann', "SELECT xlsx.schedule('inbox', NULL, 'people', '$folder', settle => '0 s')");
is(as('ann', "SELECT * FROM xlsx.run_schedule('inbox')"), '0|0|0|', 'an empty folder has nothing');

copy($first, "$folder/a.xlsx");
copy($second, "$folder/B.XLSX");
copy($third, "$folder/notes.txt");
append_to_file("$folder/c.xlsx", "Name,Gender\nAnn,F\n");
mkdir "$folder/below.xlsx";
copy($third, "$folder/below.xlsx/d.xlsx");
symlink($third, "$folder/link.xlsx");
symlink('/etc/passwd', "$folder/passwd.xlsx");
copy($third, "$folder/.hidden.xlsx");
is(as('ann', "SELECT * FROM xlsx.run_schedule('inbox')"), '3|2|1|', 'what is a file in it, and fits the pattern, is taken');
is(outcome('inbox'), "2\nB.XLSX COMPLETED 20, a.xlsx COMPLETED 10, c.xlsx file is text, perhaps CSV, not an .xlsx workbook",
	'imported, or refused for good');
is(as('ann', "SELECT * FROM xlsx.run_schedule('inbox')"), '3|0|0|', 'and the same files never again');

copy($first, "$folder/copy of a.xlsx");
utime(time - 100, time - 100, "$folder/a.xlsx");
is(as('ann', "SELECT * FROM xlsx.run_schedule('inbox')"), '4|0|0|', 'nor by another name or with another time');
copy($third, "$folder/a.xlsx");
is(as('ann', "SELECT * FROM xlsx.run_schedule('inbox')"), '4|1|0|', 'but again with another content');
is(as('ann', "SELECT string_agg(format('%s/%s/%s', files, submitted, refused), ' ' ORDER BY started_at) FROM xlsx.schedule_runs WHERE schedule = 'inbox'"),
	'0/0/0 3/2/1 3/0/0 4/0/0 4/1/0', 'the view of the runs tells it');

as('ann', "SELECT xlsx.unschedule('inbox'); SELECT xlsx.schedule('slow', NULL, 'people', '$folder', settle => '1 hour')");
utime(time - 7200, time - 7200, "$folder/B.XLSX");
is(as('ann', "SELECT * FROM xlsx.run_schedule('slow')"), '1|1|0|', 'files that were written a moment ago may not be whole yet');

# The folder goes away.
as('ann', "SELECT xlsx.schedule('gone', NULL, 'people', '$folder/below.xlsx', settle => '0 s')");
unlink "$folder/below.xlsx/d.xlsx";
rmdir "$folder/below.xlsx";
refused('ann', "SELECT error FROM xlsx.run_schedule('gone')", qr/schedule "gone" has failed: could not open directory/, 'a run that fails');
like(as('ann', "SELECT last_error FROM xlsx.schedules WHERE name = 'gone'"), qr/could not open directory/, 'also to who asks later');

#
# A query
#

as('ann', <<"SQL");
CREATE TABLE inbox (name text, data bytea, object oid);
SQL
$node->safe_psql('postgres', <<"SQL");
INSERT INTO inbox VALUES ('bytes.xlsx', pg_read_binary_file('$first')), ('empty.xlsx', NULL);
INSERT INTO inbox SELECT 'object.xlsx', NULL, lo_from_bytea(4711, pg_read_binary_file('$second'));
GRANT SELECT ON LARGE OBJECT 4711 TO ann;
SQL
as('ann', "SELECT xlsx.schedule('table', NULL, 'people', query => 'SELECT data, name FROM inbox')");
as('ann', "SELECT xlsx.schedule('objects', NULL, 'people', query => 'SELECT object, name FROM inbox', mode => 'all_or_nothing', priority => 3)");
is(as('ann', "SELECT * FROM xlsx.run_schedule('table')"), '1|1|0|', 'bytes of a table');
is(as('ann', "SELECT * FROM xlsx.run_schedule('objects')"), '1|1|0|', 'large objects');
is(outcome('objects'), "1\nobject.xlsx COMPLETED 20", 'both are imported');
is(as('ann', "SELECT mode, priority FROM xlsx.tasks JOIN xlsx.schedule_files ON id = task WHERE schedule = 'objects'"),
	'all_or_nothing|3', 'with the options of the schedule');
is(as('ann', "SELECT * FROM xlsx.run_schedule('table')"), '1|0|0|', 'once');

# Two at the same time take each file once.
as('ann', "SELECT xlsx.schedule('twice', NULL, 'people', query => 'SELECT data, name FROM inbox')");
my $one = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$one->query_safe("BEGIN; SELECT xlsx.run_schedule('twice')");
my $two = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$two->query_until(qr/start/, "\\echo start\nSELECT xlsx.run_schedule('twice');\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%twice%'");
$one->query_safe('COMMIT');
$one->quit;
$two->quit;
is(as('ann', "SELECT string_agg(submitted::text, ' ' ORDER BY submitted) FROM xlsx.schedule_runs WHERE schedule = 'twice'"), '0 1',
	'the second one waits for the first and finds nothing new');

#
# Once, by hand
#

is(as('ann', "SELECT t.created, u.created, t.task = u.task, t.content_hash = sha256(data) FROM inbox, xlsx.submit_once('people', data) AS t, xlsx.submit_once('people', data) AS u WHERE data IS NOT NULL"),
	't|f|t|t', 'submit_once tells whether the task is new');
is(as('ann', "SELECT created FROM inbox, xlsx.submit_once('people', data, dry_run => true) WHERE data IS NOT NULL"), 't',
	'a rehearsal is a task of its own');

#
# Rights
#

refused('bob', "SELECT xlsx.schedule('etc', NULL, 'people', '/etc')", qr/permission denied to read files of the server/, 'a folder');
refused('bob', "SELECT * FROM xlsx_private.list_folder('/etc', '*')", qr/permission denied to read files of the server/, 'a list');
refused('bob', "SELECT xlsx_private.folder_file('/etc', 'passwd')", qr/permission denied to read files of the server/, 'a file');
refused('ann', "SELECT xlsx_private.folder_file('$folder', '../../../../etc/passwd')", qr/is not the name of a file/, 'a path');
refused('ann', "SELECT length(xlsx_private.folder_file('$folder', 'passwd.xlsx'))", qr/could not open file/, 'a link');
refused('bob', "SELECT xlsx.run_schedule('table')", qr/schedule "table" does not exist/, 'a schedule of another role');
refused('bob', "SELECT xlsx.unschedule('table')", qr/schedule "table" does not exist/, 'to remove it');
refused('postgres', "SELECT xlsx.run_schedule('table')", qr/belongs to ann/, 'even for a superuser');
is(as('bob', 'SELECT count(*) FROM xlsx.schedules'), 0, 'nor does bob see it');
refused('bob', "UPDATE xlsx_private.schedule SET query = 'SELECT 1'", qr/permission denied for table schedule/, 'to change it');
$node->safe_psql('postgres', 'GRANT xlsx_admin TO bob');
is(as('bob', "SELECT count(*) > 0 FROM xlsx.schedules"), 't', 'xlsx_admin sees it');
refused('bob', "UPDATE xlsx_private.schedule SET query = 'SELECT 1'", qr/permission denied for table schedule/, 'to make it run other SQL');
refused('bob', "SELECT xlsx_private.schedule_set_job(id, NULL, 7) FROM xlsx_private.schedule WHERE name = 'table'", qr/does not exist/, 'to give it another job');
refused('bob', "SELECT xlsx_private.schedule_note_run(id, now(), 0, 0, 0, '', NULL) FROM xlsx_private.schedule WHERE name = 'table'", qr/does not exist/, 'to write a run of it');
as('bob', "CREATE TABLE mine (name text); SELECT xlsx.create_profile('mine', 'mine'); SELECT xlsx.schedule('steal', NULL, 'mine', query => 'SELECT data, name FROM inbox')");
refused('bob', "SELECT error FROM xlsx.run_schedule('steal')", qr/permission denied for table inbox/, 'a query sees what its owner sees');

# Refusals that help
refused('ann', "SELECT xlsx.schedule('none', NULL, 'people')", qr/either from a folder or from a query/, 'no source');
refused('ann', "SELECT xlsx.schedule('none', NULL, 'nobody', '$folder')", qr/profile "nobody" does not exist/, 'no profile');
refused('ann', "SELECT xlsx.schedule('none', NULL, 'people', 'in')", qr/must be an absolute path/, 'a relative folder');
refused('ann', "SELECT xlsx.schedule('table', NULL, 'people', '$folder')", qr/already exists/, 'the name of another');
refused('ann', "SELECT xlsx.schedule('none', '* * * * *', 'people', '$folder')", qr/pg_cron is not installed/, 'without pg_cron');

#
# pg_cron
#

SKIP:
{
	skip 'pg_cron is not installed (Debian: postgresql-15-cron)', 9 unless $has_cron;

	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');
	refused('ann', "SELECT xlsx.schedule('timed', '* * * * *', 'people', '$folder')", qr/permission denied for pg_cron/, 'without rights on it');
	$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA cron TO ann');
	as('ann', "SELECT xlsx.schedule('minutely', '* * * * *', 'people', '$folder', settle => '0 s')");
	is(as('ann', "SELECT j.schedule, j.command, j.username FROM cron.job j JOIN xlsx.schedules s ON s.job = j.jobid WHERE s.name = 'minutely'"),
		"* * * * *|SELECT xlsx.run_schedule('minutely')|ann", 'the job is that of who made the schedule');
	as('ann', "SELECT xlsx.unschedule('minutely')");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job'), 0, 'and goes with it');

	# An administrator gives it to another role.
	$node->safe_psql('postgres', 'CREATE ROLE heir IN ROLE xlsx_user; CREATE ROLE leaver IN ROLE xlsx_user LOGIN; GRANT INSERT ON people TO leaver; GRANT pg_read_server_files TO leaver, heir; GRANT USAGE ON SCHEMA cron TO leaver');
	as('leaver', "SELECT xlsx.schedule('inherited', '* * * * *', 'people', '$folder')");
	as('leaver', "SELECT xlsx.schedule('changed', '* * * * *', 'people', '$folder')");
	$node->safe_psql('postgres', "SELECT cron.alter_job(job, command => 'SELECT 1') FROM xlsx.schedules WHERE name = 'changed'");
	as('leaver', "SELECT cron.schedule('own', '* * * * *', 'SELECT 1')");
	like(($node->psql('postgres', "BEGIN; SELECT xlsx.reassign('leaver', 'heir'); ROLLBACK"))[2],
		qr/WARNING:  jobs of pg_cron still run as "leaver"\nDETAIL:  Their numbers are \d+\. Role "heir" cannot log in, as pg_cron demands\.\nHINT:  A superuser gives each/,
		'one who cannot log in cannot run it');
	$node->safe_psql('postgres', "ALTER ROLE heir LOGIN; SELECT xlsx.reassign('leaver', 'heir')");
	is($node->safe_psql('postgres', 'SELECT jobname, username FROM cron.job ORDER BY 1'), "own|leaver\nxlsx changed|leaver\nxlsx inherited|heir",
		'the job of a schedule goes to its new owner, and no other one does');
	$node->safe_psql('postgres', 'DELETE FROM cron.job');
	$node->safe_psql('postgres', "SET ROLE heir; SELECT xlsx.unschedule('inherited'), xlsx.unschedule('changed')");

	# The one moment that a test need not wait for.
	as('ann', "SELECT xlsx.schedule('timed', '\@reboot', 'people', '$folder', settle => '0 s')");
	$node->restart;
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM xlsx.schedule_runs WHERE schedule = 'timed'")
	  or die 'pg_cron did not run the schedule';
	is(as('ann', "SELECT files, submitted, refused, error FROM xlsx.schedule_runs WHERE schedule = 'timed'"), '4|3|1|',
		'pg_cron runs it');
	is(as('ann', "SELECT DISTINCT owner FROM xlsx.tasks JOIN xlsx.schedule_files ON id = task WHERE schedule = 'timed'"), 'ann',
		'as the role that made it');
	is(outcome('timed'), "3\nB.XLSX COMPLETED 20, a.xlsx COMPLETED 30, c.xlsx file is text, perhaps CSV, not an .xlsx workbook, copy of a.xlsx COMPLETED 10",
		'and the files are imported');
}

$node->stop;
done_testing();
