# The process that reads finds the same good rows, value by value, and the same errors as a single process would.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('check_ahead');
my $seed = $ENV{SEED} // int(rand(1_000_000));
note "seed $seed";

$node->safe_psql('postgres', <<'SQL');
CREATE TYPE kind AS ENUM ('a', 'b', 'c');
CREATE TABLE thing (
  name varchar(12) NOT NULL, small int2, whole int8, part numeric(8,2), free numeric, ratio float8, single real, flag boolean,
  born date, seen timestamp, zoned timestamptz, kind kind, note text);
CREATE TABLE plain AS TABLE thing;
ALTER TABLE plain DROP kind, DROP zoned, ADD UNIQUE (whole);
CREATE TABLE ruled (name text, small int2, part numeric(8,2), ratio float8, born date, seen timestamp, kind text, note text);
SELECT xlsx.create_profile('thing', 'thing'), xlsx.create_profile('plain', 'plain'), xlsx.create_profile('ruled', 'ruled');
ALTER ROLE CURRENT_USER SET timezone = 'Europe/Berlin';
SQL

sub mixed_book
{
	my ($epoch) = @_;
	my $path = "$ENV{TESTDATADIR}/mixed$epoch.xlsx";

	mkdir $ENV{TESTDATADIR};
	system_or_bail('/usr/bin/python3', "$FindBin::RealBin/lib/mixed_book.py", $seed, $epoch, $path);
	return $path;
}

# What an import leaves: counts, rows of the table, errors.
sub outcome
{
	my ($path, $table, $read_ahead) = @_;

	$node->safe_psql('postgres', "TRUNCATE $table; ALTER ROLE CURRENT_USER SET pg_xlsx.read_ahead = $read_ahead");
	my $task = submit($node, $path, $table);
	is(wait_for($node, $task), 'HAS_ERRORS', "read_ahead $read_ahead: an import of $table ends");
	return map { $node->safe_psql('postgres', $_) } (
		"SELECT total_rows, saved_rows, error_rows FROM xlsx.tasks WHERE id = $task",
		"SELECT t FROM $table t ORDER BY t::text",
		"SELECT e FROM xlsx.task_errors($task) e",
		"SELECT row_number, cells, violations FROM xlsx_private.error_row WHERE task_id = $task ORDER BY row_number",
		"SELECT row_number, cells, violations FROM xlsx_private.warning_row WHERE task_id = $task ORDER BY row_number");
}

sub same_outcome
{
	my ($ahead, $other, $what) = @_;

	is($ahead->[0], $other->[0], "$what: the counts are the same");
	foreach my $i (1 .. $#$other)
	{
		my @lines = map { [ split /\n/ ] } $ahead->[$i], $other->[$i];
		my ($differs) = grep { $lines[0][$_] ne ($lines[1][$_] // '') } 0 .. $#{ $lines[0] };

		ok($ahead->[$i] eq $other->[$i], "$what: so is each of " . @{ $lines[0] } . ' lines')
		  or diag(defined $differs ? "ahead $lines[0][$differs]\nelse  $lines[1][$differs]" : 'there are fewer');
	}
	return;
}

sub same_both_ways
{
	my ($path, $table, $what) = @_;
	my @ahead = outcome($path, $table, 'on');
	my @one = outcome($path, $table, 'off');
	my ($total, $saved, $errors) = split /\|/, $one[0];

	cmp_ok($saved, '>', 3000, "$table, $what: rows are good");
	cmp_ok($errors, '>', 3000, "$table, $what: others are not");
	same_outcome(\@ahead, \@one, "$table, $what");
	return @ahead;
}

my $book = mixed_book(1900);
same_both_ways($book, 'plain', 'as it is');
same_both_ways($book, 'thing', 'as it is');
same_both_ways(mixed_book(1904), 'plain', 'dates from 1904');

$node->safe_psql('postgres', q{SELECT xlsx.alter_profile('plain', null_tokens => '{-,n/a,42,""}', trim_cells => false)});
same_both_ways($book, 'plain', 'with words for NULL, not trimmed');
$node->safe_psql('postgres', q{SELECT xlsx.alter_profile('plain', range => 'B1:N15000')});
same_both_ways($book, 'plain', 'a range');
$node->safe_psql('postgres', q{SELECT xlsx.alter_profile('plain', range => '', skip_end => 3)});
same_both_ways($book, 'plain', 'without the last rows');

# Rules on single cells: rows are judged by the reader, by the import, and, with a rule on rows, batch by batch.
$node->safe_psql('postgres', <<'SQL');
SELECT xlsx.add_rule('ruled', 'required', 'note');
SELECT xlsx.add_rule('ruled', 'min', 'small', '{-8}');
SELECT xlsx.add_rule('ruled', 'max', 'small', '{7}', severity => 'warning', message => '{label} in {cell} is {value}');
SELECT xlsx.add_rule('ruled', 'min', 'part', '{10.5}');
SELECT xlsx.add_rule('ruled', 'max', 'part', '{9500.25}');
SELECT xlsx.add_rule('ruled', 'min', 'ratio', '{0.02}');
SELECT xlsx.add_rule('ruled', 'min', 'born', '{2024-06-01}');
SELECT xlsx.add_rule('ruled', 'max', 'seen', '{2036-01-01 12:00}');
SELECT xlsx.add_rule('ruled', 'min_length', 'name', '{6}');
SELECT xlsx.add_rule('ruled', 'max_length', 'name', '{18}');
SELECT xlsx.add_rule('ruled', 'one_of', 'kind', '{a,b,ääääääääääääääääääää}');
SELECT xlsx.add_rule('ruled', 'pattern', 'note', '{^[A-Zc-z]}');
SELECT xlsx.set_column('ruled', 'small', messages => '{"type": "{value} is not small"}');
SQL
my @ahead = same_both_ways($book, 'ruled', 'rules on cells');
cmp_ok(scalar(split /\n/, $ahead[4]), '>', 100, 'some rows are warned of');
foreach my $rule (qw(note_required small_min part_min part_max ratio_min born_min seen_max name_min_length name_max_length kind_one_of note_pattern))
{
	like($ahead[3], qr/"$rule"/, "some break the rule $rule");
}
$node->safe_psql('postgres', q{SELECT xlsx.add_rule('ruled', 'expression', argument => '{true}')});
my @staged = outcome($book, 'ruled', 'on');
same_outcome(\@ahead, \@staged, 'ruled, with a rule on rows');

# Columns that are no cells, defaults, and rules that read the text of a number.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE sourced (name text NOT NULL, small int2 NOT NULL, part numeric(8,2), born date, file text, line int, rest text, note text NOT NULL);
SELECT xlsx.create_profile('sourced', 'sourced');
SELECT xlsx.set_column('sourced', 'small', default_value => '7'), xlsx.set_column('sourced', 'note', default_value => 'no "note"'),
  xlsx.set_column('sourced', 'born', default_value => '2024-02-30'), xlsx.set_column('sourced', 'file', source => 'file_name'),
  xlsx.set_column('sourced', 'line', source => 'row_number'), xlsx.set_column('sourced', 'rest', source => 'extra');
SELECT xlsx.add_rule('sourced', 'pattern', 'part', '{[^5]$}', message => '{cell}: {value} is no {label}'),
  xlsx.add_rule('sourced', 'max_length', 'part', '{5}', severity => 'warning'), xlsx.add_rule('sourced', 'min_length', 'born', '{10}');
SELECT xlsx.add_rule('sourced', 'max', 'line', '{15000}', message => 'too far'), xlsx.add_rule('sourced', 'pattern', 'file', '{^mixed}', severity => 'warning');
SELECT xlsx.set_column('sourced', 'name', messages => '{"required": {"": "Who?", "de": "Wer?"}}'), xlsx.alter_profile('sourced', locale => 'de-AT');
SQL
@ahead = same_both_ways($book, 'sourced', 'columns that are no cells');
foreach my $pattern (qr/E\d+: [^"]* is no Part/, qr/Wer\?/, qr/too far/)
{
	like($ahead[3], $pattern, "some are told $pattern");
}
$node->safe_psql('postgres', q{SELECT xlsx.add_rule('sourced', 'expression', argument => '{true}')});
@staged = outcome($book, 'sourced', 'on');
same_outcome(\@ahead, \@staged, 'sourced, with a rule on rows');


# All errors of a row are told, whatever finds them: together they are those that are found with each column alone, or with
# the columns that a rule on rows reads.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE kinds (name text PRIMARY KEY, value text);
INSERT INTO kinds VALUES ('a', 'first'), ('b', 'second'), ('c', 'third');
SELECT xlsx.set_column('ruled', 'kind', lookup => 'SELECT name, value FROM kinds');
SELECT xlsx.set_column('ruled', 'name', transform => 'CASE WHEN value ~ ''^[a-f]'' THEN (1 / length(replace(value, value, '''')))::text ELSE value END');
SELECT xlsx.set_column('ruled', 'note', transform => 'CASE WHEN value = ''12.5'' THEN (1 / length(replace(value, value, '''')))::text ELSE value END');
SELECT xlsx.add_rule('ruled', 'expression', argument => '{small * 1000 < part}', name => 'small_part');
SELECT xlsx.add_rule('ruled', 'expression', argument => '{born < seen::date}', name => 'born_seen');
SQL
my @columns = qw(name small part ratio born seen kind note);

# "row column code rule" of each error and warning.
sub told
{
	my ($profile) = @_;
	my $task = $node->safe_psql('postgres', "TRUNCATE ruled; SELECT (xlsx.import('$profile', pg_read_binary_file('$book'))).task");

	return split /\n/, $node->safe_psql('postgres', "SELECT concat_ws(' ', row_number, column_name, code, constraint_name) FROM xlsx.task_errors($task)
		UNION SELECT concat_ws(' ', row_number, column_name, code, rule, 'warning') FROM xlsx.task_warnings($task)");
}

my %together = map { $_ => 1 } told('ruled');
my %apart;
foreach my $set ((map { [$_] } @columns), [ 'small', 'part' ], [ 'born', 'seen' ])
{
	my $name = join('_', @$set);

	$node->safe_psql('postgres', q{SELECT xlsx.create_profile_from_json(xlsx.profile_json('ruled'), 'part_of')});
	foreach my $column (@columns)
	{
		$node->safe_psql('postgres', "SELECT xlsx.set_column('part_of', '$column', source => 'none')") if !grep { $_ eq $column } @$set;
	}
	$node->safe_psql('postgres', "SELECT xlsx.drop_rule('part_of', name) FROM xlsx.profile_rules WHERE profile = 'part_of' AND kind = 'expression' AND name <> '$name'");
	$apart{$_} = 1 foreach told('part_of');
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('part_of')});
}
my @hidden = sort grep { !$together{$_} } keys %apart;
my @more = sort grep { !$apart{$_} } keys %together;
cmp_ok(scalar keys %apart, '>', 20000, 'rows have many errors');
is(join("\n", @hidden[0 .. ($#hidden < 9 ? $#hidden : 9)]), '', 'no error hides another');
is(join("\n", @more[0 .. ($#more < 9 ? $#more : 9)]), '', 'none comes of another');
foreach my $finder (qw(lookup transform type min pattern small_part born_seen))
{
	cmp_ok(scalar(grep { /\b$finder\b/ } keys %together), '>', 50, "$finder tells some");
}

$node->stop('immediate');
done_testing();
