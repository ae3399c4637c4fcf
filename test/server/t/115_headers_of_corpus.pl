# Every sheet of many programs, on the way that a beginner takes (discover, create_table_sql, create_profile, import):
# all choose the same header row, each column of the sheet goes where discover said, and none is lost without a word.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

plan skip_all => 'the corpus of workbooks is not here' if !-r "$ENV{CORPUS}/manifest.jsonl";

my $node = start_server('headers_of_corpus');

$node->safe_psql('postgres', <<'SQL');
-- What is wrong with one sheet, and what discover found in it.
CREATE FUNCTION disagreement(path text, sheet text, OUT told text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  file bytea := xlsx.server_file(path);
  found record;
  matched record;
  report jsonb;
  found_task bigint;
BEGIN
  SELECT max(d.header_row) AS header_row, count(*) AS columns INTO found FROM xlsx.discover(file, sheet) AS d;
  IF found.columns = 0 OR found.columns > 1500 THEN
    RETURN;
  END IF;
  EXECUTE xlsx.create_table_sql(file, 'made', sheet);
  PERFORM xlsx.create_profile('made', 'made');
  SELECT max(m.header_row) AS header_row INTO matched FROM xlsx.match_headers('made', file, sheet) AS m;
  IF matched.header_row IS DISTINCT FROM found.header_row THEN
    RETURN QUERY SELECT format('discover has header row %s, preview %s', found.header_row, matched.header_row);
  END IF;
  IF xlsx.preview(file, 'made', sheet) ->> 'headerRow' IS DISTINCT FROM found.header_row::text THEN
    RETURN QUERY SELECT format('discover has header row %s, xlsx.preview another', found.header_row);
  END IF;
  SELECT i.task INTO found_task FROM xlsx.import('made', file, sheet => sheet) AS i;
  report := xlsx.report(found_task);
  IF report ->> 'headerRow' IS DISTINCT FROM found.header_row::text THEN
    RETURN QUERY SELECT format('discover has header row %s, the import %s', found.header_row, report ->> 'headerRow');
  END IF;
  RETURN QUERY SELECT format('column %s (%s, header %s) went to %s', d.col, d.column_name, d.header_text, m.item ->> 'column')
  FROM xlsx.discover(file, sheet) AS d
    LEFT JOIN jsonb_array_elements(report -> 'mapping') AS m (item) ON m.item ->> 'col' = d.col
  WHERE m.item ->> 'column' IS DISTINCT FROM d.column_name
    AND NOT report -> 'unused' @> jsonb_build_array(jsonb_build_object('col', d.col));
  RETURN QUERY SELECT format('"%s" is not in the sheet', item ->> 'column') FROM jsonb_array_elements(report -> 'missing') AS item;
END
$$;
CREATE FUNCTION disagreements(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  sheet text;
  told text[];
BEGIN
  FOR sheet IN SELECT s.name FROM xlsx.sheets(xlsx.server_file(path)) AS s LOOP
    BEGIN
      told := ARRAY(SELECT disagreement(path, sheet));
      RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ999';
    EXCEPTION
      WHEN SQLSTATE 'ZZ999' THEN
        RETURN QUERY SELECT sheet || ': ' || t FROM unnest(told) AS t;
      WHEN data_corrupted OR program_limit_exceeded OR invalid_parameter_value OR undefined_object OR untranslatable_character THEN
        -- What cannot be read is refused with a sentence; headers that discover made a table of are none of it.
        IF SQLERRM LIKE 'Invalid headers%' THEN
          RETURN NEXT sheet || ': ' || SQLERRM;
        END IF;
    END;
  END LOOP;
EXCEPTION WHEN data_corrupted OR program_limit_exceeded OR invalid_parameter_value THEN
  RETURN;
END
$$;
SQL

open(my $manifest, '<', "$ENV{CORPUS}/manifest.jsonl") or die $!;
while (my $line = <$manifest>)
{
	my $file = decode_json($line)->{file};
	my ($code, $told, $error) = $node->psql('postgres', "SET client_encoding = 'UTF8'; SELECT disagreements('$ENV{CORPUS}/$file')");

	is($told . ($code == 0 ? '' : $error), '', $file);
}
$node->stop;
done_testing();
