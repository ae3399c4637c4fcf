# A server that was not restarted after its packages were replaced: the loaded library is older than the SQL objects would be.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

plan skip_all => 'no update script could be installed' unless $ENV{TEST_UPGRADE};

my $node = start_server('versions');
make_people($node);
my $version = $node->safe_psql('postgres', 'SELECT library FROM xlsx.version()');
my ($status, $out, $error) = $node->psql('postgres', "ALTER EXTENSION pg_xlsx UPDATE TO '999.0'", extra_params => [ '-v', 'VERBOSITY=default' ]);
is($error =~ s/^psql:<stdin>:\d+: //gmr, <<"TEXT" =~ s/\n$//r, 'an update that needs a newer library is refused');
ERROR:  the loaded library of pg_xlsx has version $version, which is older than its SQL objects, 999.0
HINT:  Restart the server. It must be restarted after the packages are replaced, before ALTER EXTENSION UPDATE.
TEXT
is($node->safe_psql('postgres', "SELECT sql, older FROM xlsx.version()"), "$version|", 'and leaves the objects as they were');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_proc WHERE proname = 'tested'"), 0, 'all of them');
is(wait_for($node, submit($node, workbook('-r', 3))), 'COMPLETED', 'imports go on');

# The objects are newer after all: by a server that had not preloaded the library.
$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '999.0' WHERE extname = 'pg_xlsx'");
my $from = -s $node->logfile;
my $book = workbook('-r', 3);
($status, $out, $error) = $node->psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$book')); SELECT xlsx.submit('people', pg_read_binary_file('$book'))");
is(scalar(() = $error =~ /WARNING:  the loaded library of pg_xlsx has version \Q$version\E, which is older than its SQL objects, 999\.0/g), 1, 'a session is warned once');
wait_for($node, $_) foreach split /\n/, $out;
$node->safe_psql('postgres', 'SELECT xlsx.resume()');
ok($node->poll_query_until('postgres', "SELECT pg_read_file('" . $node->logfile . "', $from, 100000000) ~ 'LOG:  the loaded library of pg_xlsx'"), 'and the log says it');
$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '$version' WHERE extname = 'pg_xlsx'");

$node->stop;
done_testing();
