# For every kind of target, no use of a profile ends the server: template, preview of a
# file, an import in each mode, in the caller's transaction or by a worker, undo and delete.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('table_kinds', "autovacuum = off\n");
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');
my $gist = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'});
my $remote = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'});
my $port = $node->port;
my $host = $node->host;

$node->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = work, public');
$node->safe_psql('postgres', 'CREATE EXTENSION btree_gist SCHEMA public') if $gist;
$node->safe_psql('postgres', <<"SQL") if $remote;
CREATE EXTENSION postgres_fdw SCHEMA public;
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER loop;
SQL
# Two rows go in wherever both columns are there; a table of several thousand makes the late index worth it.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE public.book AS
  SELECT 'few' AS size, xlsx.write('SELECT i AS id, ''n'' || i AS name FROM generate_series(1, 2) i') AS file
  UNION ALL SELECT 'many', xlsx.write('SELECT i AS id, ''n'' || i AS name FROM generate_series(1, 12000) i');
CREATE FUNCTION public.pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION public.put_into_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO kept VALUES (NEW.id, NEW.name); RETURN NEW; END';
CREATE DOMAIN public.short AS text CHECK (length(VALUE) < 20);
CREATE TYPE public.pair AS (id int, name text);
CREATE TABLE public.kept (id int, name text);
SQL

# Each makes a table or view "target" with the columns id and name. Of those that take rows, how many of "few".
my @kinds = (
	['a plain table', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text)'],
	['a table without an index', 2, 'CREATE TABLE target (id int, name text)'],
	['an unlogged table', 2, 'CREATE UNLOGGED TABLE target (id int PRIMARY KEY, name text)'],
	['a typed table', 2, 'CREATE TABLE target OF pair (PRIMARY KEY (id))'],
	['columns that are gone', 2, 'CREATE TABLE target (x int, id int PRIMARY KEY, y text DEFAULT 1, name text, z int); ALTER TABLE target DROP x, DROP y, DROP z'],
	['columns that are not in the file', 2, q{CREATE TABLE target (id int PRIMARY KEY, a int[] DEFAULT '{1}', name text, b pair DEFAULT (1, 'x'), at timestamptz DEFAULT now())}],
	['an index on an expression', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text); CREATE UNIQUE INDEX ON target (lower(name)); CREATE INDEX ON target (id) WHERE id > 1'],
	['partitions', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
		CREATE TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (2); CREATE TABLE target_2 PARTITION OF target DEFAULT'],
	['partitions of partitions', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
		CREATE TABLE target_1 PARTITION OF target DEFAULT PARTITION BY HASH (id); CREATE TABLE target_11 PARTITION OF target_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0)'],
	['partitions that are missing', 0, 'CREATE TABLE target (id int PRIMARY KEY, name text) PARTITION BY LIST (id)'],
	['a partition itself', 2, 'CREATE TABLE whole (id int PRIMARY KEY, name text) PARTITION BY RANGE (id); CREATE TABLE target PARTITION OF whole DEFAULT'],
	['a table with children', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text); CREATE TABLE child () INHERITS (target)'],
	['a child', 2, 'CREATE TABLE parent (id int, name text); CREATE TABLE target (PRIMARY KEY (id)) INHERITS (parent)'],
	['a view', 2, 'CREATE TABLE base (id int PRIMARY KEY, name text); CREATE VIEW target AS SELECT * FROM base WHERE id > 0 WITH CHECK OPTION'],
	['a view on a partitioned table', 2, 'CREATE TABLE base (id int PRIMARY KEY, name text) PARTITION BY HASH (id); CREATE TABLE base_1 PARTITION OF base FOR VALUES WITH (MODULUS 1, REMAINDER 0);
		CREATE VIEW target AS SELECT * FROM base'],
	['a view with a trigger', 2, 'TRUNCATE kept; CREATE VIEW target AS SELECT * FROM kept; CREATE TRIGGER t INSTEAD OF INSERT ON target FOR EACH ROW EXECUTE FUNCTION put_into_kept()'],
	['a view that takes no rows', 0, 'TRUNCATE kept; CREATE VIEW target AS SELECT id, max(name) AS name FROM kept GROUP BY id'],
	['a rule instead', 2, 'TRUNCATE kept; CREATE TABLE target (id int PRIMARY KEY, name text); CREATE RULE r AS ON INSERT TO target DO INSTEAD INSERT INTO kept VALUES (NEW.id, NEW.name)', 'kept'],
	['generated columns', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (id * 2) STORED NOT NULL CHECK (twice > 0))'],
	['identity columns', 2, 'CREATE TABLE target (no int GENERATED ALWAYS AS IDENTITY, id int PRIMARY KEY, name text, nr bigint GENERATED BY DEFAULT AS IDENTITY, s serial)'],
	['domains', 2, 'CREATE TABLE target (id int PRIMARY KEY, name short)'],
	['a constraint that can wait', 2, 'CREATE TABLE target (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, name text)'],
	['an exclusion constraint', 2, 'CREATE TABLE target (id int, name text, EXCLUDE USING btree (id WITH =))'],
	['a policy', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text); ALTER TABLE target ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON target USING (true)'],
	['triggers', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text); CREATE TRIGGER a BEFORE INSERT OR UPDATE ON target FOR EACH ROW EXECUTE FUNCTION pass();
		CREATE TRIGGER b AFTER INSERT OR UPDATE OR DELETE ON target FOR EACH ROW EXECUTE FUNCTION pass(); CREATE CONSTRAINT TRIGGER c AFTER INSERT ON target INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pass()'],
	['a key of NULLs to choose from', 2, q{CREATE TABLE other (name text UNIQUE); INSERT INTO other VALUES (NULL), ('n1'), (NULL), ('n2');
		INSERT INTO other SELECT 'n' || i FROM generate_series(3, 12000) i; CREATE TABLE target (id int PRIMARY KEY, name text REFERENCES other (name))}],
	['few keys to choose from', 0, q{CREATE TABLE other (name text UNIQUE); INSERT INTO other VALUES (NULL), ('m1'), (NULL); CREATE TABLE target (id int PRIMARY KEY, name text REFERENCES other (name))}],
	['no key to choose from', 0, 'CREATE TABLE other (name text UNIQUE); INSERT INTO other VALUES (NULL); CREATE TABLE target (id int PRIMARY KEY, name text REFERENCES other (name))'],
	['a key of a partitioned table', 0, 'CREATE TABLE other (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE other_1 PARTITION OF other FOR VALUES WITH (MODULUS 1, REMAINDER 0);
		CREATE TABLE target (id int PRIMARY KEY REFERENCES other, name text)'],
	['a key of its own', 2, 'CREATE TABLE target (id int PRIMARY KEY REFERENCES target, name text)'],
	['replica identity and clustering', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text NOT NULL); CREATE UNIQUE INDEX u ON target (name); ALTER TABLE target REPLICA IDENTITY USING INDEX u; ALTER TABLE target CLUSTER ON u'],
	[$remote, 'a foreign table', 2, q{CREATE TABLE base (id int PRIMARY KEY, name text); CREATE FOREIGN TABLE target (id int, name text) SERVER loop OPTIONS (table_name 'base')}],
	[$remote, 'a partition elsewhere', 2, q{CREATE TABLE base (id int, name text); CREATE TABLE target (id int, name text) PARTITION BY RANGE (id);
		CREATE FOREIGN TABLE target_1 PARTITION OF target FOR VALUES FROM (0) TO (100000) SERVER loop OPTIONS (table_name 'base')}],
	[$version >= 180000, 'columns that are computed when they are read', 2, 'CREATE TABLE target (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2), name text)'],
	[$version >= 180000, 'such columns that must not be NULL', 0, 'CREATE TABLE target (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (nullif(id, id)) NOT NULL, name text)'],
	[$version >= 180000, 'such columns with a CHECK', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text, twice int GENERATED ALWAYS AS (id * 2) CHECK (twice > 0), more int GENERATED ALWAYS AS (id) STORED)'],
	[$version >= 180000, 'NOT NULL that is not checked yet', 2, 'CREATE TABLE target (id int PRIMARY KEY, name text); INSERT INTO target VALUES (100000); ALTER TABLE target ADD CONSTRAINT n NOT NULL name NOT VALID; UPDATE target SET name = 1; DELETE FROM target'],
	[$version >= 180000, 'constraints that nobody enforces', 2, 'CREATE TABLE other (name text UNIQUE); CREATE TABLE target (id int PRIMARY KEY CHECK (id < 0) NOT ENFORCED, name text REFERENCES other (name) NOT ENFORCED)'],
	[$version >= 180000 && $gist, 'a key over time', 2, q{CREATE TABLE target (id int, name text, valid daterange DEFAULT '[2024-01-01,2025-01-01)', PRIMARY KEY (id, valid WITHOUT OVERLAPS))}],
	[$version >= 180000 && $gist, 'a reference over time', 2, q{CREATE TABLE other (id int, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS)); INSERT INTO other SELECT i, daterange(NULL, NULL) FROM generate_series(1, 12000) i;
		CREATE TABLE target (id int, name text, valid daterange DEFAULT '[2024-01-01,2025-01-01)', PRIMARY KEY (id, valid WITHOUT OVERLAPS), FOREIGN KEY (id, PERIOD valid) REFERENCES other)}],
);

# Statements run one after the other, each by itself; those that are refused say so.
my $import = q{SELECT i FROM xlsx.import('target', (SELECT file FROM book WHERE size = '%s'), %s) AS i};
my @looks = (
	q{SELECT length(xlsx.template('target')) > 0},
	q{SELECT length(xlsx.preview((SELECT file FROM book WHERE size = 'few'), 'target')::text) > 0},
	q{SELECT count(*) FROM xlsx.match_headers('target', (SELECT file FROM book WHERE size = 'few'))},
	sprintf($import, 'few', 'dry_run => true'));
my @others = (
	(map { sprintf($import, 'few', "mode => '$_'") } qw(skip upsert update all_or_nothing replace insert)),
	q{SELECT xlsx.alter_profile('target', key_columns => '{id}', keep_old => true)},
	(map { sprintf($import, 'few', "mode => '$_'") } qw(upsert update skip)),
	q{SELECT xlsx.undo(max(id)) FROM xlsx.tasks},
	q{SELECT xlsx.alter_profile('target', index_after_load => 'empty')}, 'DELETE FROM target', sprintf($import, 'many', q{mode => 'insert'}),
	q{SELECT xlsx.alter_profile('target', index_after_load => 'replace')}, sprintf($import, 'many', q{mode => 'replace'}),
	(map { (qq{SELECT xlsx.submit('target', (SELECT file FROM book WHERE size = 'few'), mode => '$_')},
		q{SELECT xlsx.wait(max(id), '60 s') FROM xlsx.tasks}) } qw(upsert insert)),
	q{SELECT length(xlsx.errors_workbook(max(id))) > 0 FROM xlsx.tasks},
	q{SELECT xlsx.delete(id) FROM xlsx.tasks ORDER BY id DESC LIMIT 3},
	q{SELECT xlsx.set_column('target', 'name', default_value => 'x', null_tokens => '{n1}')},
	sprintf($import, 'few', q{mode => 'all_or_nothing'}));

# Runs each statement; the first that takes the server down is named.
sub goes_on
{
	my ($what, @statements) = @_;
	my $before = -s $node->logfile;
	my ($code, $out, $error) = $node->psql('postgres', join('', map { "$_;\n" } @statements), on_error_stop => 0);
	my $log = slurp_file($node->logfile, $before);
	my ($failed) = $log =~ /(Failed process was running: .*)/;

	unlike($log, qr/was terminated by signal/, "$what: the server goes on") or diag($failed // $error);
	note($error) if $error ne '';
	unlike($error, qr/ERROR: +(XX000|could not find|cache lookup|unexpected|unrecognized)/, "$what: what is refused is refused in words");
	$node->poll_query_until('postgres', 'SELECT true');
	return $out;
}

foreach my $entry (@kinds)
{
	my @fields = @$entry;
	my $here = $fields[0] =~ /^[a-z]/i ? 1 : shift @fields;
	my ($kind, $rows, $make, $where) = @fields;

	next if !$here;
	$node->safe_psql('postgres', "CREATE SCHEMA work; $make");
	$node->safe_psql('postgres', q{SELECT xlsx.create_profile('target', 'target')});
	goes_on("$kind, looked at", @looks);
	goes_on("$kind, an import", sprintf($import, 'few', q{mode => 'insert'}));
	is($node->safe_psql('postgres', 'SELECT count(*) FROM ' . ($where // 'target')), $rows, "$kind: the rows that it takes are there");
	is($node->safe_psql('postgres', 'SELECT saved_rows FROM xlsx.tasks ORDER BY id DESC LIMIT 1'), $rows, "$kind: they are counted")
	  if $rows > 0;
	goes_on("$kind, all the rest", @others);
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('target'); DROP SCHEMA work CASCADE});
}

# The table changes under its profile.
foreach my $change (
	'ALTER TABLE target DROP id', 'ALTER TABLE target DROP name, DROP id', 'ALTER TABLE target ALTER id TYPE text',
	'ALTER TABLE target DROP name, ADD name text GENERATED ALWAYS AS (id::text) STORED',
	'ALTER TABLE target ALTER id ADD GENERATED ALWAYS AS IDENTITY', 'ALTER TABLE target RENAME TO other', 'DROP TABLE target',
	'DROP TABLE target; CREATE VIEW target AS SELECT 1 AS id', ($version >= 180000 ? 'ALTER TABLE target DROP name, ADD name text GENERATED ALWAYS AS (id::text)' : ()))
{
	$node->safe_psql('postgres', 'CREATE SCHEMA work; CREATE TABLE target (id int PRIMARY KEY, name text)');
	$node->safe_psql('postgres', q{SELECT xlsx.create_profile('target', 'target', headers => '{"id": "ID", "name": "Name"}')});
	$node->safe_psql('postgres', q{SELECT xlsx.set_column('target', 'name', required => false)});
	$node->safe_psql('postgres', $change);
	goes_on($change, @looks, @others);
	$node->safe_psql('postgres', q{SELECT xlsx.drop_profile('target'); DROP SCHEMA work CASCADE});
}

# Columns that every table has, and that are none of a profile's.
$node->safe_psql('postgres', 'CREATE SCHEMA work; CREATE TABLE target (id int PRIMARY KEY, name text)');
foreach my $column (qw(ctid tableoid xmin cmax))
{
	goes_on("column $column",
		"SELECT xlsx.create_profile('target', 'target', task_column => '$column')",
		q{SELECT xlsx.create_profile('target', 'target')},
		"SELECT xlsx.set_column('target', '$column', header => 'ID')",
		"SELECT xlsx.alter_profile('target', key_columns => '{$column}')",
		"SELECT xlsx.alter_profile('target', update_columns => '{$column}')",
		"SELECT xlsx.add_rule('target', 'required', '$column')",
		@looks, @others, q{SELECT xlsx.drop_profile('target')});
}

$node->stop;
done_testing();
