# No function of the extension ends the server, if any of its arguments is NULL or nonsense.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('nulls', "log_min_messages = fatal\n");

make_people($node);
$node->safe_psql('postgres', q{SELECT (xlsx.import('people', xlsx.write('SELECT 1 AS name, NULL AS gender, 2 AS bio_id'))).status});

# A call of each function with good arguments where that can be guessed by their types, and with each of them NULL, and all.
my @calls = split /\n/, $node->safe_psql('postgres', <<'SQL');
WITH argument AS (
  SELECT p.oid, a.no, format_type(a.type, NULL) AS type, CASE format_type(a.type, NULL)
      WHEN 'bytea' THEN $$'PK'$$ WHEN 'text' THEN $$'people'$$ WHEN 'name' THEN $$'name'$$ WHEN 'regclass' THEN $$'people'$$ WHEN 'regrole' THEN $$'xlsx_user'$$
      WHEN 'jsonb' THEN $$'{}'$$ WHEN 'json' THEN $$'{}'$$ WHEN 'boolean' THEN 'false' WHEN 'interval' THEN $$'0 s'$$ WHEN 'timestamp with time zone' THEN $$'2030-01-01'$$
      WHEN 'text[]' THEN $$'{x}'$$ WHEN 'name[]' THEN $$'{name}'$$ WHEN 'bigint[]' THEN $$'{1}'$$
      ELSE CASE WHEN (SELECT typcategory FROM pg_type WHERE oid = a.type) = 'N' THEN '1' ELSE 'NULL' END END AS good
  FROM pg_proc p, unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, no)
  WHERE p.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('xlsx', 'xlsx_private', 'xlsx_rest')) AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
), variant AS (
  SELECT DISTINCT a.oid, v.no FROM argument a, generate_series(-1, 20) AS v (no) WHERE v.no <= 0 OR v.no = a.no
)
SELECT format('SELECT count(*) FROM (SELECT %s(%s)) AS f', p.oid::regproc,
  (SELECT string_agg(format('%s::%s', CASE WHEN v.no = -1 OR v.no = a.no THEN 'NULL' ELSE a.good END, a.type), ', ' ORDER BY a.no) FROM argument a WHERE a.oid = v.oid))
FROM variant v JOIN pg_proc p ON p.oid = v.oid
WHERE p.proname NOT IN ('listen')
ORDER BY p.pronamespace::regnamespace::text, p.proname, v.no
SQL
cmp_ok(scalar @calls, '>', 300, 'there is much to call');

my $before = -s $node->logfile;
my @groups = map { [ grep { defined } @calls[ 40 * $_ .. 40 * $_ + 39 ] ] } 0 .. $#calls / 40;
foreach my $group (@groups)
{
	my ($first) = $group->[0] =~ /\(SELECT ([a-z_.]+)/;
	# Each in a transaction that is taken back, so that none hinders the next.
	my ($code, $out, $error) = $node->psql('postgres', join('', "SET statement_timeout = '30 s';\n", map { "BEGIN; $_; ROLLBACK;\n" } @$group), on_error_stop => 0);

	unlike($error, qr/server closed the connection|connection to server was lost|could not receive data|XX000|cache lookup failed/, "from $first on: the server goes on") or diag($error);
	$node->poll_query_until('postgres', 'SELECT true');
	next if grep { /xlsx_private/ } @$group;
	my ($wrong) = $error =~ /(.*(?:cache lookup|unexpected|unrecognized|invalid memory|null).*constraint.*)/;
	is($wrong, undef, "from $first on: no private constraint is what refuses");
}
unlike(slurp_file($node->logfile, $before), qr/was terminated by signal/, 'no process was ended by a signal');
$node->stop;
done_testing();
