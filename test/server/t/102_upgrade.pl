# pg_upgrade keeps the books: the same installation, owners, files and errors, and tasks that go on.
# OLD_PG: the folder of another version's installation (with bin in it), in which the extension is installed; by default this version upgrades itself.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $book = workbook('-r', 3000, '-e', 10);
my $old = PostgreSQL::Test::Cluster->new('old', $ENV{OLD_PG} ? (install_path => $ENV{OLD_PG}) : ());
my $new = PostgreSQL::Test::Cluster->new('new');
my $folder = PostgreSQL::Test::Utils::tempdir;

# 18 has checksums by default, and pg_upgrade wants both alike.
my @checksums = $new->pg_version >= 18 && $old->pg_version < 18 ? (extra => ['--no-data-checksums']) : ();
$old->init;
$new->init(@checksums);
$_->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_xlsx'\npg_xlsx.progress_interval = 0\n") foreach ($old, $new);
$old->start;

# A minor release may note options at every column. A server that is older than that release does not read such a dump, whatever the extension.
my $noted = $old->safe_psql('postgres', "CREATE TABLE plain (a int); SELECT attoptions[1] FROM pg_attribute WHERE attrelid = 'plain'::regclass AND attnum = 1; DROP TABLE plain");
if ($noted ne '')
{
	$new->start;
	my ($unread) = $new->psql('postgres', "CREATE TABLE plain (a int); ALTER TABLE plain ALTER a SET ($noted)");
	$new->safe_psql('postgres', 'DROP TABLE plain');
	$new->stop;
	if ($unread)
	{
		$old->stop;
		plan skip_all => 'PostgreSQL ' . $new->pg_version . ' does not know the option ' . ($noted =~ s/=.*//r) . ' that PostgreSQL ' . $old->pg_version . ' notes at columns';
	}
}
$old->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx');
make_people($old);
$old->safe_psql('postgres', "CREATE ROLE gone; DROP ROLE gone; CREATE ROLE ann LOGIN IN ROLE xlsx_user; CREATE ROLE eve LOGIN IN ROLE xlsx_user; GRANT INSERT, SELECT ON people TO ann");
my $ended = submit($old, $book);
wait_for($old, $ended);
my $waiting = $old->safe_psql('postgres', "GRANT pg_read_server_files TO ann; GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO ann; SET ROLE ann;"
	  . " SELECT xlsx.submit('people', pg_read_binary_file('$book'), run_at => now() + interval '1 h')");
$old->safe_psql('postgres', "SELECT xlsx.schedule('nightly', NULL, 'people', folder => '$folder')");

# One in the middle of saving.
my $held = block_at($old, 'BIO-0002505', 'SAVING');
my $running = submit($old, $book);
wait_blocked($old);
my $saved = $old->safe_psql('postgres', "SELECT saved_rows FROM xlsx_private.task WHERE id = $running");
cmp_ok($saved, '>', 0, 'a task has saved some of its rows');
my $facts = <<'SQL';
SELECT xlsx_private.installation();
SELECT id, profile, owner, status FROM xlsx.tasks ORDER BY id;
SELECT count(*) FROM xlsx_private.error_row;
SELECT count(*), sum(length(data)) FROM xlsx_private.chunk;
SELECT name, target FROM xlsx.profiles;
SELECT name, owner FROM xlsx.schedules;
SELECT count(*) FROM xlsx.ownerless;
SQL
# As after any crash: pg_upgrade asks for a clean shutdown. Until then no worker is let near the task again.
$old->stop('immediate');
$held = undef;
$old->append_conf('postgresql.conf', "pg_xlsx.enabled = off\n");
$old->start;
my $kept = $old->safe_psql('postgres', $facts);
$old->safe_psql('postgres', 'DROP TRIGGER stop_here ON people');
$old->stop;
# Both servers that pg_upgrade starts would have work.
$old->append_conf('postgresql.conf', "pg_xlsx.enabled = on\n");

chdir $folder or die;
my $upgraded = IPC::Run::run([ 'pg_upgrade', '--no-sync', '-b', $old->config_data('--bindir'), '-B', $new->config_data('--bindir'), '-d', $old->data_dir, '-D', $new->data_dir,
	'-s', $folder, '-p', $old->port, '-P', $new->port ], '>', \my $said, '2>&1');
ok($upgraded, 'pg_upgrade from ' . $old->pg_version . ' to ' . $new->pg_version) or diag($said);
$new->append_conf('postgresql.conf', "pg_xlsx.enabled = off\n");
$new->start;
is($new->safe_psql('postgres', $facts), $kept, 'the installation, its tasks, their owners, files and errors are the same');
$new->append_conf('postgresql.conf', "pg_xlsx.enabled = on\n");
$new->restart;
is($new->safe_psql('postgres', "SELECT count(*) FROM xlsx.task_errors($ended)"), 300, 'errors can be read');
is($new->safe_psql('postgres', "SELECT xlsx.wait($running, '180 s')"), 'HAS_ERRORS', 'a task that was interrupted goes on');
is($new->safe_psql('postgres', "SELECT count(*), count(DISTINCT bio_id) FROM people WHERE task_id = $running"), '2700|2700', 'and saves each row once');
is($new->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE id = $waiting AND status = 'PENDING'"), 1, 'one that waits for its time still waits');
$new->safe_psql('postgres', "UPDATE xlsx_private.task SET run_at = now() WHERE id = $waiting; SELECT xlsx.resume()");
is($new->safe_psql('postgres', "SELECT xlsx.wait($waiting, '180 s'), (SELECT owner FROM xlsx.tasks WHERE id = $waiting)"), 'HAS_ERRORS|ann', 'and is imported, for its owner');
is($new->safe_psql('postgres', "SELECT value FROM xlsx.metrics WHERE name = 'queue_elsewhere'"), 0, 'none has to be adopted');
is($new->safe_psql('postgres', 'SET ROLE eve; SELECT count(*) FROM xlsx.tasks'), 0, 'another role has nothing of it');

$new->stop;
done_testing();
