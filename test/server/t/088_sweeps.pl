# Sweeps of a database that has much to tidy: they go on in transactions of bounded size, and wait for nobody.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $TASKS = 2500;
my $node = start_server('sweeps');
make_people($node);
my $task = submit($node, workbook('-r', 10, '-e', 2));
wait_for($node, $task);
wait_tidy($node);

# Copies of a task that has ended, and what each transaction removes.
sub history
{
	my ($columns) = @_;

	$node->safe_psql('postgres', <<"SQL");
DO \$\$
DECLARE
  names text := (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = 'xlsx_private.task'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'login', 'status', 'completed_at'));
BEGIN
  EXECUTE format('INSERT INTO xlsx_private.task (%s, login, status, completed_at) SELECT %s, $columns
    FROM xlsx_private.task, generate_series(1, $TASKS) WHERE id = $task', names, names);
END
\$\$;
SQL
	return;
}
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE removed (xid xid8 NOT NULL DEFAULT pg_current_xact_id(), tasks int NOT NULL);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO removed (tasks) SELECT count(*) FROM gone;
  RETURN NULL;
END $$;
CREATE TRIGGER note AFTER DELETE ON xlsx_private.task REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note();
SQL
history(q{login, ''COMPLETED'', now() - interval ''1 day''});
my $kept = $node->safe_psql('postgres', 'SELECT max(id) FROM xlsx_private.task');
my $session = $node->background_psql('postgres');
$session->query_safe("BEGIN; SELECT xlsx.delete($kept - 3)");

$node->append_conf('postgresql.conf', "pg_xlsx.keep_tasks = '1 h'");
$node->reload;
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', "SELECT sum(tasks) = $TASKS - 1 FROM removed WHERE tasks > 0"), 'what has expired is removed, but what a session holds');
is($node->safe_psql('postgres', "SELECT max(tasks), count(DISTINCT xid) >= 3 FROM (SELECT xid, sum(tasks) AS tasks FROM removed GROUP BY xid) AS r"), '1000|t',
	'in transactions of at most 1,000 tasks');
$session->query_safe('ROLLBACK');
$session->quit;
is($node->safe_psql('postgres', 'SELECT tasks_removed FROM xlsx_private.housekeeping'), $TASKS - 1, 'and counted');
like($node->safe_psql('postgres', q{SET enable_seqscan = off; EXPLAIN SELECT id FROM xlsx_private.task
  WHERE NOT xlsx_private.is_active(status) AND completed_at < now() - interval '1 h'}), qr/task_ended/, 'an index knows what has expired');

# What holds tasks back is found out once, not for each task that waits.
history(q{login, ''PENDING'', NULL});
$node->safe_psql('postgres', "SELECT xlsx.pause(); SELECT xlsx.limit_tasks(1, 'people')");
my $plan = $node->safe_psql('postgres', 'SET jit = off; EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT id FROM xlsx_private.due_task ORDER BY priority DESC, run_at, id LIMIT 20');
like($plan, qr/Scan .*on task t .*actual rows=0(?:\.00)? loops=1/, 'all that wait are held back');
is(join(',', $plan =~ /on task p.*loops=(\d+)/g), '1', 'the tasks that run are counted once');
$node->safe_psql('postgres', "DELETE FROM xlsx_private.task WHERE status = 'PENDING'; SELECT xlsx.resume(); SELECT xlsx.limit_tasks(NULL, 'people')");

# Tasks of a role that cannot log in any more end in transactions of that size, too.
$node->safe_psql('postgres', "ALTER SYSTEM SET pg_xlsx.keep_tasks = 0; SELECT pg_reload_conf(); CREATE ROLE gone; GRANT xlsx_user TO gone; TRUNCATE removed");
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO removed (tasks) VALUES (1);
  RETURN NULL;
END $$;
CREATE TRIGGER note_end AFTER UPDATE ON xlsx_private.task FOR EACH ROW WHEN (OLD.status = 'PENDING' AND NEW.status = 'FAILED') EXECUTE FUNCTION note_end();
SQL
history(q{''gone''::regrole::xlsx_private.role_ref, ''PENDING'', NULL});
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', "SELECT count(*) = $TASKS FROM xlsx_private.task WHERE status = 'FAILED'"), 'tasks of a role that cannot log in end');
is($node->safe_psql('postgres', 'SELECT max(tasks), count(*) >= 3 FROM (SELECT xid, sum(tasks) AS tasks FROM removed GROUP BY xid) AS r'), '1000|t',
	'in transactions of at most 1,000 tasks');

$node->stop;
done_testing();
