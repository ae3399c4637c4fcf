# DROP EXTENSION takes the jobs of its schedules along, no others, and says what stays.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

chomp(my $libraries = `pg_config --pkglibdir`);
plan skip_all => 'pg_cron is not installed' unless -e "$libraries/pg_cron.so";

my $node = start_server('uninstall', <<'SETTINGS');
shared_preload_libraries = 'pg_xlsx, pg_cron'
cron.database_name = 'postgres'
SETTINGS
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_cron;
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE owner LOGIN SUPERUSER;
GRANT USAGE ON SCHEMA cron TO ann;
GRANT CREATE ON SCHEMA public TO ann;
SELECT cron.schedule('vacuum', '0 3 * * *', 'VACUUM');
SELECT cron.schedule('xlsx other', '0 3 * * *', 'SELECT 1');
SQL
my $notice = <<'TEXT' =~ s/\n$//r;
NOTICE:  roles xlsx_user, xlsx_notifier and xlsx_admin stay
HINT:  Other databases may use them. If none does, run DROP ROLE xlsx_user, xlsx_notifier, xlsx_admin.
TEXT

sub make_schedules
{
	foreach my $role ('postgres', 'ann')
	{
		$node->safe_psql('postgres', <<"SQL", extra_params => [ '-U', $role ]);
CREATE TABLE IF NOT EXISTS guests_$role (name text);
SELECT xlsx.create_profile('guests_$role', 'guests_$role');
SELECT xlsx.schedule('nightly_$role', '0 2 * * *', 'guests_$role', query => 'SELECT NULL::bytea, NULL::text');
SQL
	}
	return;
}

sub jobs
{
	return $node->safe_psql('postgres', "SELECT string_agg(jobname, ',' ORDER BY jobname COLLATE \"C\") FROM cron.job");
}

sub says
{
	my ($sql) = @_;
	my ($status, $out, $error) = $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=default' ]);

	return $error =~ s/^psql:<stdin>:\d+: //gmr;
}

make_schedules();
is(jobs(), 'vacuum,xlsx nightly_ann,xlsx nightly_postgres,xlsx other', 'schedules have jobs');
# One was replaced by hand: it is not ours any more.
$node->safe_psql('postgres', "UPDATE cron.job SET command = 'SELECT 2' WHERE jobname = 'xlsx nightly_ann'");
says('BEGIN; DROP EXTENSION pg_xlsx; ROLLBACK');
is(jobs(), 'vacuum,xlsx nightly_ann,xlsx nightly_postgres,xlsx other', 'a rollback keeps them');
$node->psql('postgres', 'DROP EXTENSION pg_xlsx', extra_params => [ '-U', 'ann' ]);
is(jobs(), 'vacuum,xlsx nightly_ann,xlsx nightly_postgres,xlsx other', 'who may not drop the extension removes no job');
is(says('DROP EXTENSION pg_xlsx'), $notice, 'DROP EXTENSION says which roles stay');
is(jobs(), 'vacuum,xlsx nightly_ann,xlsx other', 'and takes the jobs of schedules along, and no others');

$node->safe_psql('postgres', "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'xlsx nightly_ann'; CREATE EXTENSION pg_xlsx");
make_schedules();
is(jobs(), 'vacuum,xlsx nightly_ann,xlsx nightly_postgres,xlsx other', 'once more');
like(says('SET client_min_messages = notice; DROP SCHEMA xlsx CASCADE'), qr/\Q$notice\E/, 'DROP SCHEMA does the same');
is(jobs(), 'vacuum,xlsx other', 'for jobs of all roles');

$node->safe_psql('postgres', 'CREATE EXTENSION pg_xlsx');
make_schedules();
like(says('DROP EXTENSION pg_cron, pg_xlsx'), qr/\Q$notice\E/, 'pg_cron may go in the same statement');

$node->stop;
done_testing();
