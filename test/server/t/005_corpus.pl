# xlsx.cells gives the same cells as xlsxdump, and refuses the same files, for workbooks by many programs.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

plan skip_all => 'the corpus of workbooks is not here' if !-r "$ENV{CORPUS}/manifest.jsonl";

my $node = start_server('corpus');

sub canonical
{
	my ($lines) = @_;
	my $json = JSON::PP->new->canonical;

	return [ map { $json->encode($json->decode($_)) } split /\n/, $lines ];
}

open(my $manifest, '<', "$ENV{CORPUS}/manifest.jsonl") or die $!;
while (my $line = <$manifest>)
{
	my $file = decode_json($line)->{file};
	my $path = "$ENV{CORPUS}/$file";
	my ($dump, $complaint);
	my $read = run([ $ENV{XLSXDUMP}, $path ], '>', \$dump, '2>', \$complaint);
	my ($code, $cells, $error) = $node->psql('postgres',
		"SET client_encoding = 'UTF8'; SELECT row_to_json(c) FROM xlsx.cells(pg_read_binary_file('$path')) AS c");

	if (!$read)
	{
		isnt($code, 0, "$file is refused");
		next;
	}
	is($code, 0, "$file is read") or diag($error);
	my ($got, $expected) = (canonical($cells), canonical($dump));
	# A NUL, which XML can only spell as _x0000_, is no text for a database.
	ok("@$got" eq "@$expected", "$file: the same cells") or is_deeply($got, $expected);
}

is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server goes on');
$node->stop;
done_testing();
