# What a transformation sees of its cell, in tasks: errors and number formats, in this process and by the process that reads ahead.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $rows = 20000;
my $node = start_server('seen');
my $path = "$ENV{TESTDATADIR}/seen.xlsx";
mkdir $ENV{TESTDATADIR};
my $python = <<'PYTHON';
import random
import sys
import openpyxl
book = openpyxl.Workbook()
sheet = book.active
sheet.append(['No', 'Cell', 'Filler'])
for row in range(1, int(sys.argv[2]) + 1):
    sheet.append([row, None, '%040x' % random.getrandbits(640)])
    cell = sheet.cell(row + 1, 2)
    kind = row % 6
    if kind == 1: cell.value = ' text '
    elif kind == 2: cell.value, cell.number_format = 67, '00000'
    elif kind == 3: cell.value, cell.number_format = 45429, 'dd/mm/yyyy'
    elif kind == 4: cell.value = True
    elif kind == 5: cell.value, cell.data_type = '#N/A', 'e'
book.save(sys.argv[1])
PYTHON
system_or_bail('/usr/bin/python3', '-c', $python, $path, $rows);
cmp_ok(-s $path, '>', 1024 * 1024, 'the workbook is large enough to be read ahead');

$node->safe_psql('postgres', 'CREATE TABLE seen (task_id bigint, no int, cell text); SELECT xlsx.create_profile($$seen$$, $$seen$$, $$task_id$$)');

sub import_with
{
	my ($transform, @more) = @_;
	$node->safe_psql('postgres', "TRUNCATE seen; SELECT xlsx.set_column('seen', 'cell', transform => \$\$$transform\$\$)");
	my $task = submit($node, $path, 'seen');
	my $status = wait_for($node, $task);

	return $status . ' ' . $node->safe_psql('postgres', "SELECT error_rows FROM xlsx.tasks WHERE id = $task") . ' '
	  . $node->safe_psql('postgres', "SELECT string_agg(coalesce(cell, '-'), ' | ' ORDER BY no) FROM seen WHERE no <= 6");
}

foreach my $ahead ('on', 'off')
{
	$node->append_conf('postgresql.conf', "pg_xlsx.read_ahead = $ahead");
	$node->restart;
	is(import_with('value'), 'COMPLETED 0 text | 00067 | 2024-05-17 | TRUE | #N/A | -', "read_ahead $ahead: a transformation that does not ask gets texts");
	is(import_with('kind'), 'COMPLETED 0 text | number | date | boolean | error | blank', "read_ahead $ahead: one that asks sees all kinds, and decides about errors");
	is(import_with(q{CASE kind WHEN 'error' THEN 'missing' ELSE '<' || raw || '>' END}), 'COMPLETED 0 < text > | <67> | <45429> | <1> | missing | -', "read_ahead $ahead: and the cell as it stands in the file");
	is(import_with(q{kind || ' ' || number_format}), 'COMPLETED 0 text General | number 00000 | date dd/mm/yyyy | boolean General | error General | -', "read_ahead $ahead: and its number format");
	is(import_with(q{(SELECT r.kind || count(*) FROM seen AS s WHERE s.no = r.no::int AND r.kind <> 'x')}),
		'COMPLETED 0 text0 | number0 | date0 | boolean0 | error0 | blank0', "read_ahead $ahead: also in a subquery");
	is(import_with(q{'a kind ' || left(value, 1)}), 'COMPLETED 0 a kind t | a kind 0 | a kind 2 | a kind T | a kind # | -', "read_ahead $ahead: a word in a text asks for nothing");
}

$node->stop;
done_testing();
