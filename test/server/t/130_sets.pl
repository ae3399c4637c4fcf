# Several tables from one workbook, in order: xlsx.submit_set.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('sets', "pg_xlsx.max_workers = 4\nrestart_after_crash = on\n");

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE departments (task_id bigint, code text PRIMARY KEY, title text NOT NULL);
CREATE TABLE employees (task_id bigint, name text NOT NULL, department text NOT NULL REFERENCES departments);
CREATE TABLE badges (task_id bigint, name text NOT NULL, needed text NOT NULL);
SELECT xlsx.create_profile('departments', 'departments', 'task_id');
SELECT xlsx.create_profile('employees', 'employees', 'task_id');
SELECT xlsx.create_profile('badges', 'badges', 'task_id');
SQL

sub book
{
	my ($json) = @_;

	run([ 'python3', "$ENV{TESTDIR}/tools/book.py", $json ], '>', \my $out) or die 'no workbook';
	chomp $out;
	return $out;
}

sub submit_set
{
	my ($book, $members, $more) = @_;

	return $node->safe_psql('postgres', "SELECT xlsx.submit_set(decode('$book', 'base64'), '$members', 'firm.xlsx'" . ($more // '') . ')');
}

sub tasks_of
{
	my ($set, $columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM xlsx.tasks WHERE set_id = $set ORDER BY id");
}

sub refused
{
	my ($sql) = @_;
	my ($code, $out, $error) = $node->psql('postgres', $sql);

	$error =~ s/^psql:<stdin>:\d+: //;
	$error =~ s/\nCONTEXT:.*//s;
	return $error;
}

my $firm = book('{"Departments": [["Code", "Title"], ["D1", "Sales"], ["D2", "Works"]], "Employees": [["Name", "Department"], ["Ann", "D1"], ["Bob", "D2"], ["Cid", "D1"]]}');
my $members = '[{"profile": "departments", "sheet": "Departments"}, {"profile": "employees", "sheet": "Employees"}]';

# Held at the queue, all wait; then each sees the rows of the one before it.
$node->safe_psql('postgres', 'INSERT INTO xlsx_private.queue_rule (paused) VALUES (true)');
my $set = submit_set($firm, $members);
is($node->safe_psql('postgres', "SELECT status, profile, set_size, run_at, total_rows FROM xlsx.tasks WHERE id = $set"), 'PENDING|departments, employees|2||0', 'a set is a task');
is(tasks_of($set, "profile, sheet, status, after = lag(id) OVER (ORDER BY id)"), "departments|Departments|PENDING|\nemployees|Employees|PENDING|t", 'with a task for each member');
like($node->safe_psql('postgres', "SELECT waiting_for FROM xlsx.tasks WHERE id = $set"), qr/^its first task, which waits for /, 'it waits with its first task');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.file'), '1', 'the file is stored once');
$node->safe_psql('postgres', 'DELETE FROM xlsx_private.queue_rule; SELECT xlsx_private.wake_queue()');
is(wait_for($node, $set), 'COMPLETED', 'it ends with its last task');
is($node->safe_psql('postgres', "SELECT status, progress, total_rows, saved_rows, inserted_rows, error_rows FROM xlsx.tasks WHERE id = $set"), 'COMPLETED|100|5|5|5|0', 'and has the numbers of both');
is(tasks_of($set, 'status, saved_rows'), "COMPLETED|2\nCOMPLETED|3", 'each has its own');
is($node->safe_psql('postgres', 'SELECT count(*) FROM employees JOIN departments ON code = department'), '3', 'the rows are there');
is($node->safe_psql('postgres', 'SELECT coalesce(sum(saved_rows), 0) FROM xlsx_private.tally'), '5', 'rows are counted once');
wait_tidy($node);
$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM xlsx_private.file)') or die 'the file stays';
is(refused("SELECT xlsx.retry($set)"), "ERROR:  cannot retry task $set because it is COMPLETED", 'it need not be retried');
is($node->safe_psql('postgres', "SELECT deleted_rows FROM xlsx.delete($set)"), '5', 'deleting it deletes the rows of all, the last ones first');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.tasks'), '0', 'and all tasks');

# Events of the set.
my $listener = $node->background_psql('postgres');
$listener->query_safe('SELECT xlsx.listen()');
$set = submit_set($firm, $members);
wait_for($node, $set);
my $heard = $listener->query_safe('SELECT 1');
my @events = $heard =~ /"$set ([a-z-]+ \{.*?\})" received/g;
is(scalar(grep { /^task-completed / } @events), 1, 'one event ends a set');
ok(scalar(grep { /^task-progress .*"status":"PROCESSING","progress":50,"totalRows":2,"validatedRows":2,"errorRows":0,"savedRows":2/ } @events), 'and others say how far it is');
$listener->quit;
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# A failed member: the later ones do not start. A retry of the set goes on with it.
my $bad = book('{"Departments": [["Code", "Title"], ["D1", "Sales"]], "Badges": [["Name"], ["x"]], "Employees": [["Name", "Department"], ["Ann", "D1"]]}');
$set = submit_set($bad, '[{"profile": "departments", "sheet": "Departments"}, {"profile": "badges", "sheet": "Badges"}, {"profile": "employees", "sheet": "Employees"}]');
is(wait_for($node, $set), 'FAILED', 'a set fails with one of its tasks');
my ($first, $second, $third) = split /\n/, tasks_of($set, 'id');
is(tasks_of($set, 'status, error_message'), "COMPLETED|\nFAILED|Invalid headers. Expected: Name, Needed. Received: Name\nCANCELLED|task $second, which comes first, has failed", 'the later ones do not start');
is($node->safe_psql('postgres', "SELECT error_message, error_hint FROM xlsx.tasks WHERE id = $set"),
	"task $second (badges): Invalid headers. Expected: Name, Needed. Received: Name|xlsx.retry of the set goes on with this task.", 'and the set says which one failed');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.file'), '1', 'the file is kept for a retry');
$node->safe_psql('postgres', "SELECT xlsx.set_column('badges', 'needed', required => false); ALTER TABLE badges ALTER needed DROP NOT NULL");
is($node->safe_psql('postgres', "SELECT xlsx.retry($set)"), 'PENDING', 'the set is retried');
is(wait_for($node, $set), 'COMPLETED', 'it goes on with the task that failed');
is(tasks_of($set, 'status, attempts, saved_rows'), "COMPLETED|1|1\nCOMPLETED|1|1\nCOMPLETED|1|1", 'and with those after it');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM departments), (SELECT count(*) FROM badges), (SELECT count(*) FROM employees)'), '1|1|1', 'each row once');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# Rows with errors hold nobody back, unless the member says so.
my $some = book('{"Departments": [["Code", "Title"], ["D1", "Sales"], ["D2", ""]], "Employees": [["Name", "Department"], ["Ann", "D1"], ["Bob", "D2"]]}');
$set = submit_set($some, $members);
is(wait_for($node, $set), 'HAS_ERRORS', 'a set has errors if a task has some');
is(tasks_of($set, 'status, saved_rows, error_rows'), "HAS_ERRORS|1|1\nHAS_ERRORS|1|1", 'the others run');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");
$set = submit_set($some, '[{"profile": "departments", "sheet": "Departments", "max_errors": 0}, {"profile": "employees", "sheet": "Employees"}]');
is(wait_for($node, $set), 'FAILED', 'unless no errors are allowed');
is(tasks_of($set, 'status'), "FAILED\nCANCELLED", 'which holds the later ones back');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# Cancel
$node->safe_psql('postgres', 'INSERT INTO xlsx_private.queue_rule (paused) VALUES (true)');
$set = submit_set($firm, $members, ", idempotency_key => 'once'");
is(submit_set($firm, $members, ", idempotency_key => 'once'"), $set, 'the same key is the same set');
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx_private.task'), '3', 'without other tasks');
is($node->safe_psql('postgres', "SELECT xlsx.cancel($set)"), 'CANCELLED', 'a set is cancelled');
is(tasks_of($set, 'status'), "CANCELLED\nCANCELLED", 'with its tasks');
$node->safe_psql('postgres', "SELECT xlsx.retry($set); DELETE FROM xlsx_private.queue_rule; SELECT xlsx_private.wake_queue()");
is(wait_for($node, $set), 'COMPLETED', 'and retried');
is($node->safe_psql('postgres', 'SELECT count(*) FROM employees'), '3', 'each row once');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# What is done to one of its tasks stands in the numbers of the set, whose state stays.
my $sums = 'status, total_rows, saved_rows, error_rows';
my $of_set = sub { $node->safe_psql('postgres', "SELECT $sums FROM xlsx.tasks WHERE id = $set") };
$set = submit_set($some, $members);
wait_for($node, $set);
is($of_set->(), 'HAS_ERRORS|4|2|2', 'a set counts what its tasks count');
($first, $second) = split /\n/, tasks_of($set, 'id');
$node->safe_psql('postgres', "SELECT xlsx.undo($second)");
is($of_set->(), 'HAS_ERRORS|4|1|2', 'also when one is undone');
like(refused("SELECT xlsx.undo($set)"), qr/^ERROR:  task $set is a set\nHINT:  Undo its tasks, the last one first\./, 'by itself: a set is not undone');
$node->safe_psql('postgres', "SELECT xlsx.delete($second)");
is($of_set->(), 'HAS_ERRORS|2|1|1', 'and when one is deleted');
$node->safe_psql('postgres', "SELECT xlsx.delete($first)");
is($of_set->(), 'HAS_ERRORS|0|0|0', 'and when none is left');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.delete($set)"), '1', 'it can be deleted then');
$set = submit_set($some, '[{"profile": "departments", "sheet": "Departments", "max_errors": 0}, {"profile": "employees", "sheet": "Employees"}]');
wait_for($node, $set);
$node->safe_psql('postgres', "SELECT xlsx.delete(id) FROM xlsx.tasks WHERE set_id = $set ORDER BY id DESC");
is(refused("SELECT xlsx.retry($set)"), "ERROR:  cannot retry set $set because its tasks that did not end well were deleted", 'nothing is left to retry');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# Erased with its tasks
$set = submit_set($some, $members);
wait_for($node, $set);
$node->safe_psql('postgres', "SELECT xlsx.erase($set)");
is($node->safe_psql('postgres', "SELECT count(*), count(erased_at) FROM xlsx.tasks WHERE id = $set OR set_id = $set"), '3|3', 'erasing a set erases its tasks');
is($node->safe_psql('postgres', "SELECT (SELECT count(*) FROM xlsx_private.file), count(*) FROM xlsx_private.error_page"), '0|0', 'with the file and the rows that have errors');
is($of_set->(), 'HAS_ERRORS|4|2|2', 'the numbers stay');
$node->safe_psql('postgres', "SELECT xlsx.delete($set)");

# A dry set, held by the profiles of its tasks
$node->safe_psql('postgres', "SELECT xlsx.alter_profile('departments', hold => true); SELECT xlsx.alter_profile('employees', hold => true)");
$set = submit_set($firm, $members, ', dry_run => true');
($first, $second) = split /\n/, tasks_of($set, 'id');
is(refused("SELECT xlsx.erase($set)"), "ERROR:  cannot erase task $set because it is PENDING", 'a set that has not ended is not erased');
is($node->safe_psql('postgres', "SELECT xlsx.release($set)"), 'PENDING', 'a set is released');
is(wait_for($node, $set), 'HAS_ERRORS', 'with all of its tasks');
is(tasks_of($set, 'held, status'), "f|COMPLETED\nf|HAS_ERRORS", 'so that the second starts after the first');
is(refused("SELECT xlsx.release($set)"), "ERROR:  no task of set $set is held", 'once');
is(refused("SELECT xlsx.run($set)"), "ERROR:  task $set is a set\nHINT:  Run its tasks, the first one first.", 'its tasks are run for good');
my $run = $node->safe_psql('postgres', "SELECT xlsx.run($first)");
$node->safe_psql('postgres', "SELECT xlsx.release($run)");
is(wait_for($node, $run), 'COMPLETED', 'one by one');
is($node->safe_psql('postgres', "SELECT message FROM xlsx.delete($first)"), 'Dry run deleted; it imported no rows.', 'a dry run had no rows to delete');
$node->safe_psql('postgres', "SELECT xlsx.delete($run); SELECT xlsx.delete($set)");
$node->safe_psql('postgres', "SELECT xlsx.alter_profile('departments', hold => false); SELECT xlsx.alter_profile('employees', hold => false)");

# What is refused
my $file = "decode('$firm', 'base64')";
my $hint = q{HINT:  Write it as [{"profile": "departments", "sheet": "Departments"}, {"profile": "employees", "sheet": "Employees"}].};
is(refused("SELECT xlsx.submit_set($file, '[]')"), "ERROR:  set must be a JSON array of 1 to 100 objects\n$hint", 'an empty set');
is(refused("SELECT xlsx.submit_set($file, '{}')"), "ERROR:  set must be a JSON array of 1 to 100 objects\n$hint", 'one that is no array');
is(refused("SELECT xlsx.submit_set($file, '[{\"sheet\": \"a\"}]')"),
	qq{ERROR:  member 1 of the set has no profile\nDETAIL:  It is {"sheet": "a"}.\nHINT:  Write it as {"profile": "people", "sheet": "People"}, with any options of an import.}, 'a member without a profile');
is(refused("SELECT xlsx.submit_set($file, '[{\"profile\": \"departments\"}, {\"profile\": \"employees\", \"after\": 1}]')"),
	qq{ERROR:  member 2 of the set cannot have "after"\nDETAIL:  Each member starts after the one before it.\nHINT:  Give it to the set.}, 'an option that is the set\'s');
like(refused("SELECT xlsx.submit_set($file, '[{\"profile\": \"departments\", \"shet\": \"a\"}]')"), qr/^ERROR:  unknown (option|field) "shet"/, 'an unknown option');
like(refused("SELECT xlsx.submit_set($file, '[{\"profile\": \"nobody\"}]')"), qr/^ERROR:  profile "nobody" does not exist/, 'an unknown profile');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM xlsx_private.task) + (SELECT count(*) FROM xlsx_private.file)'), '0', 'nothing stays of these');

# Killed in the middle of the second task.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  RETURN NEW;
END $$;
CREATE TRIGGER stop_here AFTER INSERT ON employees FOR EACH ROW WHEN (NEW.name = 'Bob') EXECUTE FUNCTION stop_here();
SQL
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(4711)');
$set = submit_set($firm, $members);
wait_blocked($node);
is($node->safe_psql('postgres', "SELECT status, saved_rows FROM xlsx_private.task WHERE id = $set"), 'PROCESSING|2', 'a set is PROCESSING while a task is');
kill_process($node, worker_pid($node));
is($node->safe_psql('postgres', "SELECT xlsx.wait($set, '60 s')"), 'COMPLETED', 'after a crash it goes on');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM departments), (SELECT count(*) FROM employees)'), '2|3', 'each row once');
is($node->safe_psql('postgres', "SELECT saved_rows, (SELECT sum(saved_rows) FROM xlsx.tasks WHERE set_id = $set) FROM xlsx.tasks WHERE id = $set"), '5|5', 'and counted once');

$node->stop;
done_testing();
