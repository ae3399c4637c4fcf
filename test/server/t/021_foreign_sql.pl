# SQL of other roles: templates and previews run only SQL that the caller may trust, and xlsx.import leaves the caller's session as
# INSERT would, whoever owns the profile.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('foreign_sql');
my $book = workbook('-r', 3);
my $psql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

# What a session prints and what it is told.
sub session
{
	my ($sql, $login) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $login ]);

	return ($out, $err);
}

$psql->(<<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE cat LOGIN IN ROLE xlsx_user;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO PUBLIC;
CREATE SCHEMA bob AUTHORIZATION bob;
CREATE SCHEMA cat AUTHORIZATION cat;
GRANT USAGE, CREATE ON SCHEMA public TO ann, bob, cat;
SQL

#
# Templates
#

# Each function tells as whom it runs.
$psql->(<<'SQL', 'cat');
GRANT USAGE ON SCHEMA cat TO PUBLIC;
CREATE FUNCTION cat.spy(what text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '% runs as %', what, current_user; RETURN true; END $$;
CREATE TABLE cat.kinds (kind text PRIMARY KEY);
INSERT INTO cat.kinds VALUES ('one'), ('two');
CREATE TABLE cat.plain (kind text PRIMARY KEY);
INSERT INTO cat.plain VALUES ('three');
ALTER TABLE cat.kinds ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON cat.kinds USING (cat.spy('a policy'));
GRANT SELECT, REFERENCES ON cat.kinds, cat.plain TO PUBLIC;
SQL
$psql->(<<'SQL', 'bob');
GRANT USAGE ON SCHEMA bob TO PUBLIC;
CREATE TYPE bob.mood AS ENUM ('good', 'bad');
CREATE TABLE bob.moods (mood bob.mood PRIMARY KEY);
INSERT INTO bob.moods VALUES ('good');
GRANT SELECT ON bob.moods TO PUBLIC;
CREATE FUNCTION bob.cast_spy(m bob.mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'a cast runs as %', current_user; RETURN 'x'; END $$;
CREATE CAST (bob.mood AS text) WITH FUNCTION bob.cast_spy(bob.mood);
CREATE FUNCTION bob.choices() RETURNS TABLE (k text, v text) LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'a lookup runs as %', current_user; RETURN QUERY VALUES ('looked up', 'x'); END $$;
CREATE TABLE bob.things (name text, kind text REFERENCES cat.kinds, plain text REFERENCES cat.plain, mood bob.mood REFERENCES bob.moods);
SELECT xlsx.create_profile('things', 'bob.things');
SELECT xlsx.set_column('things', 'name', lookup => 'SELECT * FROM bob.choices()');
SQL
my $choices = "SELECT string_agg(c.value, ',' ORDER BY c.col, c.row) FROM xlsx.cells(xlsx.template('things'), '_lists') AS c";
my ($out, $err) = session($choices, 'ann');
is($err, '', 'a template runs no SQL of a target into which its reader may not import');
is($out, 'three,good,bad', 'and holds what can be had without');
$psql->('GRANT INSERT ON bob.things TO ann', 'bob');
($out, $err) = session($choices, 'ann');
like($err, qr/^[^\n]*a lookup runs as ann[^\n]*$/s, 'who may import trusts the lookups of the owner, and neither policies of third tables nor casts');
is($out, 'looked up,three,good,bad', 'and sees them');
($out, $err) = session($choices, 'bob');
is($out, 'looked up,three,good,bad', 'the owner of the profile has the same');
$psql->('ALTER TABLE bob.things DROP COLUMN kind', 'bob');

# A profile of one who neither is trusted nor owns the table
$psql->('GRANT INSERT ON bob.things TO cat', 'bob');
$psql->("SELECT xlsx.create_profile('lure', 'bob.things', headers => '{\"name\": \"Name\", \"plain\": \"Gender\"}');"
	  . "SELECT xlsx.set_column('lure', 'name', lookup => 'SELECT ''x'', ''y'' WHERE cat.spy(''a lookup'')')", 'cat');
($out, $err) = session("SELECT string_agg(c.value, ',' ORDER BY c.col, c.row) FROM xlsx.cells(xlsx.template('lure'), '_lists') AS c", 'ann');
is("$out$err", 'three,good,bad', 'a template of a profile that is not to be trusted is one without its lookups');
($out, $err) = session("SELECT xlsx.preview(data, 'lure') -> 'missing' FROM book", 'ann');
unlike("$out$err", qr/runs as|ERROR/, 'a preview with it runs nothing');
($out, $err) = session("SELECT xlsx.import('lure', data) FROM book", 'ann');
like($err, qr/profile "lure" holds SQL of another role/, 'an import is refused');

#
# xlsx.import in the caller's session
#

# Bob's profile for his table, by whose lookup everything that he can do happens in the session of whoever imports.
$psql->(<<'SQL', 'bob');
CREATE TABLE bob.tried (what text, error text);
CREATE FUNCTION bob.attempt(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RAISE WARNING 'done: %', statement;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'refused: %', SQLERRM;
END $$;
CREATE FUNCTION bob.meddle(value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM bob.attempt($s$SELECT set_config('search_path', 'bob', false)$s$), bob.attempt($s$SELECT set_config('DateStyle', 'SQL, DMY', false)$s$),
    bob.attempt($s$SELECT set_config('role', 'none', false)$s$), bob.attempt('CREATE TEMP TABLE bobs (x int)'), bob.attempt('PREPARE bobs AS SELECT 1');
  RETURN value;
END $$;
CREATE TABLE bob.open (name text, gender text, bio_id text);
GRANT INSERT ON bob.open TO ann;
SELECT xlsx.create_profile('open', 'bob.open', headers => '{"bio_id": "Bio-ID"}');
SELECT xlsx.set_column('open', 'name', transform => 'bob.meddle(value)');
SQL
$psql->('CREATE TABLE ann_parent (id int PRIMARY KEY); CREATE TABLE ann_child (id int REFERENCES ann_parent DEFERRABLE INITIALLY DEFERRED);', 'ann');
foreach my $login ('ann', 'postgres')
{
	($out, $err) = session(<<"SQL", $login);
SET SESSION client_min_messages = warning;
SET ROLE ann;
SET search_path = public, pg_catalog;
CREATE TEMP TABLE mine (x int);
INSERT INTO mine VALUES (1);
BEGIN;
INSERT INTO ann_child VALUES (1);
SELECT saved_rows FROM xlsx.import('open', (SELECT data FROM book));
INSERT INTO ann_parent VALUES (1);
COMMIT;
SELECT current_setting('search_path'), current_setting('DateStyle'), current_user, (SELECT count(*) FROM mine), (SELECT count(*) FROM pg_prepared_statements),
  to_regclass('pg_temp.bobs') IS NULL;
DELETE FROM ann_child; DELETE FROM ann_parent;
SQL
	is($out, "3\npublic, pg_catalog|ISO, MDY|ann|1|0|t", "a foreign profile leaves the session of $login as it was, its deferred constraints too");
	like($err, qr/refused: cannot set parameter "role" within security-restricted operation/, 'takes on no other role');
	unlike($err, qr/done: (CREATE|PREPARE)|done: SELECT set_config\('role/, 'and makes nothing in it');
}

# The caller's own triggers do as with INSERT.
$psql->(<<'SQL', 'ann');
CREATE TABLE ann_own (name text, gender text, bio_id text);
CREATE FUNCTION ann_temp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE IF NOT EXISTS ann_seen (name text);
  INSERT INTO ann_seen VALUES (NEW.name);
  PERFORM set_config('litter.own', 'stays', false);
  RETURN NEW;
END $$;
CREATE TRIGGER t BEFORE INSERT ON ann_own FOR EACH ROW EXECUTE FUNCTION ann_temp();
SELECT xlsx.create_profile('ann_own', 'ann_own', headers => '{"bio_id": "Bio-ID"}');
SQL
($out, $err) = session("SET client_min_messages = warning; SELECT saved_rows FROM xlsx.import('ann_own', (SELECT data FROM book)); SELECT count(*) FROM ann_seen; SELECT current_setting('litter.own')", 'ann');
is("$out$err", "3\n3\nstays", 'triggers of the caller make temporary tables and set what they like, as with INSERT');

#
# A schedule, run after SET ROLE as its hint says
#

$psql->("SELECT xlsx.schedule('climb', NULL, 'ann_own', query => 'SELECT data, ''climb.xlsx'' FROM book, set_config(''role'', ''none'', false) AS r')", 'ann');
($out, $err) = session("SET ROLE ann;\n\\set ON_ERROR_STOP 0\nSELECT error FROM xlsx.run_schedule('climb'); SELECT current_user", 'postgres');
like($err, qr/schedule "climb" has failed: cannot set parameter "role" within security-restricted operation/, 'the query of a schedule that takes another role on fails');
is($out, 'ann', 'the query of a schedule takes no other role on');
$psql->("SELECT xlsx.schedule('plain', NULL, 'ann_own', query => 'SELECT data, ''plain.xlsx'' FROM book')", 'ann');
is($psql->("SET ROLE ann; SELECT submitted, error IS NULL FROM xlsx.run_schedule('plain')"), '1|t', 'and one that does not try submits its files');

$node->stop;
done_testing();
