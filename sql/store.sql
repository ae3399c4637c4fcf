-- The store in a table: what was put comes out again, wherever a slice or a chunk ends.
CREATE FUNCTION bytes(size int) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN '\x504b0304'::bytea || substr((SELECT string_agg(sha512(n::text::bytea), '' ORDER BY n) FROM generate_series(0, size / 64) AS n), 1, size - 4);
CREATE FUNCTION put(data bytea, OUT upload bigint) LANGUAGE plpgsql AS $$
BEGIN
  upload := xlsx_rest.upload_begin(NULL, 'stored.xlsx');
  FOR n IN 0 .. (length(data) - 1) / 262144 LOOP
    PERFORM xlsx_rest.upload_chunk(upload, n, substr(data, n * 262144 + 1, 262144));
  END LOOP;
END
$$;
CREATE TABLE stored AS
SELECT size, put(bytes(size)) AS upload
FROM unnest(ARRAY[5, 7943, 7944, 7945, 15888, 262143, 262144, 262145, 270088, 270089, 1000000]) AS size;
SELECT size, xlsx.file_hash(xlsx_private.upload_file(upload)) = sha256(bytes(size)) AS same,
  (SELECT sum(length(data)) FROM xlsx_private.chunk WHERE file_id = upload) = size AS complete
FROM stored ORDER BY size;
-- A slice has a page for itself and fills it; nothing of it lies anywhere else.
SELECT count(*) AS slices, count(DISTINCT (c.ctid::text::point)[0]) AS pages,
  min(pg_column_size(c)) > 0.96 * current_setting('block_size')::int AS full
FROM xlsx_private.chunk c JOIN stored s ON c.file_id = s.upload WHERE s.size = 262144;
SELECT pg_relation_size(reltoastrelid) AS elsewhere FROM pg_class WHERE oid = 'xlsx_private.chunk'::regclass;
-- A transaction reads what it has put itself, and nobody what was taken back.
BEGIN;
SELECT put(bytes(300000)) AS upload \gset
SELECT xlsx.file_hash(xlsx_private.upload_file(:upload)) = sha256(bytes(300000)) AS same;
SAVEPOINT before;
SELECT xlsx_rest.upload_remove(:upload);
SELECT count(*) FROM xlsx_private.chunk WHERE file_id = :upload;
ROLLBACK TO before;
SELECT xlsx.file_hash(xlsx_private.upload_file(:upload)) = sha256(bytes(300000)) AS same;
ROLLBACK;
SELECT count(*) FROM xlsx_private.chunk WHERE file_id = :upload;
-- A file that has lost a slice, or a chunk, cannot be read.
SELECT upload FROM stored WHERE size = 262145 \gset
DELETE FROM xlsx_private.chunk WHERE file_id = :upload AND slice = 1;
SELECT xlsx.file_hash(xlsx_private.upload_file(:upload));
SELECT upload FROM stored WHERE size = 262144 \gset
DELETE FROM xlsx_private.chunk WHERE file_id = :upload AND slice >= 0;
SELECT xlsx.file_hash(xlsx_private.upload_file(:upload));
-- The slices go with their file.
SELECT count(xlsx_rest.upload_remove(upload)) > 0 AS removed FROM stored;
SELECT count(*) FROM xlsx_private.chunk c JOIN stored s ON c.file_id = s.upload;
DROP TABLE stored;
DROP FUNCTION put, bytes;
