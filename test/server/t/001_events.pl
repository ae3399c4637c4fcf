# The events of a task: their names, members and order.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use XlsxTest;

# Every batch may tell: no event is held back.
my $node = start_server('events', "pg_xlsx.progress_interval = 0\n");
make_people($node);

# Runs an import beside a listener and returns its events as [name, data].
sub events_of
{
	my ($path) = @_;
	my $listener = $node->background_psql('postgres');

	$listener->query_safe('SELECT xlsx.listen()');
	my $task = submit($node, $path);
	wait_for($node, $task);
	# A commit is seen before its notifications are: the server signals those who listen after it.
	my $heard = '';
	foreach (1 .. 1000)
	{
		$heard .= $listener->query_safe('SELECT 1');
		last if $heard =~ / task-(?:completed|failed) /;
		usleep(10_000);
	}
	$listener->quit;
	my @events;
	while ($heard =~ /payload "(\d+) (\S+) (.*)" received/g)
	{
		die "event of task $1" if $1 != $task;
		push @events, [ $2, decode_json($3) ];
	}
	my @seq = map { delete $_->[1]{seq} } @events;
	is_deeply(\@seq, [ sort { $a <=> $b } @seq ], 'seq rises');
	is(scalar(grep { delete $_->[1]{taskId} == $task } @events), scalar(@events), 'every event has its taskId');
	return @events;
}

my @beginning = (
	[ 'task-progress', { phase => 'LOADING_WORKBOOK' } ],
	[ 'workbook-loading', {} ],
	[ 'task-progress', { phase => 'VALIDATING_HEADERS' } ],
	[ 'header-validation', {} ]);

sub validating
{
	my ($progress, $total, $validated, $errors) = @_;

	return [ 'task-progress', { phase => 'VALIDATING', progress => $progress, totalRows => $total,
		validatedRows => $validated, errorRows => $errors } ];
}

sub saving
{
	my ($progress, $saved) = @_;

	return [ 'task-progress', { phase => 'SAVING', progress => $progress, savedRows => $saved } ];
}

my @events = events_of(workbook('-r', 2500));
my $end = pop @events;
is_deeply(\@events, [ @beginning,
	validating(0, 2500, 0, 0), validating(40, 2500, 1000, 0), validating(80, 2500, 2000, 0), validating(100, 2500, 2500, 0),
	saving(0, 0), saving(40, 1000), saving(80, 2000), saving(100, 2500),
	[ 'processing-completed', { totalRows => 2500 } ] ], 'S-070, S-071: a clean file of 2,500 rows');
is($end->[0], 'task-completed', 'S-086: and task-completed at its end');
is_deeply([ @{ $end->[1] }{qw(status totalRows savedRows errorRows progress)} ], [ 'COMPLETED', 2500, 2500, 0, 100 ],
	'S-095: it carries the task');
like($end->[1]{completedAt}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'S-095: completedAt is an ISO time');

@events = events_of(workbook('-r', 2000, '-e', 10));
$end = pop @events;
is_deeply([ @events[4 .. 6] ], [ validating(0, 2000, 0, 0), validating(50, 2000, 1000, 100), validating(100, 2000, 2000, 200) ],
	'errors are counted while they are found');
is_deeply($events[-2], saving(100, 1800), 'SAVING has 100 percent of the valid rows');
is($end->[1]{status}, 'HAS_ERRORS', 'S-096: with errors task-completed says HAS_ERRORS');

is_deeply([ events_of(workbook('-r', 10, '-H', 'Name,Sex,Id')) ], [ @beginning,
	[ 'task-failed', { status => 'FAILED', code => '22023',
		error => 'Invalid headers. Expected: Name, Gender, Bio-ID. Received: Name, Sex, Id',
		detail => 'Sheet "People", row 1. Missing: Gender, Bio-ID. Not in the profile: Sex, Id.',
		hint => 'Correct the headers in the sheet, or give a mapping, or an alias with xlsx.set_column.' } ] ],
	'S-047, S-052: wrong headers');

@events = events_of(workbook('-r', 0));
is_deeply([ map { $_->[1]{progress} // () } @events[4 .. 7] ], [ 0, 100, 0, 100 ], 'headers only: every phase begins and ends');
is_deeply([ @{ $events[-1][1] }{qw(status totalRows)} ], [ 'COMPLETED', 0 ], 'headers only: COMPLETED with 0 rows');

@events = events_of(workbook('-r', 0, '-H', ','));
like($events[-1][1]{error}, qr/^Invalid headers\..* Received: \(none\)$/, 'an empty sheet has no headers');

@events = events_of(workbook('-r', 100, '-H', ' bio_id,GENDER,name '));
is($events[-1][1]{status}, 'COMPLETED', 'headers in another order and spelling');
is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE name LIKE 'BIO-%' AND bio_id NOT LIKE 'BIO-%'"), 100,
	'S-061: each column goes by its header');

my $cut = workbook('-r', 5000);
truncate $cut, (-s $cut) / 2;
@events = events_of($cut);
is_deeply([ map { $_->[0] } @events ], [ 'task-progress', 'workbook-loading', 'task-failed' ],
	'S-051: a file that is cut off fails after LOADING_WORKBOOK');

$node->stop;
done_testing();
