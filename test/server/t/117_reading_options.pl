# The options that say how a sheet is read have the same names and the same effect in a profile, a task, a form of REST and a schedule.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('reading_options');
my $path = PostgreSQL::Test::Utils::tempdir . '/book.xlsx';

sub sql { my ($text) = @_; return $node->safe_psql('postgres', $text); }

# Two sheets, each with headers of two rows, merged groups, a hidden row and a total.
my @sheets = map { {
		name => $_, merges => [ 'A1:B1', 'A3:A4' ], hidden => [5],
		rows => [ [ 'Place', undef, 'Sales' ], [ 'Region', 'City' ], [ 'North', "Kiel $_", 1 ], [ undef, "Husum $_", 2 ], [ 'hidden', 'x', 9 ], [ 'South', "Ulm $_", 3 ], [ 'Total', undef, 6 ] ]
} } qw(Jan Feb);
my $json = encode_json(\@sheets);
run([ 'python3', "$FindBin::RealBin/lib/raw_book.py", $path ], '<', \$json) or die 'no book';

sql(q{CREATE TABLE sales (place_region text, place_city text, sales int); SELECT xlsx.create_profile('sales', 'sales')});
my $expected = join "\n", map { ("North|Kiel $_|1", "North|Husum $_|2", "South|Ulm $_|3") } qw(Jan Feb);
my %options = (header_check => 'exact', header_rows => 2, fill_merged => 'true', skip_hidden => 'true', stop_at => '~^Total', sheets => '~^(Jan|Feb)$');
my $arguments = join ', ', map { "$_ => '$options{$_}'" } sort keys %options;

sub rows_after
{
	my ($what, $task) = @_;

	sql("SELECT xlsx.wait($task)") if $task;
	is(sql('SELECT * FROM sales'), $expected, $what);
	sql('TRUNCATE sales');
}

sql("SELECT xlsx.import('sales', xlsx.server_file('$path'), $arguments)");
rows_after('xlsx.import');
rows_after('a task', sql("SELECT xlsx.submit('sales', xlsx.server_file('$path'), $arguments)"));
rows_after('xlsx.submit_once', sql("SELECT (xlsx.submit_once('sales', xlsx.server_file('$path'), $arguments)).task"));

# A form of REST: the same names in camelCase, all values as text.
my %form = map { my $name = $_; $name =~ s/_(.)/\u$1/g; ($name => "$options{$_}") } keys %options;
my $form = encode_json(\%form);
rows_after('an upload', sql("SELECT (body ->> 'taskId')::bigint FROM xlsx_rest.upload_begin('sales', 'book.xlsx', \$f\$$form\$f\$) AS u, "
		. "LATERAL (SELECT xlsx_rest.upload_chunk(u, 0, pg_read_binary_file('$path'))) AS c, LATERAL (SELECT * FROM xlsx_rest.upload_finish(u) WHERE c IS NOT NULL) AS f"));

my $plain_form = encode_json({ map { ($_ => "$options{$_}") } keys %options });
rows_after('an upload with the names of SQL', sql("SELECT (body ->> 'taskId')::bigint FROM xlsx_rest.upload_begin('sales', 'book.xlsx', \$f\$$plain_form\$f\$) AS u, "
		. "LATERAL (SELECT xlsx_rest.upload_chunk(u, 0, pg_read_binary_file('$path'))) AS c, LATERAL (SELECT * FROM xlsx_rest.upload_finish(u) WHERE c IS NOT NULL) AS f"));

# A schedule.
sql("SELECT xlsx.schedule('sales', NULL, 'sales', query => \$\$SELECT pg_read_binary_file('$path') || '\\x'::bytea, 'book.xlsx'\$\$, $arguments)");
sql("SELECT xlsx.run_schedule('sales')");
rows_after('a schedule', sql('SELECT max(id) FROM xlsx.tasks'));

# A profile, as it is, and as JSON.
sql("SELECT xlsx.alter_profile('sales', $arguments)");
sql("SELECT xlsx.import('sales', xlsx.server_file('$path'))");
rows_after('a profile');
sql("SELECT xlsx.create_profile_from_json(xlsx.profile_json('sales'), name => 'copy')");
is(sql("SELECT xlsx.profile_json('copy') - 'name' = xlsx.profile_json('sales') - 'name'"), 't', 'its JSON is complete');
sql("SELECT xlsx.import('copy', xlsx.server_file('$path'))");
rows_after('a copy of the profile by its JSON');
is(sql("SELECT xlsx.preview(xlsx.server_file('$path'), 'copy') ->> 'missing'"), '[]', 'a preview reads by the profile');
is(sql("SELECT p.body ->> 'sheet' FROM xlsx_rest.upload_begin('copy', 'book.xlsx', '{\"sheets\": \"~Feb\"}') AS u, "
		. "LATERAL (SELECT xlsx_rest.upload_chunk(u, 0, pg_read_binary_file('$path'))) AS c, LATERAL (SELECT * FROM xlsx_rest.rest_preview(u) WHERE c IS NOT NULL) AS p"),
	'Feb', 'a preview of an upload reads by its sheets');
sql("SELECT xlsx.import('copy', xlsx.server_file('$path'), header_check => 'any', sheets => '~Feb')");
is(sql('SELECT count(*) FROM sales'), '3', 'an option of the task replaces that of the profile');

# An expression is SQL: that of another role is not run.
sql(q{CREATE ROLE ann LOGIN; CREATE ROLE eve LOGIN; GRANT xlsx_user TO ann, eve; GRANT ALL ON sales TO ann, eve; SET ROLE eve; SELECT xlsx.create_profile('eves', 'sales');
SELECT xlsx.alter_profile('eves', stop_at => 'place_region = ''South''', header_rows => 2)});
my ($code, $out, $error) = $node->psql('postgres', "SET ROLE ann; SELECT xlsx.import('eves', pg_read_binary_file('$path'))");
like($error, qr/permission denied|holds SQL of another role/, 'an expression of another role is refused');
my $book = sql("SELECT encode(pg_read_binary_file('$path'), 'hex')");
($code, $out, $error) = $node->psql('postgres', "SET ROLE ann; SELECT xlsx.import('eves', decode('$book', 'hex'))");
like($error, qr/profile "eves" holds SQL of another role/, 'with a sentence');
is(sql("TRUNCATE sales; SET ROLE eve; SELECT saved_rows FROM xlsx.import('eves', decode('$book', 'hex'))"), '3', 'its own role may run it');

$node->stop;
done_testing();
