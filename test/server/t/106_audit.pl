# What was done to tasks is kept for a time of its own, whether its tasks are there or not, and comes with a dump.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('audit');
make_people($node);
my $task = submit($node, workbook('-r', 3));
is(wait_for($node, $task), 'COMPLETED', 'an import');
my $actions = "SELECT string_agg(action, ' ' ORDER BY id) FROM xlsx.audit WHERE task = $task";
is($node->safe_psql('postgres', $actions), 'submit run end', 'was submitted, run, and ended');

# A cancelled import names who cancelled it.
my $holder = block_at($node, 'BIO-0000002', 'SAVING');
my $stopped = submit($node, workbook('-r', 3));
wait_blocked($node);
$node->safe_psql('postgres', "CREATE ROLE boss LOGIN IN ROLE xlsx_admin, xlsx_user");
my $cancel = $node->background_psql('postgres', extra_params => [ '-U', 'boss' ]);
$cancel->query_safe("SELECT xlsx.cancel($stopped)");
$cancel->quit;
$holder->quit;
is($node->safe_psql('postgres', "SELECT string_agg(concat_ws(' ', action, actor, status), ', ' ORDER BY action) FROM xlsx.audit WHERE task = $stopped AND action IN ('cancel', 'end')"),
	'cancel boss CANCELLED, end postgres CANCELLED', 'a running import that is cancelled');
$node->safe_psql('postgres', 'DROP TRIGGER stop_here ON people');

# It outlives its tasks, and a dump carries it.
$node->safe_psql('postgres', "ALTER SYSTEM SET pg_xlsx.keep_tasks = '1 s'; SELECT pg_reload_conf()");
ok($node->poll_query_until('postgres', 'SELECT xlsx.resume() IS NOT NULL AND NOT EXISTS (SELECT FROM xlsx.tasks)'), 'tasks expire');
is($node->safe_psql('postgres', $actions), 'submit run end', 'and what was done to them stays');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'a dump');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('copy'), $dump ], 'is restored');
is($node->safe_psql('copy', $actions), 'submit run end', 'with what was done');

# Its own time, in steps of bounded size.
$node->safe_psql('postgres', <<SQL);
INSERT INTO xlsx_private.audit (happened_at, action, task, owner, actor, login, profile, file_name, attempt, status, saved_rows, error_rows)
SELECT now() - interval '1 day', action, task, owner, actor, login, profile, file_name, attempt, status, saved_rows, error_rows
FROM xlsx_private.audit, generate_series(1, 2500) WHERE task = $task AND action = 'end';
ALTER SYSTEM SET pg_xlsx.keep_audit = '1 s';
SELECT pg_reload_conf();
SQL
ok($node->poll_query_until('postgres', 'SELECT xlsx.resume() IS NOT NULL AND NOT EXISTS (SELECT FROM xlsx.audit)'), 'then it expires');

$node->stop;
done_testing();
