# Situations of real files, each a small workbook: what must come out of it by xlsx.import, a task with read_ahead on and off, REST's
# report of a dry run and xlsx.read. The workbooks are in ../shared/cases/values; without them the test is skipped.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $cases = "$ENV{CORPUS}/../cases/values";
plan skip_all => 'no workbooks of cases here' unless -d $cases;

my $node = start_server('cases');
mkdir $ENV{TESTDATADIR};
$node->safe_psql('postgres', q{ALTER DATABASE postgres SET timezone = 'Europe/Berlin'; ALTER DATABASE postgres SET datestyle = 'ISO, MDY'});

sub file_of
{
	my ($name) = @_;
	my ($path) = glob "$cases/$name-*.xlsx";
	my $copy = "$ENV{TESTDATADIR}/$name.xlsx";

	system_or_bail('cp', $path, $copy) unless -e $copy;
	return $copy;
}

# Rows of the target, then the error rows as code, cell and value.
sub outcome
{
	my ($task) = @_;

	return $node->safe_psql('postgres', "SELECT * FROM target; SELECT code, cell, value FROM xlsx.task_errors($task)");
}

# options: before: SQL that changes the profile; submit: arguments; read: those of xlsx.read; told: the findings.
sub comes_out
{
	my ($what, $name, $columns, $expected, %options) = @_;
	my $path = file_of($name);
	my $file = "pg_read_binary_file('$path')";
	my $arguments = defined $options{submit} ? ", $options{submit}" : '';
	my $good = join "\n", grep { !/^[a-z_]+\|[A-Z]+[0-9]+\|/ } split /\n/, $expected;
	my $bad = $expected ne $good;

	$node->safe_psql('postgres', "CREATE TABLE target ($columns); SELECT xlsx.create_profile('case', 'target'); " . ($options{before} // ''));
	my $now = $node->safe_psql('postgres', "SELECT (xlsx.import('case', $file$arguments)).task");
	is(outcome($now), $expected, "$what: xlsx.import");
	is($node->safe_psql('postgres', "SELECT string_agg(f ->> 'text', '; ') FROM xlsx.tasks, jsonb_array_elements(findings) f WHERE id = $now"),
		$options{told} // '', "$what: what is told");
	foreach my $ahead (qw(on off))
	{
		$node->safe_psql('postgres', "TRUNCATE target; ALTER ROLE CURRENT_USER SET pg_xlsx.read_ahead = $ahead");
		my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('case', $file$arguments)");
		wait_for($node, $task);
		is(outcome($task), $expected, "$what: a task, read_ahead $ahead");
	}
	my $dry = $node->safe_psql('postgres', "TRUNCATE target; SELECT xlsx.submit('case', $file, dry_run => true$arguments)");
	wait_for($node, $dry);
	is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT (e ->> 'code') || '|' || (e ->> 'firstCell'), ' ')
		FROM jsonb_array_elements(xlsx.report($dry) -> 'errors') e"), join(' ', map { /^([a-z_]+\|[A-Z]+[0-9]+)/ ? $1 : () } (grep { /^[a-z_]+\|[A-Z]/ } split /\n/, $expected)[0] // ''),
		"$what: the report of a dry run") unless $options{many};
	my $read = defined $options{read} ? ", $options{read}" : '';
	is($node->safe_psql('postgres', "SELECT * FROM xlsx.read($file, on_error => '" . ($bad ? 'null' : 'error') . "'$read) AS t ($columns)"), $options{reads} // $good,
		"$what: xlsx.read") unless $options{no_read};
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('case'); DROP TABLE target});
	return;
}

comes_out('zip codes', 'k02a', 'customer text, zip text, account text', "Ann|01234|0000012\nBob|99501|0345678\nCid|00501|0000001");
is($node->safe_psql('postgres', "SELECT string_agg(header_text || ' ' || type, ', ' ORDER BY \"position\") FROM xlsx.discover(pg_read_binary_file('" . file_of('k02a') . "'))"),
	'Customer text, ZIP text, Account text', 'zip codes: discover proposes text');

my $due = "0|2024-02-01\n1|2024-11-05\n2|2024-12-12\n3|2024-04-03\n4|2024-12-25\n5|2024-01-31";
comes_out('dates of a column that decides', 'k03a', 'id int, due date', $due, told => '2 of 6 values only fit DD.MM.YYYY');
comes_out('dates that nothing decides', 'k03a', 'id int, due date', "ambiguous|B2|01.02.2024\nambiguous|B3|05.11.2024",
	submit => q{range => 'A1:B3'}, read => q{range => 'A1:B3'}, reads => "0|\n1|", told => '2 of 2 values fit two ways, and none fits only one; 2 that fit both are refused');
comes_out('dates whose order is declared', 'k03a', 'id int, due date', "0|2024-01-02\n1|2024-05-11", submit => q{range => 'A1:B3', date_order => 'MDY'},
	read => q{range => 'A1:B3', date_order => 'MDY'});

comes_out('offsets into timestamptz', 'k03c', 'id int, at timestamptz', "1|2024-06-06 15:42:37+02\n2|2024-06-06 22:42:37+02\n3|2024-06-06 17:42:37+02");
comes_out('offsets into timestamp', 'k03c', 'id int, at timestamp', "1|2024-06-06 15:42:37\n2|2024-06-06 22:42:37\n3|2024-06-06 17:42:37");
comes_out('offsets into timestamp of a zone', 'k03c', 'id int, at timestamp', "1|2024-06-06 13:42:37\n2|2024-06-06 20:42:37\n3|2024-06-06 15:42:37",
	submit => q{time_zone => 'UTC'}, read => q{time_zone => 'UTC'});

my $money = 'kunde text, betrag numeric(10,2), rabatt numeric, datum timestamp, aktiv boolean, telefon text';
my $german = "Müller GmbH|1234.56|0.055|2023-12-31 00:00:00|t|491711234567\nMeier KG|99.00|0.10|2024-02-01 00:00:00|f|493012345\n"
	. "Schulze|1000.00|0.00|2024-03-15 14:30:00|t|4989123456";
comes_out('German money by locale', 'k03d', $money, $german, submit => q{locale => 'de'}, read => q{locale => 'de'},
	told => '2 of 3 values only fit 1.234,56; 2 of 3 values only fit DD.MM.YYYY');
comes_out('dates that the locale decides', 'k03a', 'id int, due date', "0|2024-02-01\n1|2024-11-05", submit => q{range => 'A1:B3', locale => 'de'},
	read => q{range => 'A1:B3', locale => 'de'}, told => '2 of 2 values fit two ways, and none fits only one; the locale reads DD.MM.YYYY');
comes_out('German money, declared', 'k03d', $money, join("\n", map { s/\|[tf]\|/||/r } split /\n/, $german), submit => q{"decimal" => ',', date_order => 'DMY'},
	read => q{"decimal" => ',', date_order => 'DMY'}, before => q{SELECT xlsx.set_column('case', 'aktiv', null_tokens => '{ja,nein,x}')}, no_read => 1);

comes_out('formulas without a value', 'k05', 'qty int, price numeric, total numeric', "no_value|C2|\nno_value|C3|", reads => "2|3.5|\n4|1|");
comes_out('formulas without a value as NULL', 'k05', 'qty int, price numeric, total numeric', "2|3.5|\n4|1|",
	before => q{SELECT xlsx.alter_profile('case', no_value => 'null')}, no_read => 1);

my $amounts = "i0|0.30\ni1|19.99\ni2|1.15\ni3|102.60\ni4|12.50\ni6|2.20";
comes_out('amounts with a binary rest', 'k06', 'item text, amount numeric(10,2)', "$amounts\nexactness|B7|33.3333333333333",
	reads => $amounts =~ s/i6/i5|\ni6/r);
comes_out('amounts that are rounded', 'k06', 'item text, amount numeric(10,2)', $amounts =~ s/i6/i5|33.33\ni6/r,
	before => q{SELECT xlsx.set_column('case', 'amount', rounding => 'half_up')}, no_read => 1);

my $ids = "1914310000010100016\n9007199254740993\n1450829137598537728\n1450829137598537729";
comes_out("ids of 19 digits into $_", 'k07', "id $_", $ids) foreach qw(bigint text numeric);

comes_out('elapsed times below zero', 'k09a', 'd interval', "-06:00:00\n12:00:00");
comes_out('elapsed times as text', 'k09a', 'd text', "-6:00\n12:00");
comes_out('times', 'k09c', 'start time, dur interval, dt timestamp, durtxt interval',
	"12:00:00|36:00:00|2023-03-15 06:00:00|01:30:00\n18:00:00|06:00:00|2023-03-16 12:00:00|00:45:00\ntype|C4|00:00:00",
	reads => "12:00:00|36:00:00|2023-03-15 06:00:00|01:30:00\n18:00:00|06:00:00|2023-03-16 12:00:00|00:45:00\n00:00:00|00:00:00||25:00:00");
comes_out('durations as times of day', 'k09c', 'dur time', "06:00:00\n00:00:00\nrange|B2|36:00:00", reads => "\n06:00:00\n00:00:00");
comes_out('durations as text', 'k09c', 'dur text', "36:00\n6:00\n0:00");

$node->stop;
done_testing();
