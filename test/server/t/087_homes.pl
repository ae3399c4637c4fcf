# Who owns what, and who works on it, where the books come from elsewhere: restored dumps, copied databases, roles and tables that are gone.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $book = workbook('-r', 3000, '-e', 10);
my $folder = PostgreSQL::Test::Utils::tempdir;
my $source = start_server('source', "pg_xlsx.progress_interval = 0\n");
make_people($source);
my $sql = sub { return $source->safe_psql('postgres', join(';', @_)); };

# Nobody's.
$sql->("DO 'BEGIN FOR i IN 1 .. 100 LOOP EXECUTE format(''CREATE ROLE r%s'', i); END LOOP; END'", 'CREATE ROLE ann LOGIN', 'CREATE ROLE bob LOGIN', 'GRANT xlsx_user TO ann, bob', 'GRANT INSERT, SELECT ON people TO ann, bob');
sub submit_as
{
	my ($node, $role, $database, @more) = @_;
	my $options = @more ? ", $more[0]" : '';

	return $node->safe_psql($database, "GRANT pg_read_server_files TO $role; GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO $role;"
		  . " SET ROLE $role; SELECT xlsx.submit('people', pg_read_binary_file('$book')$options)");
}
my $of_ann = submit_as($source, 'ann', 'postgres', "run_at => now() + interval '1 h'");
my $of_bob = submit_as($source, 'bob', 'postgres', "run_at => now() + interval '1 h'");
submit_as($source, 'ann', 'postgres', "run_at => now() + interval '1 h'");
$sql->('CREATE TABLE own (name text)', 'ALTER TABLE own OWNER TO ann', 'SET ROLE ann', "SELECT xlsx.create_profile('of ann', 'own')");

my $dump = "$folder/books";
$source->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');

# Another server, whose roles have other numbers: there bob has ann's.
my $other = start_server('other');
my $number = $sql->("SELECT oid FROM pg_roles WHERE rolname = 'ann'");
$other->safe_psql('postgres', "DO 'DECLARE last oid := 0; BEGIN WHILE last < $number - 1 LOOP CREATE ROLE step; SELECT oid INTO last FROM pg_roles WHERE rolname = ''step'';"
	  . " DROP ROLE step; END LOOP; END'; CREATE ROLE bob LOGIN; GRANT xlsx_user TO bob");
$other->safe_psql('postgres', 'CREATE DATABASE restored');
is($other->safe_psql('postgres', "SELECT oid FROM pg_roles WHERE rolname = 'bob'"), $number,
	'another role has the number');
$other->command_ok([ 'pg_restore', '--exit-on-error', '-j', 3, '-O', '-x', '-d', 'restored', $dump ], 'pg_restore -O -x where a role is missing');
is($other->safe_psql('restored', 'SELECT id, owner FROM xlsx.tasks ORDER BY id'), "$of_ann|-\n$of_bob|bob\n3|-", 'its tasks are nobody\'s, the others have their owner by name');
is($other->safe_psql('restored', 'SET ROLE bob; SELECT id FROM xlsx.tasks'), $of_bob, 'nobody sees them');
is($other->safe_psql('restored', "GRANT xlsx_admin TO bob; SET ROLE bob; SELECT string_agg(format('%s %s %s', owner_name, kind, row_count), ', ' ORDER BY kind) FROM xlsx.ownerless"),
	'ann file 2, ann profile 1, ann task 2', 'but an administrator');
like(($other->psql('restored', "CREATE ROLE eve; GRANT xlsx_user TO eve, bob; REVOKE xlsx_admin FROM bob; SET ROLE bob; SELECT xlsx.reassign('ann', 'bob')"))[2],
	qr/permission denied to give away what belongs to others/, 'who alone can give it to somebody');
is($other->safe_psql('restored', "CREATE ROLE ann; GRANT xlsx_user TO ann; SET ROLE ann; SELECT count(*) FROM xlsx.tasks"), 0, 'a role that gets the name later gets nothing');
is($other->safe_psql('restored', "SELECT xlsx.reassign('ann', 'bob')"), 5, 'an administrator gives it to another role');
is($other->safe_psql('restored', 'SET ROLE bob; SELECT count(*) FROM xlsx.tasks'), 3, 'who has it now');
is($other->safe_psql('restored', 'SELECT count(*) FROM xlsx.ownerless'), 0, 'nothing is nobody\'s any more');

# Dropped and made again in the same database, and in its dumps.
$sql->('ALTER TABLE own OWNER TO postgres', 'DROP OWNED BY ann', 'DROP ROLE ann', 'CREATE ROLE ann LOGIN', 'GRANT xlsx_user TO ann');
is($sql->('SET ROLE ann', 'SELECT count(*) FROM xlsx.tasks'), 0, 'a new role of the same name inherits nothing');
$source->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.2", 'postgres' ], 'pg_dump');
$sql->('CREATE DATABASE copy');
$source->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$dump.2" ], 'pg_restore');
is($source->safe_psql('copy', 'SET ROLE ann; SELECT count(*) FROM xlsx.tasks'), 0, 'nor by a dump');
is($source->safe_psql('copy', "SELECT string_agg(DISTINCT owner_name, ',') FROM xlsx.ownerless"), 'ann', 'the name is still known');
$sql->('DROP DATABASE copy');

# A role that was renamed keeps what it has, here and by a dump.
$sql->('ALTER ROLE bob RENAME TO robert');
is($sql->('SET ROLE robert', 'SELECT id FROM xlsx.tasks'), $of_bob, 'a renamed role keeps its tasks');
$source->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.3", 'postgres' ], 'pg_dump');
$sql->('CREATE ROLE bob', 'CREATE DATABASE copy');
$source->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$dump.3" ], 'pg_restore');
is($source->safe_psql('copy', "SELECT owner FROM xlsx.tasks WHERE id = $of_bob"), 'robert', 'a dump carries the name that it has now');
$sql->('DROP DATABASE copy');

# A target that is not in the dump: its profile is broken, everything else is there.
$source->command_ok([ 'pg_dump', '-Fc', '-T', 'people', '-f', "$dump.4", 'postgres' ], 'pg_dump -T');
$sql->('CREATE DATABASE copy');
$source->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$dump.4" ], 'pg_restore');
is($source->safe_psql('copy', 'SELECT count(*) FROM xlsx.tasks'), 3, 'all tasks are there');
is($source->safe_psql('copy', "SELECT name, target FROM xlsx.profiles ORDER BY name"), "of ann|own\npeople|-", 'a profile whose target is missing is there, without a target');
is(($source->psql('copy', "SELECT xlsx.import('people', pg_read_binary_file('$book'))"))[2] =~ s/^.*ERROR:  |\n.*//sgr,
	'target table of profile "people" does not exist any more', 'and says so when it is used');
$sql->('DROP DATABASE copy');

# A copy runs nothing by itself.
my $held = block_at($source, 'BIO-0002505', 'SAVING');
my $running = submit($source, $book);
wait_blocked($source);
my $worker = worker_pid($source);
$source->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.5", 'postgres' ], 'pg_dump in mid-import');
$sql->('CREATE DATABASE copy');
$source->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'copy', "$dump.5" ], 'pg_restore');
$source->safe_psql('copy', "UPDATE xlsx_private.task SET run_at = now()");
my $new = $source->safe_psql('copy', "SELECT xlsx.resume(); SELECT xlsx.submit('people', pg_read_binary_file('" . workbook('-r', 50) . "'))") =~ s/\s//gr;
is($source->safe_psql('copy', "SELECT xlsx.wait($new, '60 s')"), 'COMPLETED', 'what is submitted in a copy is imported');
is($source->safe_psql('copy', "SELECT count(*) FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING')"), 4, 'what came with it waits');
is($source->safe_psql('copy', "SELECT value FROM xlsx.metrics WHERE name = 'queue_elsewhere'"), 4, 'and is counted as such');
is($source->safe_psql('copy', "SELECT xlsx.cancel($running)"), 'CANCELLED', 'a copy of a task that runs can be cancelled');
is(worker_pid($source), $worker, 'the worker of the original is not disturbed');
is($sql->("SELECT status FROM xlsx.tasks WHERE id = $running"), 'PROCESSING', 'nor is its task');
like(($source->psql('copy', 'SET ROLE robert; SELECT xlsx.adopt()'))[2], qr/permission denied to adopt the tasks of another installation/, 'an administrator says that it goes on');
is($source->safe_psql('copy', 'SELECT xlsx.adopt()'), 3, 'with all that have not ended');
is($source->safe_psql('copy', "SELECT xlsx.wait($of_bob, '60 s')"), 'HAS_ERRORS', 'and so it does');
is($source->safe_psql('copy', "SELECT xlsx.retry($running); SELECT xlsx.wait($running, '60 s')"), "PENDING\nHAS_ERRORS", 'a task that is retried here goes on here');
is($source->safe_psql('copy', "SELECT count(*), count(DISTINCT bio_id) FROM people WHERE task_id = $running"), '2700|2700', 'with every row once');
$held->quit;
is(wait_for($source, $running), 'HAS_ERRORS', 'the original goes on as well');

# CREATE DATABASE … TEMPLATE makes a copy too, ALTER DATABASE RENAME none.
my $later = $sql->("SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
$source->safe_psql('copy', 'SELECT 1');
$source->stop;
$source->start;
$source->poll_query_until('template1', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'postgres'") or die 'somebody stays connected';
$source->safe_psql('template1', 'CREATE DATABASE twin TEMPLATE postgres');
isnt($source->safe_psql('twin', 'SELECT xlsx_private.installation()'), $sql->('SELECT xlsx_private.installation()'), 'a copied database is another installation');
$source->safe_psql('twin', "UPDATE xlsx_private.task SET run_at = now()");
is($source->safe_psql('twin', "SELECT xlsx.resume(); SELECT xlsx.wait($later, '1 s')"), "\nPENDING", 'whose tasks wait');
is($source->safe_psql('twin', "SELECT count(*) FROM xlsx.ownerless WHERE owner_name <> 'ann'"), 0, 'with their owners, who are those of this server');
my $home = $source->safe_psql('twin', 'SELECT xlsx_private.installation()');
$source->poll_query_until('template1', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'twin'") or die 'somebody stays connected';
$source->safe_psql('template1', 'ALTER DATABASE twin RENAME TO brother');
is($source->safe_psql('brother', 'SELECT xlsx_private.installation()'), $home, 'a renamed one is the same');

# pg_xlsx.enabled = off: nothing starts, for copies of a whole server.
$source->append_conf('postgresql.conf', 'pg_xlsx.enabled = off');
$source->reload;
$source->poll_query_until('brother', "SELECT current_setting('pg_xlsx.enabled')", 'off') or die 'no reload';
$new = $source->safe_psql('brother', "SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
$source->restart;
is($source->safe_psql('brother', "SELECT xlsx.wait($new, '1 s')"), 'PENDING', 'nothing starts while pg_xlsx.enabled is off');
is($source->safe_psql('brother', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'"), 0, 'no worker either');
$source->append_conf('postgresql.conf', 'pg_xlsx.enabled = on');
$source->reload;
is($source->safe_psql('brother', "SELECT xlsx.wait($new, '60 s')"), 'HAS_ERRORS', 'it starts once it is on again');

$other->stop;
$source->stop;
done_testing();
