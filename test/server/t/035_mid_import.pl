# Objects that are created on the target between two transactions of an import apply to the rows after that: the import chooses its way of saving again.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my $node = start_server('mid_import', "pg_xlsx.progress_interval = 0\n");
my $book = workbook('-r', 6000);

# Holds an import in the batch of row 1500 while others ask for a change, which comes between two transactions of it. Returns the task.
sub change_target
{
	my ($change, $lock, $profile, $session) = @_;

	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS people CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles');
	$node->safe_psql('postgres', 'DROP FUNCTION IF EXISTS stop_here() CASCADE');
	make_people($node);
	$node->safe_psql('postgres', $profile) if $profile;
	my $held = block_at($node, 'BIO-0001500', 'SAVING');
	my $task = $node->safe_psql('postgres', ($session // '') . "SELECT xlsx.submit('people', file) FROM book");
	wait_blocked($node);
	my $changer = $node->background_psql('postgres');
	$changer->query_until(qr/changing/, "\\echo changing\nBEGIN; $change; COMMIT;\n");
	$node->poll_query_until('postgres', "SELECT count(*) >= 1 FROM pg_locks WHERE NOT granted AND mode = '$lock'") or die 'no change';
	$held->quit;
	$changer->quit;
	wait_for($node, $task);
	return $task;
}

sub counts
{
	my ($task) = @_;

	return task_row($node, $task, "status || coalesce(': ' || error_message, ''), total_rows, saved_rows, skipped_rows, error_rows")
	  . '|' . $node->safe_psql('postgres', 'SELECT count(*) FROM people');
}

$node->safe_psql('postgres', "CREATE TABLE book AS SELECT pg_read_binary_file('$book') AS file; GRANT SELECT ON book TO public");
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE tenant LOGIN IN ROLE xlsx_user;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
SQL

# Rows that were committed before the change, then those after it.
my $task = change_target('CREATE TRIGGER leave_out BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION leave_out()', 'ShareRowExclusiveLock');
my ($status, $total, $saved, $skipped, $errors, $rows) = split /\|/, counts($task);
is("$status $total $errors", 'COMPLETED 6000 0', 'a trigger that leaves rows out is made in mid-import');
ok($saved >= 1500 && $saved < 6000 && $saved + $skipped == 6000 && $rows == $saved, "and leaves out what comes after it: $saved saved, $skipped skipped, $rows rows");

$task = change_target('CREATE TRIGGER shout BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION shout()', 'ShareRowExclusiveLock');
is(counts($task), 'COMPLETED|6000|6000|0|0|6000', 'a trigger that changes rows is made in mid-import');
is($node->safe_psql('postgres', "SELECT count(*) FILTER (WHERE bio_id > 'BIO-0005000' AND name <> upper(name)) FROM people"), 0, 'and changes what comes after it');

$task = change_target('CREATE RULE nothing AS ON INSERT TO people DO INSTEAD NOTHING', 'AccessExclusiveLock');
($status, $total, $saved, $skipped, $errors, $rows) = split /\|/, counts($task);
is("$status $total $errors", 'COMPLETED 6000 0', 'a rule is made in mid-import');
ok($saved < 6000 && $saved + $skipped == 6000 && $rows == $saved, 'and holds for what comes after it');

$task = change_target(q{ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY low ON people USING (true) WITH CHECK (bio_id <= 'BIO-0005000')},
	'AccessExclusiveLock', 'GRANT SELECT, INSERT ON people TO tenant', "SET SESSION AUTHORIZATION tenant;\n");
($status, $total, $saved, $skipped, $errors, $rows) = split /\|/, counts($task);
is($status, 'HAS_ERRORS', 'row-level security is enabled in mid-import');
is("$saved $errors $rows", '5000 1000 5000', 'and refuses just the rows that its policy does not want');

$task = change_target('ALTER TABLE people ADD COLUMN double text GENERATED ALWAYS AS (bio_id || bio_id) STORED', 'AccessExclusiveLock');
is(counts($task), 'COMPLETED|6000|6000|0|0|6000', 'a generated column is made in mid-import');
is($node->safe_psql('postgres', 'SELECT count(*) FROM people WHERE double IS DISTINCT FROM bio_id || bio_id'), 0, 'and holds what it should in every row');

# Triggers of the other kinds. Those for each statement hear of every batch that follows.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE heard (what text, rows bigint);
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO heard VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL), 1); RETURN NEW; END $$;
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO heard SELECT 'transition', count(*) FROM added; RETURN NULL; END $$;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.bio_id > 'BIO-0005000' THEN
    RAISE EXCEPTION 'too many' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
SQL
foreach my $kind ([ 'BEFORE INSERT', 'STATEMENT', 'hear()' ], [ 'AFTER INSERT', 'STATEMENT', 'hear()' ], [ 'AFTER INSERT', 'ROW', 'hear()' ],
	[ 'AFTER INSERT', 'STATEMENT', 'count_rows()', 'REFERENCING NEW TABLE AS added' ])
{
	my ($when, $level, $function, $referencing) = @$kind;

	$node->safe_psql('postgres', 'TRUNCATE heard');
	$task = change_target("CREATE TRIGGER kind $when ON people " . ($referencing // '') . " FOR EACH $level EXECUTE FUNCTION $function", 'ShareRowExclusiveLock');
	is(counts($task), 'COMPLETED|6000|6000|0|0|6000', "a trigger $when FOR EACH $level" . ($referencing ? " $referencing" : '') . ' is made in mid-import');
	my $heard = $node->safe_psql('postgres', 'SELECT coalesce(sum(rows), 0) FROM heard');
	if ($level eq 'ROW' || $referencing)
	{
		ok($heard > 0 && $heard <= 4500, "and hears of the rows that follow: $heard");
		is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE bio_id > 'BIO-0005000'"), 1000, 'all of them');
		cmp_ok($heard, '>=', 1000, 'up to the last');
	}
	else
	{
		cmp_ok($heard, '>=', 1, "and hears of the statements that follow: $heard");
	}
}
$task = change_target('CREATE CONSTRAINT TRIGGER kind AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()', 'ShareRowExclusiveLock');
is(counts($task), 'HAS_ERRORS|6000|5000|0|1000|5000', 'a deferred constraint trigger is made in mid-import, and refuses just the rows that it does not want');

# Indexes, exclusion constraints, foreign keys.
$task = change_target(q{INSERT INTO people VALUES (0, 'x', 'x', 'BIO-0005500'); CREATE UNIQUE INDEX ON people (bio_id)}, 'ShareLock');
is(counts($task), 'HAS_ERRORS|6000|5999|0|1|6000', 'a unique index is made in mid-import, and refuses just the row that is there');
$task = change_target(q{INSERT INTO people VALUES (0, 'x', 'x', 'BIO-0005500'); ALTER TABLE people ADD EXCLUDE USING btree (bio_id WITH =)}, 'AccessExclusiveLock');
is(counts($task), 'HAS_ERRORS|6000|5999|0|1|6000', 'so does an exclusion constraint');
$task = change_target(q{INSERT INTO people VALUES (0, 'x', 'x', 'BIO-0005500'); ALTER TABLE people ADD UNIQUE (bio_id) DEFERRABLE INITIALLY DEFERRED}, 'AccessExclusiveLock');
is(counts($task), 'HAS_ERRORS|6000|5999|0|1|6000', 'and a deferred unique constraint');
$node->safe_psql('postgres', q{CREATE TABLE known AS SELECT format('BIO-%s', lpad(i::text, 7, '0')) AS bio_id FROM generate_series(1, 5000) i; ALTER TABLE known ADD PRIMARY KEY (bio_id)});
$task = change_target('ALTER TABLE people ADD FOREIGN KEY (bio_id) REFERENCES known', 'ShareRowExclusiveLock');
is(counts($task), 'HAS_ERRORS|6000|5000|0|1000|5000', 'a foreign key is made in mid-import, and refuses just the rows without a parent');
$task = change_target('CREATE INDEX ON people (lower(name))', 'ShareLock');
is(counts($task), 'COMPLETED|6000|6000|0|0|6000', 'an index on an expression is made in mid-import');
is($node->safe_psql('postgres', "SET enable_seqscan = off; SELECT count(*) FROM people WHERE lower(name) >= ''"), 6000, 'and has every row');

$task = change_target("ALTER TABLE people ADD COLUMN made text NOT NULL DEFAULT 'here'", 'AccessExclusiveLock');
is(counts($task), 'COMPLETED|6000|6000|0|0|6000', 'a column with a default is made in mid-import');
is($node->safe_psql('postgres', "SELECT count(*) FROM people WHERE made = 'here'"), 6000, 'and every row has it');

$task = change_target(q{ALTER TABLE people ADD CHECK (bio_id <= 'BIO-0005000') NOT VALID}, 'AccessExclusiveLock');
is(counts($task), 'HAS_ERRORS|6000|5000|0|1000|5000', 'a constraint is made in mid-import, and refuses just the rows that break it');

$task = change_target(q{ALTER TABLE people RENAME TO other; CREATE TABLE people (LIKE other) PARTITION BY RANGE (bio_id);
	ALTER TABLE people ATTACH PARTITION other FOR VALUES FROM ('A') TO ('C')}, 'AccessExclusiveLock');
is(counts($task), 'COMPLETED|6000|6000|0|0|6000', 'the target is renamed and becomes a partition in mid-import');
is($node->safe_psql('postgres', 'SELECT count(*) FROM other'), 6000, 'and goes on being the target');

$task = change_target(q{ALTER TABLE people RENAME TO other; CREATE TABLE people (LIKE other) PARTITION BY RANGE (bio_id);
	ALTER TABLE people ATTACH PARTITION other FOR VALUES FROM ('A') TO ('BIO-0005001')}, 'AccessExclusiveLock');
($status, $total, $saved, $skipped, $errors, $rows) = split /\|/, counts($task);
is("$status $saved $errors", 'HAS_ERRORS 5000 1000', 'and its bounds hold');

$node->stop;
done_testing();
