# Targets whose rows another server keeps: only the bad rows are refused, and a crash loses no commit of the other server.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $far = PostgreSQL::Test::Cluster->new('far');
$far->init;
$far->start;
$far->safe_psql('postgres', <<'SQL');
CREATE TABLE people (task_id bigint, name text, gender text, bio_id text CHECK (bio_id !~ '(33|77)$'));
CREATE TABLE keyed (id int PRIMARY KEY, name text);
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;
SQL

# What is not flushed by a commit stays in memory for long.
my $node = start_server('near', "pg_xlsx.progress_interval = 0\nwal_writer_delay = 10s\ncheckpoint_timeout = 1h\n");
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '@{[$far->host]}', port '@{[$far->port]}', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER far;
CREATE TABLE seen (setting text);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END \$\$;
SQL

sub make_target
{
	my ($sql) = @_;

	$node->safe_psql('postgres', 'SELECT xlsx.drop_profile(name) FROM xlsx.profiles; DROP VIEW IF EXISTS shown; DROP TABLE IF EXISTS people CASCADE; '
		  . 'DROP FOREIGN TABLE IF EXISTS people_far; TRUNCATE seen');
	$far->safe_psql('postgres', 'TRUNCATE people, keyed');
	$node->safe_psql('postgres', $sql);
	return;
}

my $columns = 'task_id bigint, name text, gender text, bio_id text';

# Good rows beside bad ones, which the other server finds a hundred at a time.
my $book = workbook('-r', 3000);
foreach my $batch (1, 100, 1000)
{
	make_target("CREATE FOREIGN TABLE people_far ($columns) SERVER far OPTIONS (table_name 'people', batch_size '$batch');"
		  . "SELECT xlsx.create_profile('people', 'people_far', 'task_id', '{\"bio_id\": \"Bio-ID\"}')");
	my $task = submit($node, $book);
	is(wait_for($node, $task), 'HAS_ERRORS', "batch_size $batch");
	is(task_row($node, $task, 'saved_rows, error_rows'), '2940|60', 'counts');
	is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.task_errors($task) WHERE code = 'check' AND values ->> 'Bio-ID' ~ '(33|77)\$'"),
		60, 'just the bad rows are refused, each for its own error');
	is($far->safe_psql('postgres', 'SELECT count(*), count(DISTINCT bio_id) FROM people'), '2940|2940', 'the good ones are there once');
}

# Keys that are there twice.
$node->safe_psql('postgres', q{
CREATE FOREIGN TABLE keyed (id int, name text) SERVER far OPTIONS (batch_size '50');
SELECT xlsx.create_profile('keyed', 'keyed');
CREATE TABLE keys AS SELECT xlsx.write('SELECT CASE WHEN i % 100 = 0 THEN i - 1 ELSE i END AS id, i::text AS name FROM generate_series(1, 1000) i') AS file});
my $keyed = $node->safe_psql('postgres', "SELECT xlsx.submit('keyed', file) FROM keys");
wait_for($node, $keyed);
is(task_row($node, $keyed, 'saved_rows, error_rows'), '990|10', 'a key that comes twice');
is($node->safe_psql('postgres', "SELECT array_agg(row_number ORDER BY row_number) FROM xlsx.task_errors($keyed)"),
	'{' . join(',', map { 100 * $_ + 1 } 1 .. 10) . '}', 'is an error of the row that brings it again');
$node->safe_psql('postgres', "SELECT xlsx.drop_profile('keyed'); DROP FOREIGN TABLE keyed");

# How what is committed there is committed here.
my $foreign = "CREATE FOREIGN TABLE people_far ($columns) SERVER far OPTIONS (table_name 'people');";
my $small = workbook('-r', 30);
my %targets = (
	'a foreign table' => "$foreign ALTER FOREIGN TABLE people_far RENAME TO people;",
	'a partition that is one' => "$foreign CREATE TABLE people ($columns) PARTITION BY RANGE (bio_id); "
	  . "ALTER TABLE people ATTACH PARTITION people_far FOR VALUES FROM ('A') TO ('C');",
	'a table with a trigger, which may send its rows anywhere' => "CREATE TABLE people ($columns);",
);
foreach my $name (sort keys %targets)
{
	my $watched = $name =~ /partition/ ? 'people_far' : 'people';

	make_target($targets{$name} . "CREATE TRIGGER look BEFORE INSERT ON $watched FOR EACH ROW EXECUTE FUNCTION look();"
		  . "SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}')");
	wait_for($node, submit($node, $small));
	is($node->safe_psql('postgres', 'SELECT setting, count(*) > 0 FROM seen GROUP BY 1'), 'on|t', "$name: commits are synchronous");
	$node->safe_psql('postgres', 'ALTER FOREIGN TABLE people RENAME TO people_far') if $name eq 'a foreign table';
}

# A crash after the other server has committed.
$far->safe_psql('postgres', "ALTER TABLE people DROP CONSTRAINT people_bio_id_check; CREATE TRIGGER stop_here BEFORE INSERT ON people FOR EACH ROW"
	  . " WHEN (NEW.bio_id = 'BIO-0002500') EXECUTE FUNCTION stop_here()");
my %ways = (
	'a foreign table' => "$foreign SELECT xlsx.create_profile('people', 'people_far', 'task_id', '{\"bio_id\": \"Bio-ID\"}')",
	'a partition that is one' => "$targets{'a partition that is one'} SELECT xlsx.create_profile('people', 'people', 'task_id', '{\"bio_id\": \"Bio-ID\"}')",
	'a view on one' => "$foreign CREATE VIEW shown AS SELECT * FROM people_far; SELECT xlsx.create_profile('people', 'shown', 'task_id', '{\"bio_id\": \"Bio-ID\"}')",
);
foreach my $name (sort keys %ways)
{
	make_target($ways{$name});
	my $holder = $far->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(4711)');
	my $task = submit($node, $book);
	$far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory'") or die 'no import came to the row';
	my $there = $far->safe_psql('postgres', 'SELECT count(*) FROM people');
	cmp_ok($there, '>=', 1000, "$name: the other server has committed rows");
	$node->stop('immediate');
	$holder->quit;
	$node->start;
	is(wait_for($node, $task), 'COMPLETED', 'the server crashes, and the import goes on');
	is($far->safe_psql('postgres', 'SELECT count(*), count(DISTINCT bio_id) FROM people'), '3000|3000', 'with every row once');
}

$node->stop;
$far->stop;
done_testing();
