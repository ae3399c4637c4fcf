# Which sheet is read and which part of it: hidden sheets, rows and columns, merged cells, Excel tables, and where the data end.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('sheets', "restart_after_crash = on\n");
my $folder = PostgreSQL::Test::Utils::tempdir;
my $books = 0;

sub sql { my ($text) = @_; return $node->safe_psql('postgres', $text); }

# A workbook of sheets, as raw_book.py takes them.
sub book
{
	my (@sheets) = @_;
	my $path = "$folder/b" . ++$books . '.xlsx';
	my $json = encode_json([@sheets]);

	run([ 'python3', "$FindBin::RealBin/lib/raw_book.py", $path ], '<', \$json) or die 'no book';
	return $path;
}

# The rows after an import, which a task and a call must agree on.
sub imported
{
	my ($profile, $path, $options) = @_;
	my $more = defined $options ? ", $options" : '';

	sql("TRUNCATE $profile; SELECT xlsx.import('$profile', xlsx.server_file('$path')$more)");
	my $rows = sql("SELECT * FROM $profile");
	my $task = sql("TRUNCATE $profile; SELECT xlsx.submit('$profile', xlsx.server_file('$path')$more)");
	sql("SELECT xlsx.wait($task)");
	is(sql("SELECT * FROM $profile"), $rows, 'a task saves the same rows');
	return $rows;
}

sub told
{
	my ($members) = @_;
	return sql("SELECT $members FROM xlsx.tasks ORDER BY id DESC LIMIT 1");
}

sql(q{CREATE TABLE ab (a int, b int); SELECT xlsx.create_profile('ab', 'ab')});

# Sheets.
my $first_hidden = book({ name => 'old', state => 'veryHidden', rows => [ [ 'a', 'b' ], [ 0, 0 ] ] },
	{ name => 'notes', rows => [ ['nothing'] ] }, { name => 'Jan', rows => [ [ 'x', 'a', 'b' ], [ 7, 1, 2 ], [ 8, 3, 4 ] ] });
my ($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.import('ab', xlsx.server_file('$first_hidden'))");
like($error, qr/^DETAIL:  Sheet "notes", row 1\./m, 'the first visible sheet is read, and a failure names it');
is(imported('ab', $first_hidden, "sheet => '?'"), "1|2\n3|4", 'the sheet that fits best');
is(told('found_sheet, unused'), 'Jan|[{"col": "A", "header": "x"}]', 'is told');
is(imported('ab', $first_hidden, "sheet => 'old'"), '0|0', 'a hidden sheet by its name');
is(sql("SELECT * FROM xlsx.read(xlsx.server_file('$first_hidden'), '?') AS t(a int, b int)"), "1|2\n3|4", 'the same without a profile');
($code, $out, $error) = $node->psql('postgres', "SELECT * FROM xlsx.discover(xlsx.server_file('$first_hidden'), '?')");
like($error, qr/sheet "\?" needs a profile/, 'xlsx.discover cannot choose');
is(sql("SELECT string_agg(header_text, ',') FROM xlsx.discover(xlsx.server_file('$first_hidden'))"), 'nothing', 'xlsx.discover reads the first visible sheet');
is(sql("SELECT xlsx.preview(xlsx.server_file('$first_hidden'), 'ab', '?') ->> 'sheet'"), 'Jan', 'xlsx.preview chooses, too');
sql(q{CREATE TABLE named (a int, month text); SELECT xlsx.create_profile('named', 'named'); SELECT xlsx.set_column('named', 'month', source => 'sheet_name')});
is(imported('named', $first_hidden, "sheet => '~^J'"), "1|Jan\n3|Jan", 'a column takes the name of the sheet');
my $all_hidden = book({ name => 'h', state => 'hidden', rows => [ [ 'a', 'b' ], [ 5, 6 ] ] });
is(imported('ab', $all_hidden), '5|6', 'the first sheet of a workbook with hidden sheets only');

# Several sheets in one task.
my @months = map { { name => $_, rows => [ [ 'Report for ' . $_ ], [ 'a', 'b' ], [ 1, 2 ], [ $_, 4 ], [ 5, 6 ] ] } } qw(Jan Feb Mar);
my $year = book({ name => 'notes', rows => [ ['nothing'] ] }, @months, { name => 'Jan (old)', state => 'hidden', rows => [ [ 'a', 'b' ], [ 9, 9 ] ] });
is(imported('ab', $year, q{sheets => '~^(Jan|Feb)'}), "1|2\n5|6\n1|2\n5|6", 'all visible sheets that match, one after the other');
is(told('found_sheet, found_sheets, total_rows, error_rows'), 'Jan|{Jan,Feb}|6|2', 'are told');
my $last = told('id');
is(sql("SELECT sheet, row_number, cell, message FROM xlsx.task_errors($last)"),
	"Jan|4|A4|A must be an integer\nFeb|4|A4|A must be an integer", 'each error knows its sheet');
is(sql("SELECT string_agg((e ->> 'sheet') || (e ->> 'rowNumber'), ' ') FROM xlsx_rest.rest_errors('$last', NULL, NULL, NULL) AS r, json_array_elements(r.body -> 'data') AS e"),
	'Jan4 Feb4', 'in REST, too');
is(sql("SELECT p.second -> 'data' -> 0 ->> 'sheet' FROM xlsx_rest.rest_errors('$last', NULL, '1', '0') AS r,
	LATERAL (SELECT body AS second FROM xlsx_rest.rest_errors('$last', NULL, '1', r.body -> 'meta' ->> 'next')) AS p"), 'Feb', 'page by page');
is(sql("SELECT string_agg(value, ' ' ORDER BY \"row\", col) FROM xlsx.cells(xlsx.errors_workbook($last)) WHERE \"row\" > 1"),
	'4 Jan 4 Jan: A must be an integer 4 Feb 4 Feb: A must be an integer', 'and in the workbook of errors');
is(imported('named', $year, q{sheets => '~^M|^F', dry_run => false}), "1|Feb\n5|Feb\n1|Mar\n5|Mar", 'a column takes the name of each sheet');
sql(q{SELECT xlsx.add_rule('ab', 'unique', 'b')});
sql("SELECT xlsx.import('ab', xlsx.server_file('$year'), sheets => '~^(Jan|Feb)', mode => 'insert')");
is(sql('SELECT sheet, row_number, detail FROM xlsx.task_errors(' . told('id') . ") WHERE code = 'unique'"),
	qq{Feb|3|Row 3 of sheet "Jan" has the same value.\nFeb|5|Row 5 of sheet "Jan" has the same value.}, 'a rule across rows knows all sheets');
sql(q{SELECT xlsx.drop_rule('ab', 'b_unique')});
# Whatever is killed in the second of three sheets, each row comes once.
make_people($node);
my $long = book(map { my $month = $_; { name => $month, rows => [ [ 'Name', 'Gender', 'Bio-ID' ], map { [ "n$_", $_ % 100 ? 'F' : undef, "$month-$_" ] } 1 .. 3000 ] } } qw(Jan Feb Mar));
foreach my $phase ('VALIDATING', 'SAVING')
{
	my $holder = block_at($node, 'Feb-2222', $phase);
	my $task = sql("SELECT xlsx.submit('people', xlsx.server_file('$long'), sheets => '~^...\$')");
	wait_blocked($node);
	kill_process($node, worker_pid($node));
	eval { $holder->quit };
	is(wait_for($node, $task), 'HAS_ERRORS', "killed while $phase, the task ends");
	is(sql("SELECT total_rows, saved_rows, error_rows, found_sheets FROM xlsx.tasks WHERE id = $task"), '9000|8910|90|{Jan,Feb,Mar}', 'with its counts');
	is(sql('SELECT count(*), count(DISTINCT bio_id) FROM people'), '8910|8910', 'each good row is there once');
	is(sql("SELECT sheet, count(*), count(DISTINCT row_number), min(row_number), max(row_number) FROM xlsx.task_errors($task) GROUP BY sheet ORDER BY min(sheet)"),
		"Feb|30|30|101|3001\nJan|30|30|101|3001\nMar|30|30|101|3001", 'and each bad one');
	sql('TRUNCATE people; ' . ($phase eq 'SAVING' ? 'DROP FUNCTION stop_here() CASCADE' : 'ALTER TABLE people ALTER bio_id TYPE text; DROP DOMAIN stopping; DROP FUNCTION stop_here(text)'));
}

# What decides how texts are read is the whole column, over all sheets: only the last one has a day that is no month, and a comma that groups nothing.
sql(q{CREATE TABLE paid (on_day date, amount numeric); SELECT xlsx.create_profile('paid', 'paid')});
my $dated = book({ name => 'Jan', rows => [ [ 'On day', 'Amount' ], [ '03.04.2024', '1.234' ], [ 'x', '5' ] ] }, { name => 'note', rows => [ ['25.12.2024'] ] },
	{ name => 'Feb', rows => [ [ 'On day', 'Amount' ], [ '05.06.2024', '7.500' ] ] }, { name => 'Mar', rows => [ [ 'On day', 'Amount' ], [ '25.12.2024', '1.234,50' ] ] });
foreach my $ahead ('on', 'off')
{
	sql("ALTER DATABASE postgres SET pg_xlsx.read_ahead = $ahead");
	is(imported('paid', $dated, q{sheets => '~^...$'}), "2024-04-03|1234\n2024-06-05|7500\n2024-12-25|1234.50", "read_ahead $ahead: all sheets decide together");
	is(sql(q{SELECT error_rows, (SELECT string_agg(f::text, ' ') FROM jsonb_path_query(findings, '$[*].text') AS f) FROM xlsx.tasks ORDER BY id DESC LIMIT 1}),
		'1|"1 of 4 values only fit DD.MM.YYYY" "1 of 4 values only fit 1.234,56"', 'and the task tells what of how many');
}
sql('ALTER DATABASE postgres RESET pg_xlsx.read_ahead');

my $mixed = book({ name => 'Jan', rows => [ [ 'a', 'b' ], [ 1, 2 ] ] }, { name => 'Jan 2', rows => [ [ 'b', 'a' ], [ 1, 2 ] ] });
($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.import('ab', xlsx.server_file('$mixed'), sheets => '~Jan')");
like($error, qr/^DETAIL:  Sheet "Jan 2", row 1\. Its columns are not those of sheet "Jan"\.$/m, 'sheets with other columns are refused');
($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.import('ab', xlsx.server_file('$mixed'), sheets => '~Feb')");
like($error, qr/no visible sheet of the workbook matches "~Feb"/, 'as is a pattern that no sheet matches');

# Merged cells.
sql(q{CREATE TABLE city (region text, city text, sales int); SELECT xlsx.create_profile('city', 'city')});
my $merged = book({ name => 's', merges => [ 'A2:A3', 'A4:A5', 'B4:C4' ],
		rows => [ [ 'Region', 'City', 'Sales' ], [ 'North', 'Kiel', 1 ], [ undef, 'Husum', 2 ], [ 'South', 5 ], [ undef, 'Lindau', 4 ] ] });
is(imported('city', $merged), "North|Kiel|1\n|Husum|2\nSouth|5|\n|Lindau|4", 'merged cells as they are');
is(sql("SELECT xlsx.preview(xlsx.server_file('$merged'), 'city') -> 'notes' ->> 0"), '{"code": "merged_cells", "row": 2, "message": '
	. '"2 merged ranges go over several rows, the first is A2:A3. Only its first cell has a value; with fill_merged all have it."}', 'told in a preview');
is(imported('city', $merged, 'fill_merged => true'), "North|Kiel|1\nNorth|Husum|2\nSouth|5|5\nSouth|Lindau|4", 'filled');
is(sql("SELECT * FROM xlsx.read(xlsx.server_file('$merged'), fill_merged => true) AS t(region text, city text)"),
	"North|Kiel\nNorth|Husum\nSouth|5\nSouth|Lindau", 'xlsx.read fills, too');

# Headers of two rows: groups reach as far as their merged ranges, or the headers below.
my @grouped = ([ 'ID', 'Address', undef, undef, 'Note' ], [ undef, 'City', 'Zip', 'Seen' ], [ 1, 'Ulm', '89073', 'x', 'n' ]);
my $columns = q{SELECT string_agg(header_text, ', ' ORDER BY "position") FROM xlsx.discover(xlsx.server_file('%s'), header_row => '1', header_rows => 2)};
is(sql(sprintf $columns, book({ name => 's', rows => \@grouped, merges => [ 'A1:A2', 'B1:C1', 'E1:E2' ] })),
	'ID, Address / City, Address / Zip, Seen, Note', 'merged groups');
is(sql(sprintf $columns, book({ name => 's', rows => \@grouped })), 'ID, Address / City, Address / Zip, Address / Seen, Note', 'groups that are not merged');

# Hidden rows and columns.
my $hidden = book({ name => 's', cols => '<col min="2" max="2" hidden="1"/>', hidden => [ 1, 4 ],
		rows => [ [ 'a', 'b', 'c' ], [ 'a', 'x', 'b' ], [ 1, 9, 2 ], [ 3, 9, 4 ], [ 5, 9, 6 ] ] });
is(sql("SELECT string_agg(n ->> 'code', ' ') FROM json_array_elements(xlsx.preview(xlsx.server_file('$hidden'), 'ab') -> 'notes') AS n"),
	'hidden_rows hidden_columns', 'hidden rows and columns are told in a preview');
is(imported('ab', $hidden, 'skip_hidden => true'), "1|2\n5|6", 'hidden rows and columns are left out');
is(told('found_header_row, unused'), '2|[]', 'header rows, too');
is(imported('ab', $hidden, "header_row => '2'"), "1|2\n3|4\n5|6", 'on request only');

# Where the data end.
my $footer = book({ name => 's', rows => [ [ 'a', 'b' ], [ 1, 2 ], [ 3, 4 ], undef, [ 5, 6 ], [ 'Total:', 12 ], [ 7, 8 ] ] });
is(imported('ab', $footer, "stop_at => 'blank_row'"), "1|2\n3|4", 'at the first blank row');
is(told('notes'), '[{"row": 5, "code": "rows_left_out", "message": "Rows from 5 on were left out, because stop_at says so."}]', 'which is told');
is(imported('ab', $footer, "stop_at => '~^Total'"), "1|2\n3|4\n5|6", 'at a row whose first cell matches');
is(imported('ab', $footer, q{stop_at => $$a ~ '^Total' AND b IS NOT NULL$$}), "1|2\n3|4\n5|6", 'at a row for which an expression is true');
is(told('notes'), '[{"row": 6, "code": "rows_left_out", "message": "Rows from 6 on were left out, because stop_at says so."}]', 'which is told, too');
is(imported('ab', $footer, q{stop_at => $$r.b::int > 10$$}), "1|2\n3|4\n5|6", 'also by the name of the row');
($code, $out, $error) = $node->psql('postgres', "SELECT xlsx.import('ab', xlsx.server_file('$footer'), stop_at => 'a =')");
like($error, qr/syntax error at end of input/, 'a text that is none is refused at once');
sql("SELECT xlsx.alter_profile('ab', stop_at => \$\$a = '3'\$\$)");
is(imported('ab', $footer), '1|2', 'in the profile');
sql("SELECT xlsx.alter_profile('ab', stop_at => '')");
sql("TRUNCATE ab; SELECT xlsx.import('ab', xlsx.server_file('$footer'))");
is(told('error_rows, notes'), '1|[{"row": 6, "code": "total_row", "message": "Row 6 (\"Total:\") looks like a total. To leave it out, give stop_at or skip_end."}]', 'else it is told');

# Excel tables.
sql(q{CREATE TABLE item (item text, qty int, price numeric); SELECT xlsx.create_profile('item', 'item')});
my @rows = ([ 'Inventory list' ], undef, [ undef, 'Item', 'Qty', 'Price', 'seen' ], [ undef, 'Nut', 10, 1.5, 'x' ], [ undef, 'Bolt', 20, 2.5 ], [ undef, 'Total', 30 ]);
my $table = book({ name => 's', tables => [ { ref => 'B3:D6', totals => 1 } ], rows => [ @rows, undef, [ undef, 'below' ] ] });
is(imported('item', $table), "Nut|10|1.5\nBolt|20|2.5", 'the range of an Excel table without its totals');
is(told('found_header_row, notes'), '3|[{"row": 6, "code": "totals_row", "message": "Row 6 is the totals row of an Excel table. It was left out."}, '
	. '{"row": 8, "code": "rows_left_out", "message": "Rows from 8 on were left out, because the Excel table ends above them."}]', 'which is told');
is(told('unused'), '[{"col": "E", "header": null}]', 'with a column beside it');
is(sql("SELECT string_agg(column_name || ':' || filled, ' ') FROM xlsx.discover(xlsx.server_file('$table'))"), 'item:2 qty:2 price:2', 'xlsx.discover reads the same');
is(imported('item', $table, "range => 'A1:Z6'"), "Nut|10|1.5\nBolt|20|2.5\nTotal|30|", 'unless a range says otherwise');
my $aside = book({ name => 's', tables => [ { ref => 'E1:F3' } ], rows => [ [ 'Item', 'Qty', 'Price', undef, 'code', 'text' ], [ 'Nut', 1, 2, undef, 'a', 'b' ],
			[ 'Bolt', 3, 4, undef, 'c', 'd' ], [ 'Screw', 5, 6 ] ] });
is(imported('item', $aside), "Nut|1|2\nBolt|3|4\nScrew|5|6", 'a table that does not fit the profile is none');

# A file that is so large that a second process reads it, on and off.
sql(q{CREATE TABLE many (column_a int, "key" text, price numeric); SELECT xlsx.create_profile('many', 'many')});
my @many = ([ 'Report' ], undef, [ undef, 'Key', 'Price (EUR)' ], map { [ $_, "key number $_ of many" . ('x' x 20), $_ / 4, $_ == 70000 ? 'note' : () ] } 4 .. 90000);
my %large = (plain => book({ name => 'old', state => 'hidden', rows => [ ['a'] ] }, { name => 's', rows => [ @many, [ 'Total', undef, 5 ] ] }),
	table => book({ name => 's', tables => [ { ref => 'A3:C90001', totals => 1 } ], rows => [ @many, [ undef, 'Total', 5 ], [ undef, 'below' ] ] }));
foreach my $name (sort keys %large)
{
	my @outcomes;

	foreach my $setting ('on', 'off')
	{
		my $task = sql("ALTER SYSTEM SET pg_xlsx.read_ahead = $setting; SELECT pg_reload_conf(); TRUNCATE many; SELECT xlsx.submit('many', xlsx.server_file('$large{$name}'))");

		$task =~ s/\D*//;
		$task =~ s/^t\n//;
		($task) = $task =~ /(\d+)$/;
		sql("SELECT xlsx.wait($task)");
		push @outcomes, told('status, found_sheet, found_header_row, total_rows, saved_rows, error_rows, missing, unused, notes') . sql('SELECT count(*), sum(column_a), sum(price), min("key") FROM many');
	}
	is($outcomes[0], $outcomes[1], "$name: a second process reads and sees the same");
	like($outcomes[0], qr/"col": "D", "header": null/, "$name: a column with one value at the end is told") if $name eq 'plain';
	is((split /\|/, $outcomes[0])[4], 89997, "$name: all rows are saved");
}

$node->stop;
done_testing();
