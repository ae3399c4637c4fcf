# The types that xlsx.discover finds suit every value, in workbooks by many programs: xlsx.read can read every value with them.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use XlsxTest;

plan skip_all => 'the corpus of workbooks is not here' if !-r "$ENV{CORPUS}/manifest.jsonl";

my $node = start_server('discover');

# Reads each sheet below its header with the types found, columns between them as text; a query has 1600 columns at most.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION column_number(letters text) RETURNS int LANGUAGE sql IMMUTABLE RETURN
  (SELECT sum((ascii(letter) - 64) * 26 ^ (length(letters) - place))::int
    FROM regexp_split_to_table(letters, '') WITH ORDINALITY AS l (letter, place));
CREATE FUNCTION reading(path text, sheet text) RETURNS TABLE (statement text, filled text) LANGUAGE sql AS $$
  WITH found AS MATERIALIZED (
    SELECT d.*, column_number(d.col) - min(column_number(d.col)) OVER () + 1 AS place
    FROM xlsx.discover(xlsx.server_file(path), sheet) AS d),
  bounds AS (
    SELECT min(col) FILTER (WHERE place = 1) AS first_col, max(place) AS width, coalesce(max(header_row), 0) + 1 AS first_row,
      CASE WHEN sum(errors) > 0 OR EXISTS (SELECT FROM xlsx.cells(xlsx.server_file(path), sheet) c WHERE c.kind = 'no_value') THEN 'null' ELSE 'error' END AS on_error
    FROM found WHERE place <= 1600)
  SELECT format('SELECT array_to_string(ARRAY[%s], '','') FROM xlsx.read(xlsx.server_file(%L), %L, %L, ''none'', %L) AS t(%s)',
      string_agg(format('count(c%s)', n), ', ' ORDER BY n) FILTER (WHERE type IS NOT NULL), path, sheet,
      first_col || first_row || ':XFD1048576', on_error, string_agg(format('c%s %s', n, coalesce(type, 'text')), ', ' ORDER BY n)),
    string_agg(found.filled::text, ',' ORDER BY n)
  FROM bounds CROSS JOIN generate_series(1, width) AS n LEFT JOIN found ON place = n
  WHERE first_row <= 1048576
  GROUP BY first_col, first_row, on_error
$$;
CREATE FUNCTION misread(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  reading record;
  filled text;
BEGIN
  FOR reading IN
    SELECT s.name, r.* FROM xlsx.sheets(xlsx.server_file(path)) AS s, reading(path, s.name) AS r LOOP
    BEGIN
      EXECUTE reading.statement INTO filled;
      IF filled <> reading.filled THEN
        RETURN NEXT format('%s: %s values, not %s', reading.name, filled, reading.filled);
      END IF;
    EXCEPTION WHEN OTHERS THEN
      RETURN NEXT format('%s: %s', reading.name, SQLERRM);
    END;
  END LOOP;
END
$$;
SQL

open(my $manifest, '<', "$ENV{CORPUS}/manifest.jsonl") or die $!;
while (my $line = <$manifest>)
{
	my $about = decode_json($line);

	next if $about->{outcome} ne 'ok';
	is($node->safe_psql('postgres', "SELECT * FROM misread('$ENV{CORPUS}/$about->{file}')"), '', $about->{file});
}
$node->stop;
done_testing();
