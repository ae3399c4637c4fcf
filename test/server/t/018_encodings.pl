# Databases that are not in UTF-8: characters that the encoding has are kept; an error names those that it lacks.
use strict;
use warnings FATAL => 'all';
use utf8;

use FindBin;
use lib "$FindBin::RealBin/lib";
use Encode qw(encode_utf8);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('main', "max_worker_processes = 16\n");
$node->safe_psql('postgres', "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");

# What a client sees that talks UTF-8; complaints in the first line of stderr.
sub ask
{
	my ($sql) = @_;

	my ($code, $out, $complaint) = $node->psql('latin', encode_utf8("SET client_encoding = 'UTF8';\n$sql"));
	my $text = $complaint ne '' ? $complaint =~ s/^psql:\S+ //r : $out;
	utf8::decode($text);
	return $text;
}

# A file of the server with such rows, by sheet.
sub book
{
	my ($sheets) = @_;
	my ($base64) = run_command(['python3', "$FindBin::RealBin/../tools/book.py", JSON::PP->new->ascii->canonical->encode($sheets)]);

	return "decode('" . ($base64 =~ s/\s//gr) . "', 'base64')";
}

my $nbsp = "\x{A0}";
my $book = book({
	'Märkte' => [["${nbsp}Nä me$nbsp", 'N'], ['Orléans', 1], ["$nbsp â€\x{e2} $nbsp" =~ tr/€/\x{82}/r, 2], ['plain', 3], ['10 €', 4], ['plain', 'né']],
	'Übersicht €' => [['x']]
});

ask(<<'SQL');
CREATE EXTENSION pg_xlsx;
CREATE TABLE place ("näme" text, n int);
SELECT xlsx.create_profile('place', 'place');
SQL
is(ask("SELECT name FROM xlsx.sheets($book)"), "Märkte\nÜbersicht ?", 'names of sheets; what the encoding lacks is a question mark');
is(ask("SELECT count(*) FROM xlsx.cells($book, 'MÄRKTE', 'A1:B4')"), '8', 'a sheet is found by its name');
like(ask("SELECT count(*) FROM xlsx.cells($book, 'Köln')"), qr/no sheet "Köln"\nDETAIL:  Its sheets are "Märkte", "Übersicht \?"/, 'or is not there');
like(ask("SELECT count(*) FROM xlsx.cells($book, 'Märkte')"),
	qr/cell A5 holds characters that a database cannot keep\nDETAIL:  The encoding of the database is LATIN1/, 'a cell that cannot be read is named');

my $task = ask("SELECT xlsx.submit('place', $book, 'Märkte.xlsx', sheet => 'Märkte')");
is(ask("SELECT xlsx.wait($task)"), 'HAS_ERRORS', 'an import');
is(ask('SELECT * FROM place ORDER BY n'), "Orléans|1\nâ\x{82}\x{e2}|2\nplain|3", 'keeps what can be kept, trimmed as in any other database');
is(ask("SELECT cell, code, message, detail, value FROM xlsx.task_errors($task)"),
	"A5|text|näme holds characters that a database cannot keep|The encoding of the database is LATIN1.|10 ?\n"
	  . "B6|type|N must be an integer||né", 'and names the cell with what cannot');
is(ask("SELECT value FROM xlsx.cells(xlsx.errors_workbook($task), NULL, 'B2:B3')"), "10 ?\nplain", 'the workbook of errors');
is(ask("SELECT xlsx.report($task) ->> 'sheet'"), 'Märkte', 'the report');
is(ask("SELECT value FROM xlsx.cells(xlsx.write('SELECT ''né''::text AS \"ü\"', sheet => 'Ärger'), 'Ärger')"), "ü\nné", 'written and read again');

# Texts of all short lengths with another character at each place, beside each other in a row
my @texts = map { my $length = $_; map { 'x' x $_ . 'é' . 'x' x ($length - $_ - 1) } 0 .. $length - 1 } 1 .. 20;
my $many = book({ S => [['Näme', 'N'], map { [$texts[$_], $_] } 0 .. $#texts] });
ask('TRUNCATE place');
is(ask("SELECT status, saved_rows FROM xlsx.import('place', $many)"), 'COMPLETED|' . @texts, 'an import in the session');
is(ask('SELECT "näme" FROM place ORDER BY n'), join("\n", @texts), 'wherever such a character stands');

# A cell that cannot be kept is refused whatever else its column does: neither a default nor what SQL makes of nothing takes its place.
ask(<<'SQL');
CREATE TABLE made (n int, filled text, upper text, found text);
SELECT xlsx.create_profile('made', 'made');
SELECT xlsx.set_column('made', 'filled', default_value => 'nothing'), xlsx.set_column('made', 'upper', transform => $$coalesce(upper(value), 'none')$$),
  xlsx.set_column('made', 'found', lookup => $$VALUES ('a', 'b')$$, messages => '{"text": "{label} in {cell}: {value}"}');
SQL
my $made = book({ S => [['N', 'Filled', 'Upper', 'Found'], [1, undef, 'é', 'a'], [2, '€', 'x', 'a'], [3, 'x', '€', 'a'], [4, 'x', 'x', '€']] });
is(ask("SELECT status, saved_rows, error_rows FROM xlsx.import('made', $made)"), 'HAS_ERRORS|1|3', 'cells of columns with a default, a transformation, a lookup');
is(ask('SELECT * FROM made'), '1|nothing|é|b', 'what can be kept is saved');
is(ask('SELECT cell, code, message, value FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks))'),
	"B3|text|Filled holds characters that a database cannot keep|?\nC4|text|Upper holds characters that a database cannot keep|?\nD5|text|Found in D5: ?|?",
	'the others are named');

$node->stop;
done_testing();
