# The progress of running imports: in xlsx.progress, in REST, and in events of a transaction that stays open.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('progress', "pg_xlsx.progress_interval = 0\npg_xlsx.retry_delay = 100ms\nrestart_after_crash = on\n");
make_people($node);
my $small = workbook('-r', 5000);
my $large = workbook('-r', 60000, '-e', 5);

# A trigger that takes its time, so that there is something to see: once a hundred rows.
sub slow_down
{
	my ($where) = @_;

	$where->safe_psql('postgres', <<'SQL');
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE TRIGGER take_time AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id LIKE '%01') EXECUTE FUNCTION take_time();
SQL
	return;
}

sub events
{
	my ($heard, $task) = @_;

	return map { decode_json($_) } $heard =~ /payload "$task task-progress (\{.*\})" received/g;
}

sub rises
{
	my ($what, @numbers) = @_;

	is(join(' ', @numbers), join(' ', sort { $a <=> $b } @numbers), "$what never fall");
	return;
}

# Who sees what.
{
	$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN IN ROLE xlsx_user; CREATE ROLE bob LOGIN IN ROLE xlsx_user; CREATE ROLE eve LOGIN IN ROLE xlsx_admin; GRANT ALL ON people TO ann');
	my $holder = block_at($node, 'BIO-0003500', 'SAVING');
	my $task = submit($node, $small);
	wait_blocked($node);
	is($node->safe_psql('postgres', 'SELECT datname, task, owner, profile, file_name, attempt, in_transaction, phase, validating, total_rows, validated_rows, error_rows, committed FROM xlsx.progress'),
		"postgres|$task|postgres|people|book.xlsx|1|f|SAVING|100|5000|5000|0|t", 'xlsx.progress shows a task');
	is($node->safe_psql('postgres', "SET ROLE $_; SELECT count(*) FROM xlsx.progress"), { ann => 0, bob => 0, eve => 1 }->{$_},
		"$_ sees as many imports as he sees tasks") foreach qw(ann bob eve);
	my $seen = $node->safe_psql('postgres', "SELECT progress = (xlsx_rest.task_json(id) ->> 'progress')::int, saved_rows = (xlsx_rest.task_json(id) ->> 'savedRows')::int, seq > (SELECT max(seq) FROM xlsx_private.task) - 1048576, seq < (SELECT max(seq) FROM xlsx_private.task) FROM xlsx.tasks WHERE id = $task");
	is($seen, 't|t|t|t', 'xlsx.tasks and REST say the same, with numbers of events that the claim has set aside');
	$holder->quit;
	is(wait_for($node, $task), 'COMPLETED', 'it ends');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.progress'), 0, 'then it is gone from there');
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE; TRUNCATE people');
}

# A call of xlsx.import is seen by others, who cannot see its row yet.
{
	my $holder = block_at($node, 'BIO-0003500', 'SAVING');
	my $caller = $node->background_psql('postgres');
	$caller->query_until(qr/asked/, "\\echo asked\nSELECT saved_rows FROM xlsx.import('people', pg_read_binary_file('$small'));\n");
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory'") or die 'nobody waits';
	is($node->safe_psql('postgres', 'SELECT in_transaction, phase, validating, validated_rows, committed, p.pid = a.pid FROM xlsx.progress p, pg_stat_activity a WHERE wait_event = \'advisory\''),
		't|SAVING|100|5000|f|t', 'xlsx.progress shows a call of xlsx.import');
	is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE status = 'PROCESSING'"), 0, 'its task is not committed');
	$holder->quit;
	$caller->quit;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.progress'), 0, 'then it is gone');
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE; TRUNCATE people');
}

# Modes that keep all or nothing: the bar moves while nothing is committed, without and with a reading process before.
slow_down($node);
foreach my $case ([ 'a small file', $small, "mode => 'all_or_nothing'", 5000 ], [ 'a large file', workbook('-r', 30000), "mode => 'replace'", 30000 ],
	[ 'a dry run', $small, 'dry_run => true', 5000 ])
{
	my ($name, $book, $wish, $rows) = @$case;
	my $listener = $node->background_psql('postgres');
	$listener->query_safe('SELECT xlsx.listen()');
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book'), 'book.xlsx', $wish)");
	$node->poll_query_until('postgres', "SELECT committed IS FALSE AND saving BETWEEN 10 AND 99 AND saved_rows > 0 FROM xlsx.progress WHERE task = $task")
	  or die 'nothing is promised';
	cmp_ok($node->safe_psql('postgres', "SELECT progress FROM xlsx.tasks WHERE id = $task"), '>=', 55, "$name: the task is seen to go on");
	is(task_row($node, $task, 'saved_rows'), 0, "$name: its row is not touched");
	is(wait_for($node, $task), 'COMPLETED', "$name: it ends");
	my @events = events($listener->query_safe('SELECT 1'), $task);
	$listener->quit;
	my @saving = grep { $_->{phase} eq 'SAVING' } @events;
	my @promised = grep { exists $_->{committed} && !$_->{committed} } @saving;
	cmp_ok(scalar(@promised), '>=', 4, "$name: events tell it as a promise");
	rises("$name: seq", map { $_->{seq} } @events);
	rises("$name: percents", map { $_->{progress} } @saving);
	is_deeply([ map { $_->{progress} } @saving[0, -1] ], [ 0, 100 ], "$name: from 0 to 100");
	ok(!exists $saving[-1]{committed}, "$name: the last one is no promise");
	$node->safe_psql('postgres', 'TRUNCATE people');
}

# No number of an event comes twice, whatever ends the worker.
{
	my @heard;
	my $listener = $node->background_psql('postgres', on_error_stop => 0);
	$listener->query_safe('SELECT xlsx.listen()');
	my $task = submit($node, $large);
	$node->poll_query_until('postgres', "SELECT saving > 5 FROM xlsx.progress WHERE task = $task") or die 'nothing is saved';
	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM xlsx.progress WHERE task = $task");
	is(wait_for($node, $task), 'HAS_ERRORS', 'a task goes on after its worker is gone');
	my @seq = map { $_->{seq} } events($listener->query_safe('SELECT 1'), $task);
	$listener->quit;
	rises('numbers', @seq);
	my %times;
	$times{$_}++ foreach @seq;
	is((grep { $_ > 1 } values %times), 0, 'and none comes twice');
	is(counts_of($node, $task), '60000|57000|3000|57000|57000|3000|0|0', 'with every row once');
	$node->safe_psql('postgres', 'TRUNCATE people');
}

# An event of somebody else takes its number from the attempt that runs.
{
	my $holder = block_at($node, 'BIO-0003500', 'SAVING');
	my $task = submit($node, $small);
	wait_blocked($node);
	my ($before, $seq) = split /\|/, $node->safe_psql('postgres',
		"SELECT seq, xlsx.emit($task, 'task-progress', '{\"phase\": \"SAVING\"}') FROM xlsx.tasks WHERE id = $task");
	is($seq, $before + 1, 'xlsx.emit does not jump ahead of what is still to be told');
	$holder->quit;
	is(wait_for($node, $task), 'COMPLETED', 'it ends');
	$node->safe_psql('postgres', 'DROP FUNCTION stop_here CASCADE; TRUNCATE people');
}
$node->stop;

# Without preloading there is shared memory for a few.
{
	$node = PostgreSQL::Test::Cluster->new('plain');
	$node->init;
	$node->append_conf('postgresql.conf', "pg_xlsx.progress_interval = 0\n");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx');
	make_people($node);
	slow_down($node);
	my $task = submit($node, $large);
	$node->poll_query_until('postgres', "SELECT saving BETWEEN 5 AND 99 AND validating = 100 FROM xlsx.progress WHERE task = $task")
	  or die 'xlsx.progress is empty without preloading';
	pass('xlsx.progress works without shared_preload_libraries');
	is(wait_for($node, $task), 'HAS_ERRORS', 'and the task ends');
	$node->stop;
}

done_testing();
