# Schedules as a DBA meets them: files that cannot be read, profiles that are missing, tasks that fail for a while, files that are moved, jobs of pg_cron that are gone.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

chomp(my $libraries = `pg_config --pkglibdir`);
my $has_cron = -e "$libraries/pg_cron.so";
my $node = start_server('schedules', "pg_xlsx.max_attempts = 1\npg_xlsx.patience = 0\n" . ($has_cron ? <<'SETTINGS' : ''));
shared_preload_libraries = 'pg_xlsx, pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
SETTINGS
my $dir = PostgreSQL::Test::Utils::tempdir;
my @books = map { workbook('-r', 10 * $_) } 1 .. 9;

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE ann LOGIN IN ROLE xlsx_user, pg_read_server_files, pg_write_server_files;
CREATE ROLE bob LOGIN IN ROLE xlsx_user, pg_read_server_files;
GRANT CREATE ON SCHEMA public TO ann, bob;
SQL

sub as
{
	my ($role, $sql) = @_;

	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

# The message of the error, with detail and hint.
sub refusal
{
	my ($role, $sql) = @_;
	my ($status, $out, $error) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]);

	return $error =~ s/^psql:<stdin>:\d+: //mgr =~ s/^(CONTEXT|LINE|WARNING).*//msr =~ s/\s+$//r;
}

sub run
{
	my ($name) = @_;

	return as('ann', "SELECT * FROM xlsx.run_schedule('$name')");
}

# Ends the tasks of a schedule, then lists its files.
sub files
{
	my ($name, $columns) = @_;

	as('ann', "SELECT xlsx.wait(task, '60 s') FROM xlsx.schedule_files WHERE schedule = '$name' AND status IS NOT NULL");
	return as('ann', "SELECT $columns FROM xlsx.schedule_files WHERE schedule = '$name' ORDER BY file_name, seen_at");
}

sub folder
{
	my ($name) = @_;

	mkdir "$dir/$name" or die;
	return "$dir/$name";
}

sub list
{
	my ($folder) = @_;

	opendir(my $handle, $folder) or die;
	return join(' ', sort grep { !/^\./ } readdir $handle);
}

as('ann', <<'SQL');
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

#
# A file that cannot be read
#

my $in = folder('in');
as('ann', "SELECT xlsx.schedule('inbox', NULL, 'people', '$in', settle => '0 s')");
copy($books[0], "$in/a.xlsx");
copy($books[1], "$in/b.XLSX");
copy($books[2], "$in/c.xlsx");
SKIP:
{
	chmod 0, "$in/b.XLSX";
	is(run('inbox'), "3|2|0|b.XLSX: could not open file \"$in/b.XLSX\": Permission denied", 'one file that cannot be read does not stop the others');
	is(files('inbox', 'file_name, state, error'), "a.xlsx|done|\nb.XLSX|waiting|could not open file \"$in/b.XLSX\": Permission denied\nc.xlsx|done|", 'it waits, with its reason');
	is(as('ann', 'SELECT files_waiting, files_failed, files_done, last_error IS NOT NULL, last_run IS NOT NULL FROM xlsx.schedules'), '1|0|2|t|t', 'which xlsx.schedules counts');
	is($node->safe_psql('postgres', "SELECT value FROM xlsx.metrics WHERE name = 'schedules_failing'"), 1, 'and xlsx.metrics');
	chmod 0644, "$in/b.XLSX";
	is(run('inbox'), '3|1|0|', 'it is taken as soon as it can be read');
	is(files('inbox', 'file_name, state, error'), "a.xlsx|done|\nb.XLSX|done|\nc.xlsx|done|", 'and is one file as before');
	copy($books[3], "$in/d.xlsx");
	chmod 0, "$in/d.xlsx";
	run('inbox');
	unlink "$in/d.xlsx";
	is(run('inbox'), '3|0|0|', 'a file that waited and is gone');
	is(as('ann', "SELECT count(*) FROM xlsx.schedule_files WHERE file_name = 'd.xlsx'"), 0, 'is waited for no longer');
}

#
# A profile that is missing, a file that is none
#

as('ann', "SELECT xlsx.drop_profile('people')");
copy($books[3], "$in/d.xlsx");
append_to_file("$in/e.xlsx", "Name,Gender\nAnn,F\n");
is(run('inbox'), '5|0|0|d.xlsx: profile "people" does not exist', 'where the profile is missing');
is(files('inbox', 'file_name, state'), "a.xlsx|done\nb.XLSX|done\nc.xlsx|done\nd.xlsx|waiting\ne.xlsx|waiting", 'files wait');
as('ann', q{SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}')});
is(run('inbox'), '5|1|1|', 'until it is there');
is(files('inbox', "file_name, state, error"), "a.xlsx|done|\nb.XLSX|done|\nc.xlsx|done|\nd.xlsx|done|\ne.xlsx|failed|file is text, perhaps CSV, not an .xlsx workbook", 'what is no workbook is refused then');
is(run('inbox'), '5|0|0|', 'for good');

#
# Tasks that fail for a while, and files that are forgotten
#

as('ann', q{CREATE SEQUENCE trouble; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF nextval('trouble') < 100 THEN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fail BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION fail()});
$node->append_conf('postgresql.conf', "pg_xlsx.retry_delay = 1\n");
$node->reload;
copy($books[4], "$in/f.xlsx");
is(run('inbox'), '6|1|0|', 'a file comes while there is no space');
is(as('ann', "SELECT xlsx.wait(task, '60 s') FROM xlsx.schedule_files WHERE file_name = 'f.xlsx'"), 'FAILED', 'its task fails');
is(as('ann', "SELECT state FROM xlsx.schedule_files WHERE file_name = 'f.xlsx'"), 'waiting', 'but the file waits');
my $task = as('ann', "SELECT task FROM xlsx.schedule_files WHERE file_name = 'f.xlsx'");
as('ann', "SELECT setval('trouble', 100)");
is(run('inbox'), '6|1|0|', 'the next run tries again');
is(files('inbox', "file_name = 'f.xlsx', state, tries, task = $task") =~ s/^f.*\n//mgr, 't|done|1|t', 'the same task, which saved what it had not');
is(as('ann', "SELECT count(*), count(DISTINCT bio_id) FROM people WHERE task_id = $task"), '50|50', 'each row once');

as('ann', q{CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('trouble') < 0 THEN NULL; END IF; RETURN NEW; END $$});
is(refusal('ann', "SELECT xlsx.forget_file('inbox', 'nothing.xlsx')"), qq{ERROR:  schedule "inbox" knows no file "nothing.xlsx"\nHINT:  The view xlsx.schedule_files lists its files.}, 'a file that is not known cannot be forgotten');
is(refusal('bob', "SELECT xlsx.forget_file('inbox', 'a.xlsx')"), 'ERROR:  schedule "inbox" does not exist', 'nor one of another role');
is(as('ann', "SELECT xlsx.forget_file('inbox', 'a.xlsx')"), 1, 'a file is forgotten');
is(run('inbox'), '6|1|0|', 'and taken again');
files('inbox', '1');
$node->safe_psql('postgres', 'SELECT xlsx.pause()');
copy($books[5], "$in/g.xlsx");
run('inbox');
my $active = as('ann', "SELECT task FROM xlsx.schedule_files WHERE file_name = 'g.xlsx'");
is(refusal('ann', "SELECT xlsx.forget_file('inbox', 'g.xlsx')"), <<"REFUSAL" =~ s/\n$//r, 'not while its task has not ended');
ERROR:  cannot forget file "g.xlsx" because task $active has not ended
DETAIL:  The next run would import the file a second time.
HINT:  Cancel the task first, or wait for its end.
REFUSAL
as('ann', "SELECT xlsx.cancel($active)");
is(as('ann', "SELECT state FROM xlsx.schedule_files WHERE file_name = 'g.xlsx'"), 'failed', 'a cancelled one has failed');
is(run('inbox'), '7|0|0|', 'and is not tried again');
$node->safe_psql('postgres', 'SELECT xlsx.resume()');

#
# A run that fails as a whole
#

my $gone = folder('gone');
as('ann', "SELECT xlsx.schedule('gone', NULL, 'people', '$gone')");
rmdir $gone;
my ($status) = $node->psql('postgres', "SELECT * FROM xlsx.run_schedule('gone')", extra_params => [ '-U', 'ann', '-v', 'ON_ERROR_STOP=1' ]);
is($status, 3, 'psql of a script that stops at errors ends with 3');
my @line = ('psql', '-h', $node->host, '-p', $node->port, '-U', 'ann', '-d', 'postgres', '-XAtqc', "SELECT xlsx.run_schedule('gone')");
is(system_log(@line) >> 8, 1, 'psql -c ends with 1, as cron and systemd see it');
is(as('ann', "SELECT last_error FROM xlsx.schedules WHERE name = 'gone'"), "could not open directory \"$gone\": No such file or directory", 'the error is known afterwards');
is(as('ann', "SELECT count(*) FROM xlsx.schedule_runs WHERE schedule = 'gone' AND error IS NOT NULL"), 2, 'and so are the runs');
is(refusal('bob', "SELECT xlsx_private.schedule_note_failure((SELECT max(id) FROM xlsx_private.schedule) + 0, now(), 'x')") =~ /does not exist|^$/ ? 1 : 0, 1, 'nobody writes runs of others');
like(refusal('ann', "SELECT xlsx_private.schedule_record_failure(1, now(), 'x')"), qr/permission denied for function schedule_record_failure/, 'nor past that check');
mkdir $gone;
is(run('gone'), '0|0|0|', 'the folder is back');
is(as('ann', "SELECT last_error IS NULL FROM xlsx.schedules WHERE name = 'gone'"), 't', 'and there is no last error any more');

#
# Files are moved
#

my ($box, $done, $failed) = (folder('box'), folder('done'), folder('failed'));
is(refusal('bob', "SELECT xlsx.schedule('his', NULL, 'people', '$box', done_folder => '$done')"), <<'REFUSAL' =~ s/\n$//r, 'who may only read files of the server moves none');
ERROR:  permission denied to move files of the server
DETAIL:  Only roles with privileges of the "pg_write_server_files" role may.
REFUSAL
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$box', done_folder => '$box/.')"), qr/files cannot be moved from folder "\Q$box\E" to itself/, 'a folder is not moved to itself');
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$box', done_folder => '$box/none')"), qr/could not open directory "\Q$box\E\/none": No such file or directory/, 'a folder that is not there');
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$box', failed_folder => 'failed')"), qr/folder must be an absolute path, not "failed"/, 'a relative one');
my $data = $node->data_dir;
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$box', failed_folder => '$data/base')"), qr/folder "\Q$data\E\/base" is in the data directory/, 'the data directory');
like(refusal('ann', "SELECT xlsx_private.move_file('$data', 'PG_VERSION', '$done', 3, now())"), qr/folder "\Q$data\E" is in the data directory/, 'nor out of it');
like(refusal('ann', "SELECT xlsx_private.move_file('$box', '../x', '$done', 3, now())"), qr/"\.\.\/x" is not the name of a file in a folder/, 'nor along a path');
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', query => 'SELECT 1', done_folder => '$done')"), qr/pattern, settle, done_folder and failed_folder are for files of a folder/, 'a query has no folder');

as('ann', "SELECT xlsx.schedule('box', NULL, 'people', '$box', settle => '0 s', done_folder => '$done', failed_folder => '$failed')");
copy($books[0], "$box/day.xlsx");
append_to_file("$box/text.xlsx", "Name,Gender\nAnn,F\n");
copy($books[6], "$box/wrong.xlsx");
symlink('/etc/passwd', "$box/passwd.xlsx");
is(run('box'), '3|2|1|', 'three files');
is(list($failed), 'text.xlsx', 'the one that is refused is moved at once');
as('ann', "SELECT xlsx.wait(task, '60 s') FROM xlsx.schedule_files WHERE schedule = 'box' AND file_name = 'day.xlsx'");
is(run('box') =~ s/\|.*//r, 2, 'the next run');
files('box', '1');
run('box');
is(list($done), 'day.xlsx wrong.xlsx', 'moves those that are done');
is(list($box), 'passwd.xlsx', 'and no link');
is(files('box', 'file_name, state, moved_to'), "day.xlsx|done|$done/day.xlsx\ntext.xlsx|failed|$failed/text.xlsx\nwrong.xlsx|done|$done/wrong.xlsx", 'which the view says');
copy($books[7], "$box/day.xlsx");
run('box');
files('box', '1');
run('box');
is(list($done), 'day (2).xlsx day.xlsx wrong.xlsx', 'nothing is overwritten');
is(-s "$done/day.xlsx", -s $books[0], 'the first one is as it was');
copy($books[7], "$box/once more.xlsx");
is(run('box'), '1|0|0|', 'a file that is known comes again');
is(list($box), 'passwd.xlsx', 'and is moved as well');

# The folder that files are moved to becomes a link.
rename $done, "$done.real";
symlink("$dir/gone", $done);
copy($books[8], "$box/last.xlsx");
run('box');
files('box', '1');
like(run('box'), qr/^1\|0\|0\|last\.xlsx: could not open directory "\Q$done\E": /, 'a link is not followed');
is(list("$dir/gone") . '|' . list($box), '|last.xlsx passwd.xlsx', 'and the file stays');
like(files('box', 'state, error'), qr/done\|could not open directory/, 'with its error');
unlink $done;
rename "$done.real", $done;
is(run('box'), '1|0|0|', 'it is moved when it can be');
is(list($box) . '|' . as('ann', "SELECT error IS NULL FROM xlsx.schedule_files WHERE file_name = 'last.xlsx'"), 'passwd.xlsx|t', 'and the error is gone');


#
# Names
#

my $named = folder('named');
foreach my $options ([ "pattern => '(\\d+)_.*\\.xlsx', pattern_params => '{project,year}'" => 1, 2 ], [ "pattern => '(\\d+)_(x)\\.xlsx', pattern_params => '{project}'" => 2, 1 ], [ "pattern => '\\d+\\.xlsx', pattern_params => '{project}'" => 0, 1 ],
	[ "pattern => '(a)(b)', pattern_params => '{a,a}'" => 2, 2 ])
{
	my ($sql, $groups, $params) = @$options;
	like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$named', $sql)"), qr/^ERROR:  pattern has $groups groups for $params pattern_params\nDETAIL:  With pattern_params, pattern is a regular expression;/, "$sql is refused");
}
like(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$named', pattern => '(', pattern_params => '{project}')"), qr/invalid regular expression/, 'and so is what is no expression');
as('ann', "SELECT xlsx.schedule('named', NULL, 'people', '$named', settle => '0 s', pattern => '(\\d+)_.*\\.xlsx', pattern_params => '{project}')");
copy($books[0], "$named/17_people.XLSX");
copy($books[1], "$named/people.xlsx");
copy($books[2], "$named/x17_people.xlsx");
copy($books[3], "$named/.18_hidden.xlsx");
is(run('named'), '1|1|0|', 'only names that match as a whole are taken');
is(files('named', 'file_name, params'), '17_people.XLSX|{"project": "17"}', 'and what the groups matched is kept with the file');
as('ann', "CREATE TABLE mail (name text, data bytea)");
$node->safe_psql('postgres', "INSERT INTO mail VALUES ('5.xlsx', pg_read_binary_file('$books[5]')), ('no.xlsx', pg_read_binary_file('$books[6]'))");
as('ann', "SELECT xlsx.schedule('mails', NULL, 'people', query => 'SELECT data, name FROM mail', pattern => '(\\d)\\.xlsx', pattern_params => '{no}')");
is(run('mails'), '1|1|0|', 'a query\'s names too');

#
# When nothing comes
#

as('ann', "SELECT xlsx.schedule('daily', NULL, 'people', '$named', settle => '0 s', expect_every => '1 day')");
is(as('ann', "SELECT overdue, warning FROM xlsx.schedules WHERE name = 'daily'"), 'f|', 'a new schedule is not late');
$node->safe_psql('postgres', "UPDATE xlsx_private.schedule SET created_at = '2020-01-01 00:00+00' WHERE name = 'daily'");
is(as('ann', "SET timezone = 'UTC'; SELECT overdue, warning FROM xlsx.schedules WHERE name = 'daily'"), 't|No file came since 2020-01-01 00:00:00+00; one is expected every 1 day.', 'one that nothing came for is');
is($node->safe_psql('postgres', "SELECT value FROM xlsx.metrics WHERE name = 'schedules_overdue'"), 1, 'and is counted');
run('daily');
is(as('ann', "SELECT overdue, warning FROM xlsx.schedules WHERE name = 'daily'"), 'f|', 'until something comes');
is(refusal('ann', "SELECT xlsx.schedule('none', NULL, 'people', '$named', expect_every => '0 s')"), 'ERROR:  expect_every must be a time above 0', 'never is no time');

#
# The next run, as pg_cron has it
#

foreach my $case ([ '*/5 * * * *', '00:05' ], [ '0 0 1 1 *', '2' ], [ '61 * * * *', '' ], [ '@reboot', '' ], [ 'x', '' ], [ '0 3 29 feb *', '29' ])
{
	my ($cron, $like) = @$case;
	my $next = $node->safe_psql('postgres', "SET timezone = 'GMT'; SELECT xlsx_private.cron_next('$cron', NULL)");
	$like eq '' ? is($next, '', "$cron has none") : ok($next ne '' && $node->safe_psql('postgres', "SELECT '$next'::timestamptz > now()") eq 't', "$cron has one");
}
is($node->safe_psql('postgres', q{SELECT array_agg(xlsx_private.cron_field(f, 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')::text) FROM unnest(ARRAY['mon-wed', '*/3', '1,5', '2-6/2', 'sun', '8', '3-', '*/0', 'mon-xyz']) AS f}),
	'{"{1,2,3}","{0,3,6}","{1,5}","{2,4,6}","{0}",NULL,NULL,NULL,NULL}', 'fields of a crontab line');
is($node->safe_psql('postgres', q{SET timezone = 'GMT'; SELECT bool_and(extract(dow FROM n) = 1 OR extract(day FROM n) = 13) FROM (SELECT xlsx_private.cron_next('0 0 13 * mon', NULL) AS n) AS s}), 't', 'a day of the month or one of the week');

#
# pg_cron
#

SKIP:
{
	skip 'pg_cron is not installed (Debian: postgresql-15-cron)', 13 unless $has_cron;

	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO ann, bob');
	as('ann', "SELECT xlsx.schedule('timed', '* * * * *', 'people', '$named', settle => '0 s')");
	is(as('ann', "SELECT job_exists, next_run > now() AND next_run <= now() + interval '1 minute', warning FROM xlsx.schedules WHERE name = 'timed'"), 't|t|', 'the job is there, and runs within a minute');
	is(refusal('ann', "SELECT cron.schedule('xlsx other', '* * * * *', 'SELECT 1'); SELECT xlsx.schedule('other', '* * * * *', 'people', '$named')") =~ s/^\d+\n//r,
		qq{ERROR:  pg_cron has a job "xlsx other" already\nHINT:  Give the schedule another name, or remove the job: SELECT cron.unschedule('xlsx other');}, 'a job of somebody\'s own is not overwritten');

	# Another job has the number, as after a restore.
	my $job = as('ann', "SELECT job FROM xlsx.schedules WHERE name = 'timed'");
	$node->safe_psql('postgres', "DELETE FROM cron.job WHERE jobid = $job; UPDATE cron.job SET jobid = $job WHERE jobname = 'xlsx other'");
	is(as('ann', "SELECT job_exists, next_run, warning FROM xlsx.schedules WHERE name = 'timed'"), 'f||The job of pg_cron is missing; xlsx.reschedule makes it again.', 'a job that is missing is told');
	is($node->safe_psql('postgres', "SELECT job_exists FROM xlsx.schedules WHERE name = 'timed'"), 'f', 'to everybody who sees the schedule');
	as('ann', "SELECT xlsx.reschedule('timed', '*/2 * * * *')");
	is(as('ann', "SELECT cron, job_exists FROM xlsx.schedules WHERE name = 'timed'"), '*/2 * * * *|t', 'xlsx.reschedule makes it again');
	as('ann', "SELECT xlsx.reschedule('timed', NULL)");
	is(as('ann', "SELECT count(*) FROM cron.job WHERE jobname = 'xlsx timed'"), 0, 'or takes it away');
	as('ann', "SELECT xlsx.reschedule('timed', '* * * * *')");
	$job = as('ann', "SELECT job FROM xlsx.schedules WHERE name = 'timed'");
	$node->safe_psql('postgres', "DELETE FROM cron.job WHERE jobid = $job; UPDATE cron.job SET jobid = $job WHERE jobname = 'xlsx other'");
	as('ann', "SELECT xlsx.unschedule('timed')");
	is(as('ann', 'SELECT jobname FROM cron.job'), 'xlsx other', 'xlsx.unschedule removes no other job');
	as('ann', "SELECT cron.unschedule('xlsx other')");

	# A run that fails is a run of pg_cron that fails.
	rmdir $gone;
	as('ann', "SELECT xlsx.schedule('late', '\@reboot', 'people', '$named', settle => '0 s')");
	as('ann', "SELECT xlsx.unschedule('gone')");
	mkdir $gone;
	as('ann', "SELECT xlsx.schedule('gone', '\@reboot', 'people', '$gone')");
	rmdir $gone;
	is(as('ann', "SELECT next_run, job_exists FROM xlsx.schedules WHERE name = 'gone'"), '|t', 'a job that runs with the server has no next run');
	$node->restart;
	$node->poll_query_until('postgres', "SELECT count(*) = 2 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')") or die 'pg_cron did not run the schedules';
	is($node->safe_psql('postgres', "SELECT string_agg(status, ' ' ORDER BY command) FROM cron.job_run_details"), 'failed succeeded', 'pg_cron knows which run has failed');
	like($node->safe_psql('postgres', "SELECT return_message FROM cron.job_run_details WHERE status = 'failed'"), qr/schedule "gone" has failed: could not open directory/, 'and why');
	like(as('ann', "SELECT last_error FROM xlsx.schedules WHERE name = 'gone'"), qr/could not open directory/, 'and so does xlsx.schedules');

	# Restored elsewhere, there is no job.
	$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", '-N', 'cron', '--extension', 'pg_xlsx', '--extension', 'plpgsql', 'postgres' ], 'pg_dump');
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$dir/dump" ], 'pg_restore');
	is($node->safe_psql('copy', "SELECT job_exists, next_run, warning FROM xlsx.schedules WHERE name = 'gone'"), 'f||The job of pg_cron is missing; xlsx.reschedule makes it again.', 'a restored schedule has no job');
	is($node->safe_psql('copy', "SET ROLE ann; SELECT xlsx.unschedule('gone')"), '', 'and is removed without one');
	is($node->safe_psql('postgres', "SELECT count(*) FROM cron.job WHERE jobname = 'xlsx gone'"), 1, 'that of the original stays');
}

$node->stop;
done_testing();
