# Imports into a hypertable of TimescaleDB: every mode, a dry run, errors that name the row, exactly once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

my ($config) = grep { defined } $ENV{PG_CONFIG}, 'pg_config';
chomp(my $libraries = `$config --pkglibdir`);
plan skip_all => 'TimescaleDB is not installed' unless -e "$libraries/timescaledb.so";

my $node = start_server('hypertable', <<'SETTINGS');
shared_preload_libraries = 'timescaledb, pg_xlsx'
timescaledb.telemetry_level = off
max_worker_processes = 24
SETTINGS

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION timescaledb;
CREATE TABLE metering (taken timestamptz NOT NULL, device int NOT NULL, value numeric(8, 2) CHECK (value >= 0), task bigint,
  PRIMARY KEY (device, taken));
SELECT create_hypertable('metering', 'taken', chunk_time_interval => interval '1 day');
SELECT xlsx.create_profile('metering', 'metering', task_column => 'task');
SELECT xlsx.alter_profile('metering', key_columns => '{device,taken}');
-- 5,000 readings over ten days; some below zero, some twice
CREATE TABLE book (name text, data bytea);
INSERT INTO book VALUES ('first', xlsx.write($$
  SELECT timestamp '2026-01-01' + i * interval '3 minutes' AS taken, i % 7 AS device,
    CASE WHEN i % 100 = 50 THEN -1 ELSE i / 10.0 END AS value FROM generate_series(1, 5000) AS i$$));
INSERT INTO book VALUES ('second', xlsx.write($$
  SELECT timestamp '2026-01-01' + i * interval '3 minutes' AS taken, i % 7 AS device, i / 5.0 AS value
  FROM generate_series(4001, 6000) AS i WHERE i % 100 <> 50$$));
SQL

# "status|saved|errors|inserted|updated|skipped|rows of the hypertable"
sub import_book
{
	my ($book, $options) = @_;
	my $task = $node->safe_psql('postgres', "SELECT xlsx.submit('metering', (SELECT data FROM book WHERE name = '$book')$options)");

	wait_for($node, $task);
	return ($task, $node->safe_psql('postgres', <<"SQL"));
SELECT status, saved_rows, error_rows, inserted_rows, updated_rows, skipped_rows, (SELECT count(*) FROM metering)
FROM xlsx.tasks WHERE id = $task;
SQL
}

my ($task, $outcome) = import_book('first', ', dry_run => true');
is($outcome, 'HAS_ERRORS|4950|50|4950|0|0|0', 'a dry run rehearses it, and leaves no row');
($task, $outcome) = import_book('first', ", mode => 'all_or_nothing'");
is($outcome, 'FAILED|0|50|0|0|0|0', 'all or nothing: nothing');
($task, $outcome) = import_book('first', '');
is($outcome, 'HAS_ERRORS|4950|50|4950|0|0|4950', 'insert: the bad rows are left out');
is($node->safe_psql('postgres', "SELECT count(*), min(row_number), min(code), min(constraint_name) FROM xlsx.task_errors($task)"),
	'50|51|check|metering_value_check', 'and named, with the constraint');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'metering'}),
	'>=', 10, 'the rows are in chunks');
is($node->safe_psql('postgres', "SELECT exactly_once FROM xlsx.tasks WHERE id = $task"), 't', 'the task is exactly once');
($task, $outcome) = import_book('second', ", mode => 'skip'");
is($outcome, 'COMPLETED|990|0|990|0|990|5940', 'skip: what is there stays');
($task, $outcome) = import_book('second', ", mode => 'upsert'");
is($outcome, 'COMPLETED|1980|0|0|990|0|5940', 'upsert: what differs is updated');
($task, $outcome) = import_book('second', ", mode => 'replace'");
is($outcome, 'COMPLETED|1980|0|1980|0|0|1980', 'replace: the old rows are gone');
$node->stop;
done_testing();
