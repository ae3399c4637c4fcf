# Nobody but the owner of the extension writes or locks its tables. Bad data in them nevertheless crashes no
# import and runs no SQL other than the SQL that was checked.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('private', "pg_xlsx.retry_delay = 50ms\n");
my $book = workbook('-r', 20);
my $sql = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', $_[1] // 'postgres' ]) };

sub refused
{
	my ($role, $statement, $expected, $name) = @_;
	my ($status, $out, $error) = $node->psql('postgres', $statement, extra_params => [ '-U', $role ]);

	return like($error, $expected, $name);
}

$sql->(<<"SQL");
CREATE ROLE ann LOGIN IN ROLE xlsx_user;
CREATE ROLE bob LOGIN IN ROLE xlsx_user;
CREATE ROLE web LOGIN IN ROLE xlsx_notifier;
CREATE ROLE boss LOGIN IN ROLE xlsx_admin;
GRANT CREATE ON SCHEMA public TO ann, bob, boss;
CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS data;
GRANT SELECT ON book TO PUBLIC;
CREATE TABLE secret (name text);
INSERT INTO secret VALUES ('nobody reads this');
SQL
$sql->(<<'SQL', 'ann');
CREATE TABLE hers (task_id bigint, name text, gender text, bio_id text);
GRANT INSERT, SELECT ON hers TO PUBLIC;
SELECT xlsx.create_profile('hers', 'hers', 'task_id', '{"bio_id": "Bio-ID"}');
SELECT xlsx.add_rule('hers', 'max_length', 'name', '{100}');
SQL

#
# Rights
#

is($sql->(<<'SQL'), '', 'no role for people may write, empty, refer to or put triggers on a private table, nor a column of one');
SELECT r.rolname, c.oid::regclass, p.privilege FROM pg_roles r, pg_class c,
  unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
WHERE r.rolname IN ('xlsx_user', 'xlsx_notifier', 'xlsx_admin', 'ann') AND c.relnamespace = 'xlsx_private'::regnamespace AND c.relkind IN ('r', 'v', 'p')
  AND (has_table_privilege(r.oid, c.oid, p.privilege)
    OR (p.privilege IN ('INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(r.oid, c.oid, p.privilege)))
UNION ALL SELECT r.rolname, c.oid::regclass, 'USAGE' FROM pg_roles r, pg_class c
WHERE r.rolname IN ('xlsx_user', 'xlsx_notifier', 'xlsx_admin', 'ann') AND c.relnamespace = 'xlsx_private'::regnamespace AND c.relkind = 'S'
  AND has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE')
SQL
is($sql->("SELECT count(*) FROM pg_roles r WHERE rolname IN ('xlsx_user', 'xlsx_notifier', 'xlsx_admin', 'ann') AND (has_schema_privilege(oid, 'xlsx', 'CREATE') OR has_schema_privilege(oid, 'xlsx_private', 'CREATE'))"),
	0, 'nor make anything in the schemas');
for my $table (split /\n/, $sql->("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'xlsx_private'::regnamespace AND relkind = 'r' AND has_table_privilege('xlsx_user', oid, 'SELECT') ORDER BY 1"))
{
	refused('ann', "BEGIN; LOCK TABLE $table IN $_ MODE", qr/permission denied/, "$table in mode $_") foreach ('ROW SHARE', 'ROW EXCLUSIVE', 'ACCESS EXCLUSIVE');
	refused('boss', "SELECT FROM $table $_", qr/permission denied/, "$table $_") foreach ('FOR KEY SHARE', 'FOR UPDATE');
}

# What people may call in the private schema, and that could do more than they: functions in C, which may act as the owner, and
# SECURITY DEFINER. Each asks who calls, or does what its caller could do. One that is new here was looked at before it was added.
is($sql->(<<'SQL'), <<'LIST' =~ s/\s+/ /gr =~ s/ $//r, 'the private functions with more rights than their caller that xlsx_user may call');
SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'xlsx_private'::regnamespace AND has_function_privilege('xlsx_user', p.oid, 'EXECUTE') AND (p.prosecdef OR l.lanname = 'c')
SQL
blockers
built_in_messages
check_expression
check_key
checked_options
class_of
column_default
cron_job
cron_zone
current_tenant
delete_rows
end_task
first_cells
folded
folder_file
folder_to_move_to
form_options
installation
integer_digits
is_header_row
key_match
key_needs
library_version
list_folder
live
mark_row
marked_row
may_act
may_pass
move_file
name_of
names_of
nearest_of
note_subject
note_undone
number_of
oid_of
party
path_of_statements
phase_members
place_for
relation_of
relation_ref
relation_ref_in
relation_ref_out
remove_task
role_of
role_ref
role_ref_in
role_ref_out
roles_of_me
row_holders
rule_takes
schedule_add
schedule_begin
schedule_forget
schedule_look
schedule_note_failure
schedule_note_file
schedule_note_move
schedule_note_result
schedule_note_run
schedule_remove
schedule_set_job
schedule_settings
sees_all
set_queue_rule
sheet_findings
stored_oid_of
submit
tasks_with
text_findings
tus_add
tus_find
tus_keep
tus_remove
upload_file
upload_finish
upload_settings
version_order
worker_waits_for
LIST
is($sql->("SELECT count(*) FROM pg_proc WHERE pronamespace = 'xlsx_private'::regnamespace AND proargnames[1] = 'caller' AND has_function_privilege('xlsx_admin', oid, 'EXECUTE')"),
	0, 'none of them believes what it is told about who calls');

#
# Somebody's open transaction is in nobody's way
#

my $open = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$open->query_safe("BEGIN; SELECT xlsx.alter_profile('hers', locale => 'de'), xlsx.add_rule('hers', 'min_length', 'name', '{1}'), xlsx.pause('hers')");
my $task = $sql->("SELECT xlsx.submit('hers', data) FROM book", 'bob');
is(wait_for($node, $task), 'COMPLETED', 'a profile that is being changed by its owner can be imported with');
$open->query_safe("SELECT xlsx.drop_profile('hers')");
$task = $sql->("SELECT xlsx.submit('hers', data) FROM book", 'bob');
is(wait_for($node, $task), 'COMPLETED', 'and one that is being dropped, whose tasks are not locked by that');
$open->query_safe('ROLLBACK');
$open->query_safe("BEGIN; SELECT xlsx.submit('hers', data, idempotency_key => 'x') FROM book");
$sql->("SET lock_timeout = '10s'; SELECT xlsx.submit('hers', data, idempotency_key => 'x') FROM book", 'bob');
$sql->("SET lock_timeout = '10s'; SELECT xlsx.alter_profile('hers', locale => ''), xlsx.drop_profile('hers')", 'ann');
$open->query_safe('ROLLBACK');
$open->quit;
$sql->("SELECT xlsx.create_profile('hers', 'hers', 'task_id', '{\"bio_id\": \"Bio-ID\"}')", 'ann');

#
# Rows that nobody checked: by a restore, an older version, a superuser
#

my $started = $sql->('SELECT pg_postmaster_start_time(), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = \'checkpointer\' AND backend_start < now())');
my $pid = $sql->("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");

# What an import comes to while a row of the profile is as the statement makes it
sub import_with
{
	my ($change) = @_;

	return $sql->(<<"SQL");
BEGIN;
ALTER TABLE xlsx_private.profile DROP CONSTRAINT profile_header_row_check;
ALTER TABLE xlsx_private.profile_column DROP CONSTRAINT profile_column_source_check, DROP CONSTRAINT profile_column_check;
ALTER TABLE xlsx_private.profile_rule DROP CONSTRAINT profile_rule_kind_check, DROP CONSTRAINT profile_rule_check;
$change;
CREATE FUNCTION outcome() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
  detail text;
BEGIN
  RETURN (SELECT i.status FROM book, xlsx.import('hers', data) AS i);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLERRM || ' / ' || detail;
END \$\$;
SELECT outcome();
ROLLBACK;
SQL
}

my $rule = 'INSERT INTO xlsx_private.profile_rule (profile_id, name, position, column_name, kind, argument) SELECT id, \'r\', 1,';
my $of = 'FROM xlsx_private.profile WHERE name = \'hers\'';
my %outcomes = (
	"$rule 'name', 'min', '{}' $of" => 'profile "hers" cannot be used / Rule "r" has 0 arguments.',
	"$rule 'name', 'max_length', '{}' $of" => 'profile "hers" cannot be used / Rule "r" has 0 arguments.',
	"$rule 'name', 'max_length', '{many}' $of" => 'profile "hers" cannot be used / Rule "r" asks for "many" characters.',
	"$rule 'name', 'pattern', '{}' $of" => 'profile "hers" cannot be used / Rule "r" has 0 arguments.',
	"$rule 'name', 'one_of', '{NULL}' $of" => 'profile "hers" cannot be used / Rule "r" has 0 arguments.',
	"$rule NULL, 'expression', '{}' $of" => 'profile "hers" cannot be used / Rule "r" has 0 arguments.',
	"$rule NULL, 'expression', '{true) IS FALSE THEN 7 END FROM secret --}' $of" => 'syntax error at or near ")" / ',
	"$rule NULL, 'unique', '{}' $of" => 'profile "hers" cannot be used / Rule "r" has no column.',
	"$rule 'name', 'nice', '{}' $of" => 'profile "hers" cannot be used / There is no rule "nice".',
	"UPDATE xlsx_private.profile SET task_column = 'ctid'" => 'column "ctid" of relation "hers" does not exist / The profile writes the task\'s id to it.',
	"UPDATE xlsx_private.profile SET header_row = 'second'" => '"second" is not a header row / header_row is the row of the sheet that holds the headers.',
	"UPDATE xlsx_private.profile_column SET source = 'sheet'" => 'profile "hers" cannot be used / There is no source "sheet".',
	"UPDATE xlsx_private.profile_column SET source = 'value'" => 'profile "hers" cannot be used / Column "name" has neither a cell nor a transformation.',
	"UPDATE xlsx_private.profile_column SET column_name = 'ctid', custom = true WHERE column_name = 'name'" =>
	  'column "ctid" of relation "hers" does not exist / The profile expects it for the header "Name".',
	"UPDATE xlsx_private.profile_column SET transform = 'x) FROM secret --'" => 'syntax error at or near ")" / ',
	"UPDATE xlsx_private.profile_column SET transform = 'value; DROP TABLE hers'" => 'syntax error at or near ";" / ',
	"UPDATE xlsx_private.profile_column SET transform = 'value, 1'" => 'transform is not one SQL expression / It reads: value, 1',
	"UPDATE xlsx_private.profile_column SET lookup = 'SELECT 1, 2) AS q (k, v), secret --'" => 'syntax error at or near ")" / ',
	"UPDATE xlsx_private.profile_column SET lookup = 'DELETE FROM hers RETURNING 1, 2'" =>
	  'lookup is not one SQL query / It reads: DELETE FROM hers RETURNING 1, 2',
	'SELECT 1' => 'COMPLETED');
is(import_with($_) =~ s/^.*\n//sr, $outcomes{$_}, $_) foreach sort keys %outcomes;
is($sql->("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"), $pid, 'no process of the server has crashed');

#
# A text of SQL is read in one way, when it is checked and when it is used
#

# With standard_conforming_strings off, all of this is one string; with on, the string ends before the bracket.
refused('ann', q{SET standard_conforming_strings = off; SELECT xlsx.set_column('hers', 'name', transform => $t$'\') FROM secret --'$t$)},
	qr/syntax error at or near "\)"/, 'an expression that is one with standard_conforming_strings off only');
$sql->(q{SELECT xlsx.set_column('hers', 'name', transform => $t$'\\' || value$t$)}, 'ann');
$sql->('ALTER ROLE ann SET standard_conforming_strings = off; ALTER ROLE ann SET transform_null_equals = on');
$task = $sql->("SELECT xlsx.submit('hers', data) FROM book", 'ann');
is(wait_for($node, $task), 'COMPLETED', 'one with a backslash is used as it was checked, whatever the role\'s settings are');
is($sql->("SELECT count(*) FROM hers WHERE task_id = $task AND name LIKE '\\\\%'"), 20, 'and means the same');
$sql->("SELECT xlsx.set_column('hers', 'name', transform => 'CASE WHEN value = NULL THEN ''yes'' ELSE ''no'' END')", 'ann');
$task = $sql->("SELECT xlsx.submit('hers', data) FROM book", 'ann');
is(wait_for($node, $task), 'COMPLETED', 'a comparison with NULL');
is($sql->("SELECT DISTINCT name FROM hers WHERE task_id = $task"), 'no', 'means the same, too');

$node->stop;
done_testing();
