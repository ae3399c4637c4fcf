# Messages in the language of a task: in databases of all encodings, in tasks, and when the comment on a constraint changes.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('languages');
my $table = <<'SQL';
CREATE TABLE people (task_id bigint, name text NOT NULL CHECK (length(name) < 100), gender text NOT NULL, bio_id text NOT NULL CONSTRAINT one_bio UNIQUE);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
SQL
my $bad = workbook('-r', 30, '-e', 10);
my $large = workbook('-r', 60000, '-e', 10);
cmp_ok(-s $large, '>', 1024 * 1024, 'a workbook that is read ahead');

# The messages of the errors of a task, each once; psql speaks UTF-8.
sub messages
{
	my ($database, $task) = @_;

	return $node->safe_psql($database, "SET client_encoding = 'UTF8'; SELECT string_agg(DISTINCT message, ' | ' ORDER BY message) FROM xlsx.task_errors($task)");
}

# Encodings that have all letters, and some that lack them.
my %required = (
	UTF8 => [ 'muss ausgefüllt sein', 'é obrigatório' ], LATIN1 => [ 'muss ausgefüllt sein', 'é obrigatório' ], LATIN9 => [ 'muss ausgefüllt sein', 'é obrigatório' ],
	LATIN2 => [ 'muss ausgefüllt sein', 'é obrigatório' ], WIN1251 => [ 'is required', 'is required' ], KOI8R => [ 'is required', 'is required' ]
);
foreach my $encoding (sort keys %required)
{
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' TEMPLATE template0 LOCALE 'C'");
	$node->safe_psql($database, "CREATE EXTENSION pg_xlsx; $table");
	foreach my $i (0, 1)
	{
		my $locale = ('de', 'pt')[$i];
		my $task = $node->safe_psql($database, "SELECT task FROM xlsx.import('people', pg_read_binary_file('$bad'), locale => '$locale', dry_run => true)");
		my $said = messages($database, $task);
		my $want = $required{$encoding}[$i];
		like($said, qr/\b(Name|Gender|Bio ID) \Q$want\E/, "$encoding, $locale: $want");
	}
}

# In tasks; in a row that the target refuses, the language is that of the task, too.
$node->safe_psql('postgres', $table);
$node->safe_psql('postgres', "SELECT xlsx.alter_profile('people', locale => 'fr')");
my $task = submit($node, $large);
wait_for($node, $task);
like(messages('postgres', $task), qr/est obligatoire/, 'a task speaks the language of its profile');
unlike(messages('postgres', $task), qr/violates|Failing row|is required/, 'and no other');
is($node->safe_psql('postgres', "SELECT count(*) FROM xlsx.task_errors($task) WHERE detail ~* 'failing row'"), 0, 'no row is shown');
$task = $node->safe_psql('postgres', "SELECT xlsx.submit('people', pg_read_binary_file('$bad'), locale => 'es')");
wait_for($node, $task);
like(messages('postgres', $task), qr/Bio ID ya existe/, 'or that of its own');

# An error of the whole task shows no row either.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE secret (word text CONSTRAINT short CHECK (length(word) < 3));
CREATE FUNCTION spill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO secret VALUES ('the secret word'); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER spill AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spill();
TRUNCATE people;
SQL
$task = submit($node, $bad);
wait_for($node, $task);
my $everything = $node->safe_psql('postgres', "SELECT t.*, (SELECT string_agg(e::text, ' ') FROM xlsx.task_errors(t.id) AS e) FROM xlsx.tasks AS t WHERE id = $task");
unlike($everything, qr/secret word/, 'what a trigger writes elsewhere is not shown');

$node->stop;
done_testing();
