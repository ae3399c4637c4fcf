# Tables that only some versions of PostgreSQL know: each row of a file is saved or refused as the table demands, in each mode.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('version_kinds');
my $version = int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000);
my $gist = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'});

$node->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = work, public');
$node->safe_psql('postgres', 'CREATE EXTENSION btree_gist SCHEMA public') if $gist;

# What an import makes of rows: counts, the code and the column of each error, or the refusal; then the rows of the target.
sub outcome
{
	my ($mode, $rows) = @_;
	my ($code, $out, $error) = $node->psql('postgres', <<"SQL");
SELECT i.status, i.inserted_rows, i.updated_rows, i.unchanged_rows, i.skipped_rows, i.error_rows
FROM xlsx.import('target', xlsx.write(\$\$$rows\$\$), mode => '$mode') AS i;
SELECT coalesce(string_agg(concat_ws(' ', e.row_number, e.code, e.column_name), ', ' ORDER BY e.row_number, e.code), 'all right')
FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks)) AS e;
SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM target AS t;
SQL
	my ($refusal) = $error =~ /ERROR: +(.*)/;
	return defined $refusal ? $refusal : join(' -> ', split /\n/, $out);
}

# Since which version; needs btree_gist; what it is; how it is made; pairs of mode and rows, with what comes of them.
my @kinds = (
	[15, 0, 'a key in which NULL is a value', 'CREATE TABLE target (id int UNIQUE NULLS NOT DISTINCT, name text)',
		['insert', q{VALUES (1, 'a'), (NULL, 'b'), (NULL, 'c')}, 'HAS_ERRORS|2|0|0|0|1 -> 4 unique ID -> (,b) (1,a)']],
	[15, 0, 'a view with the rights of its caller', 'CREATE TABLE base (id int PRIMARY KEY, name text); CREATE VIEW target WITH (security_invoker) AS SELECT * FROM base',
		['insert', q{VALUES (1, 'a'), (1, 'b')}, 'HAS_ERRORS|1|0|0|0|1 -> 3 unique ID -> (1,a)']],
	[17, 0, 'an identity column of a partitioned table', 'CREATE TABLE target (id int, name text, no int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (id);
		CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (10)',
		['insert', q{VALUES (1, 'a'), (2, 'b'), (20, 'c')}, 'HAS_ERRORS|2|0|0|0|1 -> 4 check -> (1,a) (2,b)']],
	[17, 0, 'an exclusion constraint of a partitioned table', 'CREATE TABLE target (id int, name text, EXCLUDE USING btree (id WITH =)) PARTITION BY RANGE (id);
		CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (10)',
		['insert', q{VALUES (1, 'a'), (1, 'b'), (2, 'c')}, 'HAS_ERRORS|2|0|0|0|1 -> 3 exclusion ID -> (1,a) (2,c)']],
	[18, 0, 'a column that is computed when it is read', 'CREATE TABLE target (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, name text)',
		['insert', q{VALUES (1, 'a'), (2, 'b'), (2, 'c')}, 'HAS_ERRORS|2|0|0|0|1 -> 4 unique ID -> (1,2,a) (2,4,b)'],
		['upsert', q{VALUES (1, 'a'), (2, 'x'), (3, 'c')}, 'COMPLETED|1|1|1|0|0 -> all right -> (1,2,a) (2,4,x) (3,6,c)'],
		['update', q{VALUES (3, 'y'), (4, 'd')}, 'HAS_ERRORS|0|1|0|0|1 -> 3 not_found ID -> (1,2,a) (2,4,x) (3,6,y)'],
		['skip', q{VALUES (3, 'z'), (4, 'd')}, 'COMPLETED|1|0|0|1|0 -> all right -> (1,2,a) (2,4,x) (3,6,y) (4,8,d)'],
		['replace', q{VALUES (5, 'e')}, 'COMPLETED|1|0|0|0|0 -> all right -> (5,10,e)']],
	[18, 0, 'such a column with constraints', 'CREATE TABLE target (id int PRIMARY KEY, name text, half int GENERATED ALWAYS AS (nullif(id, 7) / 2) VIRTUAL NOT NULL CHECK (half < 5))',
		['insert', q{VALUES (1, 'a'), (7, 'b'), (10, 'c')}, 'HAS_ERRORS|1|0|0|0|2 -> 3 not_null, 4 check -> (1,a,0)'],
		['upsert', q{VALUES (1, 'x'), (7, 'b'), (12, 'c')}, 'HAS_ERRORS|0|1|0|0|2 -> 3 not_null, 4 check -> (1,x,0)'],
		['all_or_nothing', q{VALUES (2, 'd'), (7, 'b')}, 'FAILED|0|0|0|0|1 -> 3 not_null -> (1,x,0)']],
	[18, 0, 'NOT NULL that is not checked yet', 'CREATE TABLE target (id int PRIMARY KEY, name text); INSERT INTO target VALUES (9); ALTER TABLE target ADD CONSTRAINT named NOT NULL name NOT VALID',
		['insert', q{VALUES (1, 'a'), (2, NULL)}, 'HAS_ERRORS|1|0|0|0|1 -> 3 required Name -> (1,a) (9,)']],
	[18, 0, 'constraints that nobody enforces', 'CREATE TABLE other (name text UNIQUE); CREATE TABLE target (id int PRIMARY KEY CHECK (id > 1) NOT ENFORCED, name text REFERENCES other (name) NOT ENFORCED)',
		['insert', q{VALUES (1, 'a'), (2, 'b')}, 'COMPLETED|2|0|0|0|0 -> all right -> (1,a) (2,b)'],
		['upsert', q{VALUES (1, 'x'), (3, 'c')}, 'COMPLETED|1|1|0|0|0 -> all right -> (1,x) (2,b) (3,c)']],
	[18, 1, 'a key over time', 'CREATE TABLE target (id int, valid daterange, name text, PRIMARY KEY (id, valid WITHOUT OVERLAPS))',
		['insert', q{VALUES (1, '[2024-01-01,2024-06-01)', 'a'), (1, '[2024-05-01,2025-01-01)', 'b'), (1, '[2024-06-01,2025-01-01)', 'c'), (2, 'empty', 'd')},
			'HAS_ERRORS|2|0|0|0|2 -> 3 exclusion ID, 5 check -> (1,"[2024-01-01,2024-06-01)",a) (1,"[2024-06-01,2025-01-01)",c)'],
		['upsert', q{VALUES (1, '[2024-01-01,2024-06-01)', 'x'), (1, '[2024-05-01,2025-01-01)', 'b'), (3, '[2024-06-01,2025-01-01)', 'c')},
			'HAS_ERRORS|1|1|0|0|1 -> 3 exclusion ID -> (1,"[2024-01-01,2024-06-01)",x) (1,"[2024-06-01,2025-01-01)",c) (3,"[2024-06-01,2025-01-01)",c)'],
		['update', q{VALUES (3, '[2024-06-01,2025-01-01)', 'y'), (3, '[2024-06-01,2024-07-01)', 'z')},
			'HAS_ERRORS|0|1|0|0|1 -> 3 not_found ID -> (1,"[2024-01-01,2024-06-01)",x) (1,"[2024-06-01,2025-01-01)",c) (3,"[2024-06-01,2025-01-01)",y)'],
		['skip', q{VALUES (3, '[2024-06-01,2025-01-01)', 'z'), (4, '[2024-06-01,2024-07-01)', 'z')},
			'COMPLETED|1|0|0|1|0 -> all right -> (1,"[2024-01-01,2024-06-01)",x) (1,"[2024-06-01,2025-01-01)",c) (3,"[2024-06-01,2025-01-01)",y) (4,"[2024-06-01,2024-07-01)",z)']],
	[18, 1, 'a reference over time', q{CREATE TABLE other (id int, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS)); INSERT INTO other VALUES (1, '[2024-01-01,2024-06-01)'), (1, '[2024-06-01,2025-01-01)');
		CREATE TABLE target (id int, valid daterange, FOREIGN KEY (id, PERIOD valid) REFERENCES other)},
		['insert', q{VALUES (1, '[2024-05-01,2024-07-01)'), (1, '[2024-05-01,2026-07-01)'), (2, '[2024-05-01,2024-07-01)')},
			'HAS_ERRORS|1|0|0|0|2 -> 3 foreign_key ID, 4 foreign_key ID -> (1,"[2024-05-01,2024-07-01)")']],
);

my $seen = 0;

foreach my $entry (@kinds)
{
	my ($since, $needs_gist, $kind, $make, @imports) = @$entry;

	next if $version < $since || ($needs_gist && !$gist);
	$seen++;
	$node->safe_psql('postgres', "CREATE SCHEMA work; $make; SELECT xlsx.create_profile('target', 'target')");
	my @columns = split /\n/, $node->safe_psql('postgres', q{SELECT attname FROM pg_attribute WHERE attrelid = 'target'::regclass AND attnum > 0 AND attgenerated = '' AND attidentity = '' ORDER BY attnum});
	foreach my $import (@imports)
	{
		my ($mode, $rows, $expected) = @$import;
		my $found = outcome($mode, 'SELECT * FROM (' . $rows . ') AS r (' . join(', ', @columns) . ')');
		# A row that is tried twice takes two numbers of an identity column.
		$found =~ s/,[0-9]+\)/)/g if $make =~ /AS IDENTITY/;
		is($found, $expected, "$kind: $mode");
	}
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('target'); DROP SCHEMA work CASCADE});
}
ok($seen >= 2, "PostgreSQL $version: $seen kinds");

# A column that is computed cannot be filled, whenever it is computed.
foreach my $when ($version >= 18 ? ('STORED', 'VIRTUAL') : 'STORED')
{
	$node->safe_psql('postgres', "CREATE SCHEMA work; CREATE TABLE target (id int, twice int GENERATED ALWAYS AS (id * 2) $when); SELECT xlsx.create_profile('target', 'target')");
	my ($code, $out, $error) = $node->psql('postgres', q{SELECT xlsx.set_column('target', 'twice', header => 'Twice')});
	like($error, qr/ERROR: +column "twice" of relation "work.target" cannot be filled\n/, "$when: a column that is computed is refused");
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('target'); DROP SCHEMA work CASCADE});
}

$node->stop;
done_testing();
