# Which header row is read, which column a header goes to, and what is told of the rest.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $cases = "$ENV{CORPUS}/../cases/values";
plan skip_all => 'the workbooks of cases are not here' if !-r "$cases/README.md";

my $node = start_server('headers');
$node->append_conf('postgresql.conf', "pg_xlsx.retry_delay = 100ms");
$node->reload;

sub case_file { my ($id) = @_; my ($path) = glob("$cases/$id-*.xlsx"); return $path; }

sub sql { my ($text) = @_; return $node->safe_psql('postgres', $text); }

# A table from DDL, or from create_table_sql, with a profile of its own; returns its name.
my $tables = 0;
sub target
{
	my ($id, $columns, $options) = @_;
	my $name = 't' . ++$tables;
	my $file = case_file($id);

	sql(defined $columns ? "CREATE TABLE $name ($columns)" : sql("SELECT xlsx.create_table_sql(xlsx.server_file('$file'), '$name'" . ($options // '') . ')'));
	sql("SELECT xlsx.create_profile('$name', '$name')");
	return $name;
}

# The rows of the target after an import, by xlsx.import and by a task: both must be the same.
sub rows_of
{
	my ($name, $id, $options) = @_;
	my $file = case_file($id);
	my @results;

	$options = defined $options ? ", $options" : '';
	foreach my $way ("SELECT status FROM xlsx.import('$name', xlsx.server_file('$file')$options)",
		"SELECT xlsx.wait(:task)")
	{
		my $statement = $way;

		sql("TRUNCATE $name");
		if ($statement =~ /:task/)
		{
			my $task = sql("SELECT xlsx.submit('$name', xlsx.server_file('$file')$options)");
			$statement =~ s/:task/$task/;
		}
		push @results, sql($statement) . "\n" . sql("SELECT * FROM $name");
	}
	is($results[1], $results[0], "$id: a task saves what xlsx.import saves");
	return $results[0];
}

sub told
{
	my ($members) = @_;
	return sql("SELECT $members FROM xlsx.tasks ORDER BY id DESC LIMIT 1");
}

# A column without a header is matched by its place.
my $name = target('k01a');
is(rows_of($name, 'k01a'), "COMPLETED\n0|a|1.5\n1|b|2.5\n2|c|", 'a column without a header');
is(told('unused, missing, found_header_row'), '[]|[]|1', 'nothing of it is open');

# A group name above that is the name of a column by chance is not enough.
$name = target('k01c', 'id int, zone text, date date, inspector text, remarks text');
is(rows_of($name, 'k01c'), "COMPLETED\n1|A|2023-03-15|Ek|ok\n2|B|2023-03-16|Li|bad", 'the row that fits best');
is(told('found_header_row'), '2', 'is told');
my $file = case_file('k01c');
my ($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.import('$name', xlsx.server_file('$file'), header_row => '1', header_check => 'exact')");
$error =~ s/\nCONTEXT:.*//s;
is($error, q{psql:<stdin>:1: ERROR:  Invalid headers. Expected: ID, Zone, Date, Inspector, Remarks. Received: Identification, Inspection, Remarks
DETAIL:  Sheet "Sheet1", row 1. Missing: ID, Zone, Date, Inspector (nearest: Inspection). Not in the profile: Identification, Inspection.
HINT:  Row 2 fits the profile: give header_row => '2', or 'auto'.}, 'a failure names sheet, row, what is missing, and the row that fits');

# Missing columns, and headers that nobody takes.
$name = target('k01e', 'id int, amount_eur numeric, currency text');
is(rows_of($name, 'k01e'), "COMPLETED\n1||\n2||\n3||\n4||\n5||", 'missing columns are empty');
is(told('missing, unused'),
	'[{"column": "amount_eur", "header": "Amount Eur", "nearest": "amount", "required": false}, {"column": "currency", "header": "Currency", "nearest": null, "required": false}]'
	. '|[{"col": "B", "header": "amount"}]', 'and told');
is(sql("SELECT xlsx.report(id) -> 'missing' -> 0 ->> 'nearest' || (xlsx_rest.task_json(id)::jsonb -> 'unused' -> 0 ->> 'header') FROM xlsx.tasks ORDER BY id DESC LIMIT 1"),
	'amountamount', 'in the report and in REST, too');
is(rows_of($name, 'k01e', q{mapping => '{"amount": "amount_eur"}'}), "COMPLETED\n1|10|\n2|20|\n3|30|\n4|30|\n5|40.5|", 'spaces of all kinds around numbers');
$file = case_file('k01e');
foreach my $case (["header_check => 'known'", q{Sheet "Sheet1", row 1. Missing: Amount Eur (nearest: amount), Currency. Not in the profile: amount.}],
	[q{mapping => '{"Amont": "amount_eur"}'}, q{Sheet "Sheet1", row 1. The mapping names the header "Amont", which is not there. Missing: Amount Eur (nearest: amount), Currency. Not in the profile: amount.}])
{
	my $task = sql("SELECT xlsx.submit('$name', xlsx.server_file('$file'), $case->[0])");

	is(sql("SELECT xlsx.wait($task)"), 'FAILED', "$case->[0]: the task fails");
	is(sql("SELECT error_message || '/' || error_detail FROM xlsx.tasks WHERE id = $task"),
		"Invalid headers. Expected: ID, Amount Eur, Currency. Received: id, amount/$case->[1]", 'and says why');
}

# Titles above, years as headers, data above.
$name = target('k08a');
is(sql("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0"),
	'article_no_internal,net_price_€,qty,delivered_on,paid', 'the header row below a title');
rows_of($name, 'k08a');
is(told('found_header_row, missing, unused, notes'), '4|[]|[]|[{"row": 8, "code": "total_row", "message": "Row 8 (\"Total\") looks like a total. To leave it out, give stop_at or skip_end."}]',
	'is that of the import, and the total below the data is told');
$name = target('k08c');
is(rows_of($name, 'k08c'), "COMPLETED\nDE|1|2|3\nFR|4|5|6", 'years as headers');
$name = target('k08f');
is(rows_of($name, 'k08f'), "COMPLETED\n2024-04-01|Card|12.5||100|A1\n2024-04-02|Salary||2000|2100|A2", 'the widest row that fits');
is(told('found_header_row'), '4', 'below two rows of data');

# Headers of two rows.
$name = target('k08h', undef, ', header_rows => 2');
is(rows_of($name, 'k08h', 'header_rows => 2'), "COMPLETED\nAnn|Ek|100|10|110\nBob|Li|200|20|220", 'two header rows');
is(sql("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0"),
	'employee_first,employee_last,salary_base,salary_bonus,salary_total', 'joined');
$name = target('k08h');
rows_of($name, 'k08h');
is(told('found_header_row'), '2', 'one header row of two');

# Without a header row columns are found by their places.
sub placed
{
	my ($rows, $options) = @_;

	sql('TRUNCATE placed');
	sql("SELECT xlsx.import('placed', xlsx.write(\$\$$rows\$\$, header => false), header_row => 'none'" . ($options // '') . ')');
	return sql('SELECT * FROM placed');
}
sql(q{CREATE TABLE placed (id int, label text, v text); SELECT xlsx.create_profile('placed', 'placed')});
is(placed(q{VALUES (1, 'a', 'x'), (2, 'b', 'y')}), "1|a|x\n2|b|y", 'in their order');
is(told('found_header_row IS NULL, unused'), 't|[]', 'and no header row is told');
is(placed(q{VALUES ('a', 'x', 1, 'more')}, q{, mapping => '{"C": "id", "1": "label"}'}), '1|a|', 'by a mapping of letters and numbers');
is(told('unused'), '[{"col": "B", "header": null}, {"col": "D", "header": null}]', 'and every other filled column is told');
sql(q{SELECT xlsx.set_column('placed', 'label', header => 'B'), xlsx.set_column('placed', 'v', aliases => '{A}'), xlsx.set_column('placed', 'id', header => '3')});
is(placed(q{VALUES ('a', 'x', 1)}), '1|x|a', 'by headers and aliases');

# A column without a header that holds values further down.
sql(q{SELECT xlsx.alter_profile('placed', header_check => 'known')});
($code, $out, $error) = $node->psql('postgres', q{SELECT xlsx.import('placed', xlsx.write($$VALUES ('A', 'B', '3', NULL), ('1', '2', '3', '4')$$, header => false), header_row => '1')});
like($error, qr/^DETAIL:  Sheet "Sheet1" has columns that hold values and go nowhere: \[\{"header": null, "col": "D"\}\]\.$/m, 'header_check known refuses it');

# Headers that differ from those of the profile in signs, units and accents.
sql(q{CREATE TABLE prices (price numeric, strasse text, "größe" int, amount_usd int, amount_eur int); SELECT xlsx.create_profile('prices', 'prices')});
sub headers_taken
{
	my ($columns) = @_;

	sql("SELECT xlsx.import('prices', xlsx.write(\$\$SELECT $columns\$\$))");
	return told("(SELECT string_agg(c ->> 'column' || '=' || (c ->> 'header'), ', ') FROM jsonb_array_elements(xlsx.report(id) -> 'mapping') AS c), unused");
}
is(headers_taken(q{1 AS "Price (EUR) *", 'x' AS "Straße:", 3 AS "Grosse", 4 AS "AMOUNT [USD]", 5 AS "amount-eur"}),
	'price=Price (EUR) *, strasse=Straße:, größe=Grosse, amount_usd=AMOUNT [USD], amount_eur=amount-eur|[]', 'are found');
is(headers_taken(q{1 AS "Price (EUR)", 2 AS "Price (USD)", 'x' AS "Strasse"}),
	'strasse=Strasse|[{"col": "A", "header": "Price (EUR)"}, {"col": "B", "header": "Price (USD)"}]', 'unless two headers would fit');
is(sql(q{SELECT string_agg(format('%s:%s', column_name, type), ' ') FROM xlsx.discover(xlsx.write($$SELECT 1 AS "Name", 'x' AS "name", 3 AS "Name 2"$$))}),
	'name:integer name_3:text name_2:integer', 'a name with a number is never that of another header');

$node->stop;
done_testing();
