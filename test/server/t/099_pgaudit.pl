# pgaudit hears of the table that an import fills, as with COPY, in whatever way the rows are saved.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my ($library) = `pg_config --pkglibdir` =~ /(.*)/;
plan skip_all => 'pgaudit is not installed' if !-e "$library/pgaudit.so";

my $node = start_server('pgaudit', "pg_xlsx.progress_interval = 0\n");
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_xlsx, pgaudit'\npgaudit.log = 'write'\npgaudit.log_relation = on\npgaudit.log_catalog = off\n");
$node->restart;
my $book = workbook('-r', 3);
my $large = workbook('-r', 6000);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
GRANT INSERT, SELECT, DELETE ON people TO ann;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS small, pg_read_binary_file('$large') AS large;
GRANT SELECT ON book TO PUBLIC;
SQL

# The lines of pgaudit that name the target as one that is inserted into, since the last look.
my $seen = -s $node->logfile;

sub audit_lines
{
	my $log = substr slurp_file($node->logfile), $seen;

	$seen = -s $node->logfile;
	return grep { /AUDIT: .*,WRITE,INSERT,TABLE,public\.people,/ } split /\n/, $log;
}

foreach my $rows ('off', 'on')
{
	$node->safe_psql('postgres', "ALTER SYSTEM SET pgaudit.log_rows = $rows");
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
	audit_lines();
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', small) FROM book", extra_params => [ '-U', 'ann' ]);
	is(wait_for($node, $task), 'COMPLETED', "log_rows = $rows: an import");
	my @lines = audit_lines();
	cmp_ok(scalar @lines, '>=', 1, 'is heard of');
	like($lines[0], qr/"?INSERT INTO public\.people \(name, gender, bio_id, task_id\) SELECT NULL, NULL, NULL, NULL WHERE false"?/, 'with table and columns');
	is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE task_id = $task"), 3, 'and saves its rows once');
	$node->safe_psql('postgres', "SELECT status FROM xlsx.import('people', (SELECT small FROM book))", extra_params => [ '-U', 'ann' ]);
	cmp_ok(scalar audit_lines(), '>=', 1, 'so is xlsx.import');
}

# Once a transaction, not once a batch.
my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', large) FROM book");
is(wait_for($node, $task), 'COMPLETED', 'a larger import');
my $lines = audit_lines();
cmp_ok($lines, '<=', 60, "is heard of once a transaction: $lines lines");
$node->safe_psql('postgres', "SELECT xlsx.import('people', (SELECT large FROM book))");
is(scalar audit_lines(), 1, 'and once in a transaction of many batches');

# A statement trigger hears of no more statements than without pgaudit, and pgaudit hears of those that there are.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE heard (level text);
GRANT INSERT ON heard TO ann;
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO heard VALUES (TG_LEVEL); RETURN NULL; END $$;
CREATE TRIGGER hear AFTER INSERT ON people FOR EACH STATEMENT EXECUTE FUNCTION hear();
SQL
audit_lines();
$node->safe_psql('postgres', "SELECT xlsx.import('people', (SELECT small FROM book))");
is($node->safe_psql('postgres', 'SELECT count(*) FROM heard'), 1, 'a statement trigger fires once');
cmp_ok(scalar audit_lines(), '>=', 1, 'and pgaudit hears of that statement');
$node->safe_psql('postgres', 'DROP TRIGGER hear ON people');

# By key, and in the mode that empties the target.
$node->safe_psql('postgres', "TRUNCATE people; ALTER TABLE people ADD PRIMARY KEY (bio_id)");
foreach my $mode ('upsert', 'skip', 'replace', 'all_or_nothing')
{
	$node->safe_psql('postgres', 'TRUNCATE people') if $mode eq 'all_or_nothing';
	audit_lines();
	$node->safe_psql('postgres', "SELECT xlsx.import('people', (SELECT small FROM book), mode => '$mode')");
	cmp_ok(scalar audit_lines(), '>=', 1, "mode $mode is heard of");
}

# Without pgaudit there is no such statement.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_xlsx'\nlog_statement = all\n");
$node->safe_psql('postgres', 'ALTER SYSTEM RESET pgaudit.log_rows');
$node->restart;
is(wait_for($node, submit($node, $book)) =~ /COMPLETED|HAS_ERRORS/, 1, 'an import without pgaudit');

$node->stop;
done_testing();
