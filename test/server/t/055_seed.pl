# The way of a file through the server, as the seed describes it: stored, queued once, checked and saved in batches, reported, removed.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('seed', "pg_xlsx.progress_interval = 0\n");
make_people($node);

sub sql
{
	my ($query) = @_;

	return $node->safe_psql('postgres', $query);
}

# A workbook of these rows of (name, gender, bio_id); an empty text is an empty cell.
sub book_of
{
	my @rows = @_;
	my $values = join ', ', map { '(' . join(', ', map { $_ eq '' ? 'NULL' : "'$_'" } @$_) . ')' } @rows;

	return "xlsx.write(\$\$SELECT n::text AS name, g::text AS gender, b::text AS bio_id FROM (VALUES $values) AS v (n, g, b)\$\$,"
	  . " headers => '{\"name\": \"Name\", \"gender\": \"Gender\", \"bio_id\": \"Bio-ID\"}')";
}

# The events of an import, as [name, data], and its task.
sub events_of
{
	my ($path) = @_;
	my $listener = $node->background_psql('postgres');

	$listener->query_safe('SELECT xlsx.listen()');
	my $task = submit($node, $path);
	wait_for($node, $task);
	my $heard = $listener->query_safe('SELECT 1');
	$listener->quit;
	my @events;
	push @events, [ $1, decode_json($2) ] while $heard =~ /payload "$task (\S+) (.*)" received/g;
	return ($task, @events);
}

# Where the bytes are, and where they are not.
{
	is(sql(<<'SQL'), '', 'S-010: neither a task nor a job has a column that could hold the bytes of a file');
SELECT string_agg(format('%s.%s', c.relname, a.attname), ' ') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.oid IN ('xlsx_private.task'::regclass, 'xlsx_private.job'::regclass) AND a.attnum > 0 AND a.atttypid IN ('bytea'::regtype, 'oid'::regtype) AND a.attname <> 'file_hash'
SQL
	sql('SELECT xlsx.pause()');
	my ($first, $second) = map { sql("SELECT xlsx.submit('people', " . book_of([ $_, 'F', $_ ]) . ", '$_.xlsx')") } 'Ann', 'Bea';
	is(task_row($node, $first, 'status, file_size = (SELECT size FROM xlsx_private.file WHERE id = file_id),'
			  . ' (SELECT complete FROM xlsx_private.file WHERE id = file_id)'), 'PENDING|t|t', 'S-042: a task is PENDING when its file is stored whole');
	is(sql("SELECT count(*) FROM xlsx_private.due_task WHERE id IN ($first, $second)"), '0', 'S-042: a queue that is paused starts nothing');
	# The key of the one in the row of the other.
	sql("UPDATE xlsx_private.task t SET file_id = o.file_id FROM xlsx_private.task o WHERE (t.id, o.id) IN (($first, $second), ($second, $first))");
	sql('SELECT xlsx.resume()');
	is(wait_for($node, $_), 'COMPLETED', "S-043: what is due is picked up") foreach $first, $second;
	is(sql("SELECT string_agg(name, ' ' ORDER BY task_id) FROM people WHERE task_id IN ($first, $second)"), 'Bea Ann', 'S-050: the file is fetched by the key in the task');
	wait_tidy($node);
	is(sql('SELECT (SELECT count(*) FROM xlsx_private.file), (SELECT count(*) FROM xlsx_private.chunk)'), '0|0', 'S-011: after success without errors the file is deleted');
	sql('TRUNCATE people');
}

# States.
{
	my $holder = block_at($node, 'BIO-0001500', 'SAVING');
	my $task = submit($node, workbook('-r', 2000));
	wait_blocked($node);
	is(sql("SELECT status FROM xlsx.tasks WHERE id = $task"), 'PROCESSING', 'S-043: a task that a worker has picked up is PROCESSING');
	my $pid = worker_pid($node);
	my $other = sql("SELECT xlsx.submit('people', " . book_of([ 'Cid', 'M', 'C' ]) . ')');
	is(wait_for($node, $other), 'COMPLETED', 'another one goes through meanwhile');
	is(task_row($node, $task, 'worker_pid, attempts'), "$pid|1", 'S-057: no second worker takes a task that one works at');
	is(sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND backend_type = 'pg_xlsx worker'"), '1', 'S-057: and one writes its rows');
	$holder->quit;
	is(wait_for($node, $task), 'COMPLETED', 'and ends it');
	is(sql("SELECT count(*) FROM xlsx.jobs WHERE task_id = $task"), '1', 'S-055, S-166: one job for one task');
	sql('DROP TRIGGER stop_here ON people; DROP FUNCTION stop_here; TRUNCATE people');

	foreach my $wrong ('DONE', 'completed', 'ACTIVE', 'RETRYING', '')
	{
		my ($code, $out, $err) = $node->psql('postgres', "UPDATE xlsx_private.task SET status = '$wrong' WHERE id = $task");
		like($err, qr/violates check constraint "task_status_check"/, "S-040: the status '$wrong' is never stored");
	}
	is(sql("SELECT string_agg(label, ' ' ORDER BY label) FROM xlsx.metrics WHERE name = 'tasks'"), 'CANCELLED COMPLETED FAILED HAS_ERRORS PENDING PROCESSING',
		'S-040: the statuses are those of the seed, and CANCELLED');
}

# A file that is gone.
{
	my $task = sql("SELECT xlsx.submit('people', " . book_of([ 'Ann', 'F', '1' ]) . ", run_at => now() + interval '1 h')");
	sql("DELETE FROM xlsx_private.chunk; SELECT xlsx.cancel($task)");
	sql("SELECT xlsx.retry($task)");
	is(wait_for($node, $task), 'FAILED', 'S-046: a task whose file is gone fails');
	is(task_row($node, $task, 'error_message'), 'uploaded file is not there any more', 'S-046: gracefully, with the reason');
	is(wait_for($node, sql("SELECT xlsx.submit('people', " . book_of([ 'Bea', 'F', '2' ]) . ')')), 'COMPLETED', 'S-046: and the next one goes through');
	sql("SELECT xlsx.delete($task); TRUNCATE people");
}

# Rules, as the seed has them.
{
	my $task = sql("SELECT xlsx.submit('people', " . book_of([ 'Ann', 'F', '1' ], [ '', 'M', '2' ], [ 'Cid', '', '3' ], [ 'Dora', 'F', '' ], [ 'Eve', '', '' ]) . ')');
	is(wait_for($node, $task), 'HAS_ERRORS', 'S-062: rows that break rules make HAS_ERRORS');
	is(sql("SELECT string_agg(row_number || ' ' || message, ', ' ORDER BY row_number, cell) FROM xlsx.task_errors($task)"),
		'3 Name is required, 4 Gender is required, 5 Bio ID is required, 6 Gender is required, 6 Bio ID is required',
		'S-060, S-062: the messages are the seed\'s, and all of a row are told');
	is(sql("SELECT DISTINCT row_number, values ->> 'Name', values ->> 'Gender', values ->> 'Bio-ID' FROM xlsx.task_errors($task) WHERE row_number IN (4, 5) ORDER BY 1"),
		"4|Cid||3\n5|Dora|F|", 'S-061, S-063: an error row keeps its number and its original values, by header');
	is(task_row($node, $task, 'total_rows, saved_rows, skipped_rows, error_rows'), '5|1|0|4', 'S-065: total is saved, skipped and refused');
	is(sql("SELECT count(*) FROM people WHERE task_id = $task"), '1', 'S-065: and the table says the same');
	$node->restart;
	is(sql("SELECT count(*), count(DISTINCT row_number) FROM xlsx.task_errors($task)"), '5|4', 'S-064: errors are there after a restart of the server');
	sql('TRUNCATE people');
}

# Phases and batches.
{
	my ($task, @events) = events_of(workbook('-r', 2500, '-e', 1));
	my @progress = map { $_->[1] } grep { $_->[0] eq 'task-progress' } @events;
	my %of;
	push @{ $of{ $_->{phase} } }, $_ foreach @progress;
	my @order;
	foreach my $phase (map { $_->{phase} } @progress)
	{
		push @order, $phase if !@order || $order[-1] ne $phase;
	}
	is_deeply(\@order, [ 'LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING' ], 'S-056, S-168, S-176: loading, headers, data, saving, one after the other');
	is_deeply([ map { exists $_->{progress} ? 1 : 0 } map { @{ $of{$_} } } 'LOADING_WORKBOOK', 'VALIDATING_HEADERS' ], [ 0, 0 ],
		'S-075: loading and headers have no progress');
	is_deeply([ map { $_->{validatedRows} } @{ $of{VALIDATING} } ], [ 0, 1000, 2000, 2500 ], 'S-053: rows are validated in batches of 1000');
	is_deeply([ map { $of{VALIDATING}[$_]{progress} } 0, -1 ], [ 0, 100 ], 'S-169: validating has 0 to 100 of its own');
	my @saved = map { $_->{savedRows} } @{ $of{SAVING} };
	is_deeply([ @saved[ 0, -1 ] ], [ 0, 2475 ], 'S-170: saving starts at nothing and ends with every good row');
	cmp_ok((sort { $b <=> $a } map { $saved[$_] - $saved[ $_ - 1 ] } 1 .. $#saved)[0], '<=', 1000, 'S-054: rows are saved in batches of at most 1000');
	is_deeply([ map { $of{SAVING}[$_]{progress} } 0, -1 ], [ 0, 100 ], 'S-170: saving has 0 to 100 of its own');
	is($events[-1][0], 'task-completed', 'S-176: completion comes last');
	is(scalar(grep { $_->[0] =~ /^task-(completed|failed)$/ } @events), 1, 'S-176: once');
	is($events[-1][1]{savedRows} + $events[-1][1]{errorRows}, 2500, 'S-176: with the final counts');

	# What is kept while it is refused has its reason; a clean one is cleaned up.
	($task, @events) = events_of(workbook('-r', 10));
	wait_tidy($node);
	is(task_row($node, $task, 'status, phase IS NULL, progress, worker_pid IS NULL'), 'COMPLETED|t|100|t', 'S-176: the status is updated');
	is(sql("SELECT (SELECT count(*) FROM xlsx_private.packet WHERE task_id = $task), (SELECT count(*) FROM xlsx_private.file f JOIN xlsx_private.task t ON t.file_id = f.id WHERE t.id = $task)"),
		'0|0', 'S-176: and the file is removed');
}

# Telling.
{
	my $listener = $node->background_psql('postgres');
	my $task = sql("SELECT xlsx.submit('people', " . book_of([ 'Ann', 'F', '1' ]) . ", run_at => now() + interval '1 h')");
	$listener->query_safe('SELECT xlsx.listen()');
	my @emitted = (
		[ 'task-progress', '{"phase": "VALIDATING", "progress": 25, "totalRows": 1000, "validatedRows": 250, "errorRows": 5}', 'S-174: emitTaskProgress(taskId, data)' ],
		[ 'task-completed', '{"status": "COMPLETED", "savedRows": 995}', 'S-174: emitTaskCompleted(taskId, result)' ],
		[ 'task-failed', '{"error": "Processing failed"}', 'S-174: emitTaskFailed(taskId, error)' ],
		[ 'workbook-loading', '{}', 'S-175: emitWorkbookLoadingStatus(taskId)' ],
		[ 'header-validation', '{}', 'S-175: emitHeaderValidationStatus(taskId)' ],
		[ 'processing-completed', '{"totalRows": 1000}', 'S-175: emitProcessingCompleted(taskId, totalRows)' ]);
	sql("SELECT xlsx.emit($task, '$_->[0]', '$_->[1]')") foreach @emitted;
	my $heard = $listener->query_safe('SELECT 1');
	$listener->quit;
	my @payloads;
	push @payloads, [ $1, decode_json($2) ] while $heard =~ /payload "$task (\S+) (.*)" received/g;
	foreach my $i (0 .. $#emitted)
	{
		my ($event, $json, $name) = @{ $emitted[$i] };
		delete $payloads[$i][1]{seq};
		is_deeply($payloads[$i], [ $event, { %{ decode_json($json) }, taskId => $task } ], $name);
	}

	# NOTIFY takes payloads below 8000 bytes; these names are a part of the event that ends the task, six bytes for each character.
	sql("CREATE TABLE long (name text, gender text, bio_id text); SELECT xlsx.create_profile(repeat(chr(1), 500), 'long')");
	my $long = sql("SELECT xlsx.submit(repeat(chr(1), 500), " . book_of([ 'Eve', 'F', '9' ]) . ", repeat(chr(2), 1000) || '.xlsx')");
	cmp_ok(sql("SELECT octet_length(xlsx_rest.task_json($long)::text)"), '>', 8000, 'an event that NOTIFY does not take');
	is(wait_for($node, $long), 'COMPLETED', 'S-066: an event that cannot be sent fails no task');
	is(task_row($node, $long, 'attempts, saved_rows, error_message IS NULL'), '1|1|t', 'S-066: nor costs it an attempt');
}

$node->stop;
done_testing();
