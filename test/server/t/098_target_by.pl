# A target that is renamed, dropped and made again, or takes the place of another: a profile means its name or the table itself, and says so.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('target_by', "pg_xlsx.progress_interval = 0\npg_xlsx.retry_delay = 50ms\n");
my $book = workbook('-r', 3);
my $large = workbook('-r', 6000);
my $columns = '(task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL)';
$node->safe_psql('postgres', "CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS small, pg_read_binary_file('$large') AS large");

sub sql
{
	my ($statement) = @_;

	return $node->safe_psql('postgres', $statement);
}

# A table of people and its profile, both new.
sub begin
{
	my ($target_by) = @_;

	sql("DROP TABLE IF EXISTS people, people_old, people_new CASCADE; DROP FUNCTION IF EXISTS stop_here() CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles;"
		  . " CREATE TABLE people $columns; CREATE TABLE people_new $columns;"
		  . " SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}'" . ($target_by ? ", target_by => '$target_by'" : '') . ')');
	return;
}

sub swap
{
	return 'BEGIN; ALTER TABLE people RENAME TO people_old; ALTER TABLE people_new RENAME TO people; COMMIT';
}

# Submits; returns the task and what the submit has said.
sub submit_heard
{
	my ($status, $task, $said) = $node->psql('postgres', "SELECT xlsx.submit('people', small) FROM book");

	return ($task, join ' ', $said =~ /(?:NOTICE|HINT): +(.*)/g);
}

sub note_of
{
	my ($task) = @_;

	return sql("SELECT string_agg(n ->> 'message', '/') FROM xlsx.tasks, jsonb_array_elements(notes) n WHERE id = $task AND n ->> 'code' = 'target'");
}

sub rows_in
{
	my (@tables) = @_;

	return join ' ', map { sql("SELECT count(*) FROM $_") } @tables;
}

my $hint = q{Another table becomes the target by: SELECT xlsx.alter_profile('people', target => …);};

# By name, which is the default.
begin();
is(sql('SELECT target_by FROM xlsx.profiles'), 'name', 'a target is meant by its name');
sql(swap());
is(sql('SELECT target FROM xlsx.profiles'), 'people', 'another table takes the name of the target');
my ($task, $said) = submit_heard();
my $word = 'the target of profile people, public.people, is another table than before; the one before is called public.people_old now';
is($said, "$word $hint", 'the submit says so');
is(wait_for($node, $task), 'COMPLETED', 'the import saves');
is(rows_in('people', 'people_old'), '3 0', 'into the table that bears the name');
is(note_of($task), $word, 'and the task says so');
like(slurp_file($node->logfile), qr/WARNING:  \Q$word\E/, 'and the log');
($task, $said) = submit_heard();
wait_for($node, $task);
is("$said/" . note_of($task) . '/' . rows_in('people', 'people_old'), '//6 0', 'once');

begin();
sql("DROP TABLE people; CREATE TABLE people $columns");
($task, $said) = submit_heard();
is($said, "the target of profile people, public.people, is another table than before; the one before was dropped $hint", 'a target that was dropped and made again');
is(wait_for($node, $task) . rows_in('people'), 'COMPLETED3', 'is filled');

begin();
sql('ALTER TABLE people RENAME TO people_old');
($task, $said) = submit_heard();
is($said, "the target of profile people, public.people, is called public.people_old now $hint", 'a target that was merely renamed');
is(wait_for($node, $task) . rows_in('people_old'), 'COMPLETED3', 'is filled, and not silently');
like(note_of($task), qr/is called public\.people_old now$/, 'the task says so');
sql('ALTER TABLE people_new RENAME TO people');
is(sql('SELECT target FROM xlsx.profiles'), 'people_old', 'its name is kept true when it is used');

# A task that waits.
begin();
sql('SELECT xlsx.pause()');
($task) = submit_heard();
sql(swap() . '; SELECT xlsx.resume()');
is(wait_for($node, $task) . rows_in('people', 'people_old'), 'COMPLETED3 0', 'a task that waited saves into the table that bears the name');
is(note_of($task), $word, 'and says so');
is(sql("SELECT undone FROM xlsx.undo($task)"), 3, 'its rows are undone there');
sql('SELECT xlsx.pause()');
($task) = submit_heard();
sql('SELECT xlsx.resume()');
wait_for($node, $task);
sql('ALTER TABLE people RENAME TO people_older; ALTER TABLE people_old RENAME TO people');
is(sql("SELECT deleted_rows FROM xlsx.delete($task)"), 3, 'a delete finds the rows where they are, whatever the table is called');
sql('DROP TABLE people_older');

# In mid-import: the rows of the following batches.
foreach my $case ([ 'swapped', swap() ], [ 'dropped and made again', "BEGIN; DROP TABLE people CASCADE; CREATE TABLE people $columns; COMMIT" ])
{
	my ($name, $change) = @$case;

	begin();
	my $held = block_at($node, 'BIO-0001500', 'SAVING');
	$task = sql("SELECT xlsx.submit('people', large) FROM book");
	wait_blocked($node);
	my $changer = $node->background_psql('postgres');
	$changer->query_until(qr/changing/, "\\echo changing\n$change;\n");
	$node->poll_query_until('postgres', "SELECT count(*) >= 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'") or die 'no change';
	$held->quit;
	$changer->quit;
	is(wait_for($node, $task), 'COMPLETED', "a target that is $name in mid-import");
	my ($new, $old) = (rows_in('people'), $name eq 'swapped' ? rows_in('people_old') : undef);
	cmp_ok($new, '>', 0, "the other table gets the following rows: $new");
	is($new + $old, 6000, 'and no row is lost or saved twice') if defined $old;
	like(note_of($task), qr/is another table than before/, 'the task says so');
	is(task_row($node, $task, 'attempts, saved_rows'), '1|6000', 'in one attempt');
}

# A target that is gone: the statement that mends it.
begin();
sql('DROP TABLE people');
($task) = submit_heard();
is(wait_for($node, $task), 'FAILED', 'a target that is gone');
is(sql("SELECT error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = $task"),
	q{target table of profile "people" does not exist any more|No table is called public.people.|Use: SELECT xlsx.alter_profile('people', target => '…'); then upload the file again.}, 'is named with what mends it');
sql("SELECT xlsx.alter_profile('people', target => 'people_new')");
($task, $said) = submit_heard();
is($said . wait_for($node, $task) . rows_in('people_new'), 'COMPLETED3', 'which does');

# By table.
begin('table');
sql(swap());
is(sql('SELECT target, target_by FROM xlsx.profiles'), 'people_old|table', 'a profile that means the table itself');
($task, $said) = submit_heard();
is(wait_for($node, $task) . rows_in('people', 'people_old'), 'COMPLETED0 3', 'fills it whatever its name');
sql('DROP TABLE people_old');
($task) = submit_heard();
is(wait_for($node, $task), 'FAILED', 'and no other when it is gone');
is(sql("SELECT error_detail FROM xlsx.tasks WHERE id = $task"), 'The profile means the table itself, not its name (target_by "table").', 'and says so');
begin('table');
my $held = block_at($node, 'BIO-0001500', 'SAVING');
$task = sql("SELECT xlsx.submit('people', large) FROM book");
wait_blocked($node);
my $changer = $node->background_psql('postgres');
$changer->query_until(qr/changing/, "\\echo changing\n" . swap() . ";\n");
$node->poll_query_until('postgres', "SELECT count(*) >= 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'") or die 'no change';
$held->quit;
$changer->quit;
is(wait_for($node, $task) . rows_in('people', 'people_old'), 'COMPLETED0 6000', 'also in mid-import');

# The option.
begin();
sql("SELECT xlsx.alter_profile('people', target_by => 'table')");
is(sql("SELECT target_by FROM xlsx.profiles"), 'table', 'is changed by alter_profile');
is(sql("SELECT xlsx.profile_json('people') ->> 'target_by'"), 'table', 'and stands in the JSON of a profile');
sql("SELECT xlsx.create_profile_from_json(xlsx.profile_json('people'), 'copy')");
is(sql("SELECT target_by FROM xlsx.profiles WHERE name = 'copy'"), 'table', 'and is taken from there');
my ($status, $out, $error) = $node->psql('postgres', "SELECT xlsx.alter_profile('people', target_by => 'oid')");
like($error, qr/target_by "oid" does not exist\nDETAIL: +It says what the profile means by its target\.\nHINT: +It is "name" or "table"\./, 'another word is refused');
($status, $out, $error) = $node->psql('postgres', "SELECT xlsx.create_profile('more', 'people', target_by => 'oid')");
like($error, qr/target_by "oid" does not exist/, 'also in create_profile');
($status, $out, $error) = $node->psql('postgres', "SELECT xlsx.alter_profile('people', target => 'book')");
like($error, qr/relation "public.book" has no column bio_id, task_id/, 'a target without the columns of the profile is refused');

# A dump carries it.
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';
sql('ALTER TABLE people RENAME TO people_old; ALTER TABLE people_new RENAME TO people');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');
sql('CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', $dump ], 'pg_restore');
is($node->safe_psql('copy', "SELECT target, target_by FROM xlsx.profiles WHERE name = 'people'"), 'people_old|table', 'a dump carries which table is meant');

$node->stop;
done_testing();
