# The owner of a database, or a role that existed before, gains nothing from a superuser's CREATE EXTENSION.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_xlsx'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE second LOGIN SUPERUSER; CREATE DATABASE his OWNER mallory');
my $his = sub { $node->safe_psql('his', $_[0], extra_params => [ '-U', 'mallory' ]) };

# What CREATE EXTENSION says, as a superuser: an error, notices, or nothing
sub install
{
	my ($database) = @_;
	my ($status, $out, $error) = $node->psql($database // 'his', 'CREATE EXTENSION pg_xlsx', extra_params => [ '-v', 'VERBOSITY=default' ]);

	return $error =~ s/^psql:<stdin>:\d+: //gmr =~ s/^CONTEXT:.*//gmsr =~ s/\n+$//r;
}

# The schema
$his->('CREATE SCHEMA xlsx');
is(install(), <<'TEXT' =~ s/\n$//r, 'a schema of the database\'s owner is refused');
ERROR:  schema "xlsx" belongs to role "mallory"
DETAIL:  Its owner could put functions and operators into it that run with the rights of a superuser.
HINT:  Drop the schema, and let CREATE EXTENSION make it.
TEXT
$node->safe_psql('his', 'ALTER SCHEMA xlsx OWNER TO postgres; GRANT CREATE, USAGE ON SCHEMA xlsx TO mallory, PUBLIC');
is(install(), <<'TEXT' =~ s/\n$//r, 'one in which others may make objects');
ERROR:  others may make objects in schema "xlsx": PUBLIC, mallory
DETAIL:  They could put functions and operators into it that run with the rights of a superuser.
HINT:  REVOKE CREATE ON SCHEMA xlsx FROM PUBLIC, mallory;
TEXT
$his->(<<'SQL');
CREATE FUNCTION xlsx.same(regrole, regrole) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN true; END $$;
CREATE OPERATOR xlsx.= (LEFTARG = regrole, RIGHTARG = regrole, FUNCTION = xlsx.same);
CREATE TYPE xlsx.text AS ENUM ();
SQL
$node->safe_psql('his', 'REVOKE CREATE ON SCHEMA xlsx FROM mallory, PUBLIC');
is(install(), <<'TEXT' =~ s/\n$//r, 'one that holds something');
ERROR:  schema "xlsx" is not empty
DETAIL:  It holds function xlsx.same(regrole,regrole), operator xlsx.=(regrole,regrole), type xlsx.text.
HINT:  Drop these objects, or move them to another schema.
TEXT
$node->safe_psql('his', 'DROP SCHEMA xlsx CASCADE');
foreach ([ 'xlsx_private', 'tables' ], [ 'xlsx_rest', 'functions' ])
{
	my ($schema, $purpose) = @$_;

	$his->("CREATE SCHEMA $schema");
	is(install(), <<"TEXT" =~ s/\n$//r, "a schema for the $purpose");
ERROR:  schema "$schema" exists already
DETAIL:  The extension makes it, for $purpose that nobody else may write.
HINT:  Drop the schema, or rename it.
TEXT
	$his->("DROP SCHEMA $schema");
}
is($node->safe_psql('his', "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"), 'f', 'nothing of it has run');

# What lies elsewhere on the way is not called.
$his->(<<'SQL');
CREATE SCHEMA evil;
CREATE FUNCTION evil.same(regrole, regrole) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN true; END $$;
CREATE OPERATOR evil.= (LEFTARG = regrole, RIGHTARG = regrole, FUNCTION = evil.same);
CREATE OPERATOR evil.<> (LEFTARG = regrole, RIGHTARG = regrole, FUNCTION = evil.same);
ALTER DATABASE his SET search_path = evil, pg_catalog, public;
SQL
is(install(), '', 'a search_path of the database\'s owner is not that of the script');
is($node->safe_psql('his', "SELECT count(*) FROM pg_depend d JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND d.refobjid = o.oid"
	  . " WHERE o.oprnamespace = 'evil'::regnamespace AND d.classid <> 'pg_operator'::regclass"), 0, 'no operator of his is in a view');
$node->safe_psql('his', 'CREATE TABLE t (a text); SELECT xlsx.create_profile(\'t\', \'t\'), xlsx.pause(), xlsx.resume(), xlsx.limit_tasks(3, role => \'mallory\')');
$node->safe_psql('his', "SELECT xlsx.schedule('s', NULL, 't', query => 'SELECT NULL::bytea, NULL::text'); SELECT xlsx.run_schedule('s'); SELECT xlsx.unschedule('s'); SELECT count(*) FROM xlsx.metrics; SELECT count(*) FROM xlsx.queue; SELECT count(*) FROM xlsx_private.due_task");
is($node->safe_psql('his', "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"), 'f', 'and none has been called, by views, by functions or by workers');

# Once more, and beside: schemas that a restore or an earlier installation made are fine.
$node->safe_psql('his', 'DROP EXTENSION pg_xlsx');
is(install(), '', 'the schema that an earlier installation left');
$node->safe_psql('postgres', 'CREATE DATABASE again');
$node->safe_psql('again', 'CREATE SCHEMA xlsx AUTHORIZATION second');
is(install('again'), '', 'one of another superuser, as a restore makes it');

# Default privileges of the superuser are not for the extension's objects: all rights are those that its script gives.
my $rights = <<'SQL';
SELECT string_agg(format('%s %s %s', o.name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type), E'\n'
    ORDER BY o.name, a.grantee, a.privilege_type)
FROM (SELECT oid::regnamespace::text AS name, nspacl AS acl FROM pg_namespace WHERE nspname ~ '^xlsx'
    UNION ALL SELECT oid::regclass::text, relacl FROM pg_class WHERE relnamespace::regnamespace::text ~ '^xlsx'
    UNION ALL SELECT oid::regprocedure::text, proacl FROM pg_proc WHERE pronamespace::regnamespace::text ~ '^xlsx') AS o, aclexplode(o.acl) AS a
WHERE a.grantee <> 'postgres'::regrole
SQL
$node->safe_psql('postgres', 'CREATE DATABASE plain; CREATE DATABASE generous');
is(install('plain'), '', 'the extension without default privileges');
$node->safe_psql('generous', join '; ', 'CREATE ROLE curious', map { "ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO PUBLIC, xlsx_user, curious, mallory" }
	  ('TABLES', 'SEQUENCES', 'FUNCTIONS'));
$node->safe_psql('generous', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO xlsx_user, curious, mallory');
is(install('generous'), '', 'and with them');
is($node->safe_psql('generous', $rights), $node->safe_psql('plain', $rights), 'nobody has more rights by them');
like($node->safe_psql('generous', $rights), qr/^xlsx_private\.task xlsx_user SELECT$/m, 'and they are those that were meant');

# The roles
my %powers = (
	'LOGIN' => 'NOLOGIN', 'SUPERUSER' => 'NOSUPERUSER', 'CREATEROLE' => 'NOCREATEROLE', 'CREATEDB' => 'NOCREATEDB', 'BYPASSRLS' => 'NOBYPASSRLS',
	'REPLICATION' => 'NOREPLICATION', 'CREATEROLE LOGIN' => 'NOCREATEROLE NOLOGIN');
$node->safe_psql('his', 'DROP EXTENSION pg_xlsx');
foreach my $power (sort keys %powers)
{
	$node->safe_psql('postgres', "ALTER ROLE xlsx_admin $power");
	is(install(), <<"TEXT" =~ s/\n$//r, "a role that has $power");
ERROR:  role "xlsx_admin" has $power
DETAIL:  The extension gives this role rights on its tables. Every member would have the other powers too.
HINT:  ALTER ROLE xlsx_admin $powers{$power};
TEXT
	$node->safe_psql('postgres', "ALTER ROLE xlsx_admin $powers{$power}");
}
$node->safe_psql('postgres', 'GRANT xlsx_admin TO mallory; GRANT pg_read_all_settings TO xlsx_user');
is(install(), <<'TEXT' =~ s/\n$//r, 'members are told, and memberships');
NOTICE:  role "xlsx_user" is a member of others already: pg_read_all_settings
HINT:  Its members have the rights of these roles.
NOTICE:  role "xlsx_admin" has members already: mallory
HINT:  They get the rights that the extension gives to the role.
TEXT
is($node->safe_psql('his', "SELECT extname FROM pg_extension WHERE extname = 'pg_xlsx'"), 'pg_xlsx', 'and the extension is there');

$node->stop;
done_testing();
