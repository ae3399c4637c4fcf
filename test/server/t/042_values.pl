# What cells become in columns of other types: the same for xlsx.import, a task of one process and one whose rows are checked by the
# process that reads; xlsx.read, xlsx.cells and xlsx.discover agree.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('values');
my $books = 0;

mkdir $ENV{TESTDATADIR};
$node->safe_psql('postgres', q{ALTER DATABASE postgres SET timezone = 'UTC'; ALTER DATABASE postgres SET datestyle = 'ISO, DMY'; ALTER DATABASE postgres SET intervalstyle = 'postgres'});

sub book
{
	my ($epoch, @cells) = @_;
	my $path = "$ENV{TESTDATADIR}/typed" . ++$books . '.xlsx';
	my $lines = join '', map { "$_\n" } 'str:value', @cells;

	run([ '/usr/bin/python3', "$FindBin::RealBin/lib/typed_book.py", "$ENV{TESTDIR}/corpus", $path, $epoch ], '<', \$lines) or die 'no book';
	return $path;
}

# One line for each cell: its value, or the code and message of what is wrong.
sub outcome
{
	my ($task, $count) = @_;

	return $node->safe_psql('postgres', "SELECT coalesce(v.value::text, e.code || ': ' || e.message || coalesce(' (' || e.hint || ')', ''))
		FROM generate_series(2, $count + 1) AS r (row)
		LEFT JOIN value v ON v.row = r.row LEFT JOIN xlsx.task_errors($task) e ON e.row_number = r.row ORDER BY r.row");
}

sub become
{
	my ($type, $epoch, @pairs) = @_;
	my @cells = map { $pairs[2 * $_] } 0 .. $#pairs / 2;
	my $expected = join "\n", map { $pairs[2 * $_ + 1] } 0 .. $#pairs / 2;
	my $path = book($epoch, @cells);
	my $file = "pg_read_binary_file('$path')";

	$node->safe_psql('postgres', "CREATE TABLE value (row int, value $type); SELECT xlsx.create_profile('value', 'value'); SELECT xlsx.set_column('value', 'row', source => 'row_number')");
	my $now = $node->safe_psql('postgres', "SELECT (xlsx.import('value', $file)).task");
	is(outcome($now, scalar @cells), $expected, "$type, $epoch: xlsx.import");
	foreach my $ahead (qw(on off))
	{
		$node->safe_psql('postgres', "TRUNCATE value; ALTER ROLE CURRENT_USER SET pg_xlsx.read_ahead = $ahead");
		my $task = submit($node, $path, 'value');
		wait_for($node, $task);
		is(outcome($task, scalar @cells), $expected, "$type, $epoch: a task, read_ahead $ahead");
	}
	my $good = join "\n", map { /^[a-z_]+: / ? '' : $_ } split /\n/, $expected;
	is($node->safe_psql('postgres', "SELECT value FROM xlsx.read($file, range => 'A1:A" . (@cells + 1) . "', on_error => 'null') AS t (value $type)"), $good,
		"$type, $epoch: xlsx.read");
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('value'); DROP TABLE value});
	return $path;
}

my $plain = 'type: Value must be a time, not a plain number (Give the cell a format of times, such as [h]:mm:ss, or write the unit: 12 hours.)';

# A number says nothing of hours or seconds; a length of time is what a format of times shows, or a text with its unit.
become('interval', 1900,
	'general:0.5' => $plain, 'general:90' => $plain, 'general:0' => $plain, 'elapsed:1.5' => '36:00:00', 'time:0.5' => '12:00:00',
	'str:90 min' => '01:30:00', 'd:PT0H11M0S' => '00:11:00', 'd:P1DT2H' => '26:00:00', 'd:12:30:00' => '12:30:00');
become('time', 1900, 'general:0.25' => $plain, 'general:930' => $plain, 'time:0.25' => '06:00:00', 'd:06:00:00' => '06:00:00', 'str:9:30' => '09:30:00');
$node->safe_psql('postgres', 'CREATE DOMAIN pause AS interval');
become('pause', 1900, 'general:0.5' => $plain, 'elapsed:0.5' => '12:00:00');

# What is too large is out of range, as text and as a number.
become('real', 1900,
	'str:1e99' => 'range: Value is out of the range of real', 'general:1e99' => 'range: Value is out of the range of real',
	'str:1e-99' => 'range: Value is out of the range of real', 'general:1e-99' => 'range: Value is out of the range of real',
	'str:-1e39' => 'range: Value is out of the range of real', 'str:x' => 'type: Value must be a number',
	'str:3.4028235e38' => '3.4028235e+38', 'general:3.4028235e38' => '3.4028235e+38', 'general:1e-40' => '1e-40', 'general:0' => '0');
become('double precision', 1900, 'str:1e999' => 'range: Value is out of the range of double precision', 'str:1e308' => '1e+308');
become('oid', 1900, 'str:99999999999' => 'range: Value is out of the range of oid', 'general:7' => '7');

# Dates that the date system cannot count, and durations, are such in t="d" cells.
foreach my $epoch (1900, 1904)
{
	become('date', $epoch, 'd:1899-12-31' => '1899-12-31', 'd:1582-10-15' => '1582-10-15', 'd:0001-01-01' => '0001-01-01', 'd:9999-12-31' => '9999-12-31', 'd:1904-01-01' => '1904-01-01',
		'd:1899-12-31T12:00:00' => 'exactness: Value must be a date without a time of day', 'd:12:00:00' => 'type: Value must be a date',
		'd:PT0H11M0S' => 'type: Value must be a date', 'd:2024-05-06' => '2024-05-06');
	become('timestamp', $epoch, 'd:1899-12-31' => '1899-12-31 00:00:00', 'd:1582-10-15T01:02:03.004' => '1582-10-15 01:02:03.004',
		'd:2024-05-06T07:08:09Z' => '2024-05-06 07:08:09', 'd:PT1H' => 'type: Value must be a date and time');
	my $path = become('text', $epoch, 'd:1899-12-31' => '1899-12-31', 'd:1582-10-15T01:02:03' => '1582-10-15T01:02:03', 'd:PT11M' => 'PT0H11M0S',
		'd:1904-01-01' => '1904-01-01', 'd:P1M' => 'P1M', 'general:0.5' => '0.5');
	is($node->safe_psql('postgres', "SELECT string_agg(kind, ' ' ORDER BY row) FROM xlsx.cells(pg_read_binary_file('$path'), range => 'A2:A7')"),
		'date date date date text number', "$epoch: xlsx.cells says that they are dates");
	$path = book($epoch, 'd:1582-10-15', 'd:1899-12-31', 'd:2024-05-06');
	is($node->safe_psql('postgres', "SELECT type, min_value, max_value FROM xlsx.discover(pg_read_binary_file('$path'), range => 'A1:A4')"),
		'date|1582-10-15|2024-05-06', "$epoch: so does xlsx.discover");
	$path = book($epoch, 'd:PT1H', 'd:PT11M');
	is($node->safe_psql('postgres', "SELECT type, min_value, max_value FROM xlsx.discover(pg_read_binary_file('$path'), range => 'A1:A3')"),
		'interval|PT0H11M0S|PT1H0M0S', "$epoch: and of lengths of time");
}

# A picture in a cell is told from an error.
my $picture = 'cell_error: Value holds a picture or another rich value, which has no text; it is #VALUE! in the file (Write the value as text or as a number into the cell.)';
become($_, 1900, 'rich:#VALUE!' => $picture, 'e:#VALUE!' => 'cell_error: Value holds the error #VALUE!', 'rich:#N/A' => 'cell_error: Value holds the error #N/A') foreach ('text', 'integer', 'jsonb');

# Z of such a cell is UTC where the column has a zone; a date without it, and each date of a number, is a wall clock of the session.
$node->safe_psql('postgres', "CREATE DOMAIN instant AS timestamptz; CREATE DOMAIN clock AS timestamp; ALTER DATABASE postgres SET timezone = 'Asia/Tokyo'");
become($_, 1900, 'd:2024-05-06T07:08:09.5Z' => '2024-05-06 16:08:09.5+09', 'd:2024-05-06T07:08:09+00:00' => '2024-05-06 16:08:09+09', 'd:1899-12-31T00:00Z' => '1899-12-31 09:00:00+09',
	'd:2024-05-06T07:08:09' => '2024-05-06 07:08:09+09', 'd:2024-05-06T07:08:09+02:00' => '2024-05-06 14:08:09+09') foreach ('timestamptz', 'instant');
become($_, 1900, 'd:2024-05-06T07:08:09Z' => '2024-05-06 07:08:09', 'd:2024-05-06' => '2024-05-06 00:00:00') foreach ('timestamp', 'clock');

$node->stop;
done_testing();
