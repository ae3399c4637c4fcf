# Many logins with a task each: the next worker starts while one works, so they take not much longer than one login with as many tasks.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $LOGINS = 300;
my $node = start_server('logins', "pg_xlsx.max_workers = 2\nautovacuum = off\n");
my $book = workbook('-r', 3);
make_people($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO public;
CREATE ROLE one LOGIN IN ROLE xlsx_user;
GRANT INSERT ON people TO one;
DO \$\$ BEGIN
  FOR i IN 1 .. $LOGINS LOOP
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE xlsx_user; GRANT INSERT ON people TO %1\$I', 'login' || i);
  END LOOP;
END \$\$;
SQL

# Seconds from the first start to the last end of all tasks that wait.
sub seconds
{
	my ($logins, $each) = @_;
	my $sweeps = $node->safe_psql('postgres', 'SELECT xlsx.pause(); SELECT sweeps FROM xlsx_private.housekeeping');

	$node->safe_psql('postgres', join(';', map { "SET SESSION AUTHORIZATION $_; SELECT count(xlsx.submit('people', data)) FROM book, generate_series(1, $each)" } @$logins));
	$node->safe_psql('postgres', 'SELECT xlsx.resume()');
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM xlsx.tasks WHERE status IN ('PENDING', 'PROCESSING')") or die 'tasks do not end';
	is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.tasks WHERE status <> 'COMPLETED'"), 0, 'all tasks go well');
	my $seconds = $node->safe_psql('postgres', 'SELECT round(extract(epoch FROM max(completed_at) - min(started_at)), 2) FROM xlsx.tasks');
	$node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT xlsx.delete(id) FROM xlsx.tasks) AS gone');
	return $seconds;
}

my $one = seconds(['one'], $LOGINS);
my $many = seconds([ map { "login$_" } 1 .. $LOGINS ], 1);
note("one login: $one s, $LOGINS logins: $many s");
cmp_ok($many, '<', 5 * $one + 1, "$LOGINS logins with a task each");

$node->stop;
done_testing();
