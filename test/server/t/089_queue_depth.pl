# A claim costs the same however many tasks wait, whatever holds them back, and however old the oldest snapshot is; and owners take turns.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';
use XlsxTest;

my $node = start_server('depth', "pg_xlsx.max_workers = 1\nautovacuum = off\n");
my $book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
CREATE ROLE web LOGIN IN ROLE xlsx_notifier;
CREATE ROLE ann IN ROLE xlsx_user;
CREATE ROLE bob IN ROLE xlsx_user;
CREATE ROLE cid IN ROLE xlsx_user;
GRANT ann, bob, cid TO web;
GRANT SELECT ON book TO public;
GRANT INSERT ON people TO ann, bob, cid;
CREATE TABLE others (LIKE people);
CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END \$\$;
CREATE TRIGGER hang BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION hang();
SELECT xlsx.create_profile('others', 'others', 'task_id', '{"bio_id": "Bio-ID"}');
SQL

sub submit_as
{
	my ($owner, $count, $priority, $profile) = @_;

	$priority //= 0;
	$profile //= 'people';
	$node->safe_psql('postgres', "SET ROLE $owner; SELECT count(xlsx.submit('$profile', data, priority => $priority)) FROM book, generate_series(1, $count)",
		extra_params => [ '-U', 'web' ]);
	return;
}

# The owners of the tasks of a run, in the order of their start.
sub order_of_start
{
	my ($what) = @_;

	$node->safe_psql('postgres', 'SELECT xlsx.resume()');
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING')") or die 'tasks do not end';
	my $order = $node->safe_psql('postgres', "SELECT string_agg($what, ' ' ORDER BY started_at) FROM xlsx.tasks");
	$node->safe_psql('postgres', 'SELECT xlsx.pause(); SELECT xlsx.delete(id) FROM xlsx.tasks');
	return $order;
}

$node->safe_psql('postgres', 'SELECT xlsx.pause()');
submit_as('ann', 20);
submit_as('bob', 3);
submit_as('cid', 2);
like(order_of_start('owner::text'), qr/^(?=(?:\w+ ){0,8}bob(?: \w+){0,8} bob)(?:(?:ann|bob|cid) ){8}ann( ann)*$/, 'owners behind one login take turns, however many tasks one has');
submit_as('ann', 2);
submit_as('ann', 2, 5);
submit_as('bob', 4, 9);
like(order_of_start("owner::text || priority"), qr/^(ann5 bob9 ann5 bob9|bob9 ann5 bob9 ann5) (ann0 bob9 ann0 bob9|bob9 ann0 bob9 ann0)$/,
	'priority orders the tasks of an owner, and does not keep others from their turns');
submit_as('ann', 3);
submit_as('bob', 3);
$node->safe_psql('postgres', "SELECT xlsx.prefer('bob')");
is($node->safe_psql('postgres', 'SELECT role, preferred FROM xlsx.limits WHERE role IS NOT NULL'), 'bob|t', 'a preferred owner is listed');
is(order_of_start('owner::text'), 'bob bob bob ann ann ann', 'and goes before the others');
$node->safe_psql('postgres', "SELECT xlsx.prefer('bob', false)");
is($node->safe_psql('postgres', 'SELECT count(*) FROM xlsx.limits WHERE role IS NOT NULL'), 0, 'until he is preferred no more');
my ($code, $out, $err) = $node->psql('postgres', "SET ROLE ann; SELECT xlsx.prefer('ann')");
is($err, "psql:<stdin>:1: ERROR:  permission denied to prefer a role\nHINT:  A member of xlsx_admin may.\nCONTEXT:  PL/pgSQL function xlsx_private.require_admin(regrole,text) line 4 at RAISE\nSQL statement \"SELECT xlsx_private.require_admin(caller, 'prefer a role')\"\nPL/pgSQL function xlsx_private.prefer(regrole,regrole,boolean) line 4 at PERFORM",
	'nobody prefers himself');

# Copies of a task that waits: they fail at once when they start, because their file is gone.
sub add_waiting
{
	my ($count, %columns) = @_;
	my $names = join(', ', sort keys %columns);
	my $values = join(', ', map { $columns{$_} } sort keys %columns);

	$node->safe_psql('postgres', <<"SQL");
DO \$\$
DECLARE
  names text := (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = 'xlsx_private.task'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname <> ALL (ARRAY['id', 'file_id', 'created_at']) AND attname <> ALL (string_to_array('$names', ', ')));
BEGIN
  EXECUTE format('INSERT INTO xlsx_private.task (%s, created_at, $names) SELECT %s, clock_timestamp(), $values
    FROM (SELECT * FROM xlsx_private.task WHERE status = ''PENDING'' ORDER BY id LIMIT 1) AS t, generate_series(1, $count)', names, names);
END
\$\$;
SQL
	return;
}

# Seconds that tasks of a profile take from their start to the last end.
sub seconds_for
{
	my ($profile, $count) = @_;
	my $began = time;

	$node->safe_psql('postgres', "SELECT max(xlsx.submit('$profile', data)) FROM book, generate_series(1, $count)");
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM xlsx_private.task WHERE status IN ('PENDING', 'PROCESSING') AND profile = '$profile'")
	  or die 'they do not end';
	return time - $began;
}

$node->safe_psql('postgres', 'SELECT xlsx.resume()');
seconds_for('people', 5);
my $alone = seconds_for('people', 40);
$node->safe_psql('postgres', "SELECT xlsx.pause('others')");
$node->safe_psql('postgres', "SELECT xlsx.submit('others', data, priority => 9) FROM book");
add_waiting(20_000, priority => 9);
my $paused = seconds_for('people', 40);
cmp_ok($paused, '<', 5 * $alone + 3, 'tasks that are paused do not slow others that come after them');
$node->append_conf('postgresql.conf', 'pg_xlsx.max_workers = 3');
$node->reload;
$node->safe_psql('postgres', "SELECT xlsx.resume('others'); SELECT xlsx.limit_tasks(1, 'others')");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker' AND wait_event = 'PgSleep'") or die 'none runs';
cmp_ok(seconds_for('people', 40), '<', 5 * $alone + 3, 'nor do those of a profile of which as many as allowed run');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE status = 'PROCESSING'"), 1, 'which are no more than that');
$node->safe_psql('postgres', "SELECT xlsx.pause('others'); SELECT xlsx.cancel(id) FROM xlsx.tasks WHERE status = 'PROCESSING'; DROP TRIGGER hang ON others; SELECT xlsx.limit_tasks(NULL, 'others'); UPDATE xlsx_private.task SET run_at = now() + interval '1 day', wait_ms = NULL WHERE status = 'PENDING'");
$node->safe_psql('postgres', "SELECT xlsx.resume('others')");
cmp_ok(seconds_for('people', 40), '<', 5 * $alone + 3, 'nor those whose time has not come');
$node->safe_psql('postgres', "DELETE FROM xlsx_private.task WHERE status = 'PENDING'");

# Tasks that fail in a second or in less, however many wait.
sub ended_in
{
	my ($seconds) = @_;
	my $query = "SELECT count(*) FROM xlsx_private.task WHERE status = 'FAILED'";
	my $before = $node->safe_psql('postgres', $query);

	$node->safe_psql('postgres', "SELECT pg_sleep($seconds)");
	return $node->safe_psql('postgres', $query) - $before;
}
$node->safe_psql('postgres', "SELECT xlsx.pause('others'); SELECT xlsx.limit_tasks(1, NULL, current_user::regrole); SELECT xlsx.submit('others', data) FROM book");
add_waiting(20_000, priority => 0);
my $snapshot = $node->background_psql('postgres');
$snapshot->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
$node->safe_psql('postgres', "SELECT xlsx.resume('others')");
$node->poll_query_until('postgres', "SELECT count(*) > 20 FROM xlsx_private.task WHERE status = 'FAILED'") or die 'they do not start';
my $first = ended_in(5);
cmp_ok($first, '>', 50, 'tasks of a limited role run as fast as they can, behind any number of them');
ended_in(15);
my $later = ended_in(5);
cmp_ok($later, '>', $first / 3, 'an old snapshot does not make claims slow');
note("$first, then $later tasks in 5 s");
$node->safe_psql('postgres', "SELECT xlsx.pause()");
$snapshot->query_safe('COMMIT');
$snapshot->quit;

$node->stop;
done_testing();
