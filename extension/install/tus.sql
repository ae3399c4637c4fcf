/*
 * Uploads that can be resumed (tus 1.0): each piece is committed, so that a
 * connection may break at any byte.  Pieces are of any length and files have
 * chunks of 256 kB, so what does not fill a chunk yet waits beside the file.
 */

CREATE TABLE xlsx_private.resumable (
  id       uuid    PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
  file_id  bigint,
  length   bigint  NOT NULL CHECK (length > 0),
  taken    bigint  NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND length),
  tail     bytea   NOT NULL DEFAULT '',
  metadata text,
  task_id  bigint,
  owner    xlsx_private.role_ref NOT NULL,
  tenant   text    NOT NULL DEFAULT xlsx_private.current_tenant(),
  used_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
ALTER TABLE xlsx_private.resumable ALTER tail SET STORAGE EXTERNAL;
CREATE INDEX resumable_file ON xlsx_private.resumable (file_id);
COMMENT ON TABLE xlsx_private.resumable IS 'Uploads that can be resumed. They end with their file, pg_xlsx.upload_ttl after its last chunk.';
COMMENT ON COLUMN xlsx_private.resumable.file_id IS 'NULL if the file is gone: expired, or imported.';
COMMENT ON COLUMN xlsx_private.resumable.tail IS 'The last bytes, while they do not fill a chunk.';
COMMENT ON COLUMN xlsx_private.resumable.task_id IS 'Set when the upload is complete. A client that did not get the answer asks again.';

ALTER TABLE xlsx_private.resumable ENABLE ROW LEVEL SECURITY;
CREATE POLICY resumable_owner ON xlsx_private.resumable FOR SELECT USING (xlsx_private.may_act(owner, tenant));
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.resumable', '');

CREATE FUNCTION xlsx_private.tus_body(r xlsx_private.resumable) RETURNS json
LANGUAGE sql STABLE
RETURN pg_catalog.json_build_object('id', (r).id, 'offset', (r).taken, 'length', (r).length, 'metadata', (r).metadata,
  'taskId', (r).task_id, 'expires', pg_catalog.to_char(((r).used_at
    + coalesce(pg_catalog.current_setting('pg_xlsx.upload_ttl', true), '1h')::interval) AT TIME ZONE 'UTC',
    'Dy, DD Mon YYYY HH24:MI:SS "GMT"'));
COMMENT ON FUNCTION xlsx_private.tus_body(xlsx_private.resumable) IS 'Values for the headers of an answer, as JSON object.';

CREATE FUNCTION xlsx_private.tus_find(caller regrole, id text) RETURNS xlsx_private.resumable
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_row xlsx_private.resumable;
BEGIN
  IF id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    SELECT * INTO found_row FROM xlsx_private.resumable r WHERE r.id = tus_find.id::uuid
      AND (pg_has_role(caller::oid, r.owner::oid, 'USAGE') AND r.tenant = xlsx_private.current_tenant()
        OR pg_has_role(caller::oid, 'xlsx_admin', 'USAGE')) FOR UPDATE;
  END IF;
  IF found_row.id IS NULL OR (found_row.task_id IS NULL AND NOT EXISTS (SELECT FROM xlsx_private.file f WHERE f.id = found_row.file_id)) THEN
    RAISE EXCEPTION 'Upload not found' USING ERRCODE = 'no_data_found', HINT = 'It has expired, or it never existed.';
  END IF;
  RETURN found_row;
END
$$;
COMMENT ON FUNCTION xlsx_private.tus_find(regrole, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.tus_find(id text) RETURNS xlsx_private.resumable
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.tus_find(text) IS 'An upload that the caller may change, with a lock on its row. Error if there is no such upload.';

CREATE FUNCTION xlsx_private.tus_add(caller regrole, upload bigint, length bigint, metadata text) RETURNS xlsx_private.resumable
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  made xlsx_private.resumable;
BEGIN
  IF length IS NULL OR length < 1 THEN
    RAISE EXCEPTION 'the length of an upload must be 1 byte or more' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('It is %s.', coalesce(length::text, 'NULL')), HINT = 'An empty file is not a workbook.';
  END IF;
  PERFORM FROM xlsx_private.file f WHERE f.id = upload AND NOT f.complete AND f.owner::oid = caller::oid AND f.tenant = xlsx_private.current_tenant() FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'upload % does not exist', upload USING ERRCODE = 'no_data_found';
  END IF;
  -- Those of the same role that nobody will ask for any more.
  DELETE FROM xlsx_private.resumable r WHERE r.owner::oid = caller::oid AND r.id IN (SELECT o.id FROM xlsx_private.resumable o WHERE o.owner::oid = caller::oid
    AND o.file_id IS NULL AND (o.task_id IS NULL OR o.used_at < clock_timestamp() - interval '1 day') FOR UPDATE SKIP LOCKED);
  INSERT INTO xlsx_private.resumable (file_id, length, metadata, owner) VALUES (upload, tus_add.length, tus_add.metadata, caller)
  RETURNING * INTO made;
  RETURN made;
END
$$;
COMMENT ON FUNCTION xlsx_private.tus_add(regrole, bigint, bigint, text) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.tus_add(upload bigint, length bigint, metadata text) RETURNS xlsx_private.resumable
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_private.tus_add(bigint, bigint, text) IS 'Makes an upload of the caller resumable.';

CREATE FUNCTION xlsx_private.tus_keep(caller regrole, upload xlsx_private.resumable) RETURNS xlsx_private.resumable
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept xlsx_private.resumable;
BEGIN
  UPDATE xlsx_private.resumable r SET taken = upload.taken, tail = upload.tail, task_id = upload.task_id, used_at = upload.used_at
  WHERE r.id = upload.id AND pg_has_role(caller::oid, r.owner::oid, 'USAGE') AND r.tenant = xlsx_private.current_tenant() RETURNING * INTO kept;
  RETURN kept;
END
$$;
COMMENT ON FUNCTION xlsx_private.tus_keep(regrole, xlsx_private.resumable) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.tus_keep(upload xlsx_private.resumable) RETURNS xlsx_private.resumable
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.tus_keep(xlsx_private.resumable) IS
'Writes the progress of an upload of the caller: taken, tail, task_id and used_at of the given row.';

CREATE FUNCTION xlsx_private.tus_remove(caller regrole, id uuid) RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  DELETE FROM xlsx_private.resumable r WHERE r.id = tus_remove.id AND (pg_catalog.pg_has_role(caller::pg_catalog.oid, r.owner::pg_catalog.oid, 'USAGE') AND r.tenant = xlsx_private.current_tenant()
    OR pg_catalog.pg_has_role(caller::pg_catalog.oid, 'xlsx_admin', 'USAGE'));
END;
COMMENT ON FUNCTION xlsx_private.tus_remove(regrole, uuid) IS
'As the function without caller, with the rights of the owner of the tables. caller: role that calls.';

CREATE FUNCTION xlsx_private.tus_remove(id uuid) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_as_owner' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.tus_remove(uuid) IS 'Removes the row of an upload that the caller may change.';

CREATE FUNCTION xlsx_rest.tus_create(profile text, file_name text, options json, length bigint, metadata text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN ROW(201, xlsx_private.tus_body(xlsx_private.tus_add(xlsx_rest.upload_begin(profile, file_name, options), length, metadata)))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.tus_create(text, text, json, bigint, text) IS 'POST /files/';

CREATE FUNCTION xlsx_rest.tus_state(id text) RETURNS xlsx_rest.answer
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT 200, xlsx_private.tus_body(r) FROM xlsx_private.tus_find(tus_state.id) r;
END;
COMMENT ON FUNCTION xlsx_rest.tus_state(text) IS 'HEAD /files/:id';

CREATE FUNCTION xlsx_rest.tus_append(id text, "offset" bigint, data bytea) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  chunk_size CONSTANT int := xlsx_private.number_of('chunk_bytes');
  upload xlsx_private.resumable := xlsx_private.tus_find(id);
  bytes bytea := upload.tail || data;
  no int := (upload.taken - length(upload.tail)) / chunk_size;
  finished json;
BEGIN
  IF "offset" <> upload.taken OR upload.task_id IS NOT NULL THEN
    RAISE EXCEPTION 'The offset is %, not %', upload.taken, "offset" USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF upload.taken + length(data) > upload.length THEN
    RAISE EXCEPTION 'The upload is longer than it was announced' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  upload.taken := upload.taken + length(data);
  WHILE length(bytes) >= chunk_size OR (upload.taken = upload.length AND length(bytes) > 0) LOOP
    PERFORM xlsx_rest.upload_chunk(upload.file_id, no, substring(bytes FROM 1 FOR chunk_size));
    bytes := substring(bytes FROM chunk_size + 1);
    no := no + 1;
    upload.used_at := clock_timestamp();
  END LOOP;
  IF upload.taken = upload.length THEN
    SELECT f.body INTO finished FROM xlsx_rest.upload_finish(upload.file_id) f;
    upload.task_id := (finished ->> 'taskId')::bigint;
  END IF;
  upload.tail := bytes;
  RETURN ROW(200, xlsx_private.tus_body(xlsx_private.tus_keep(upload)))::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.tus_append(text, bigint, bytea) IS
'PATCH /files/:id: the next piece, of any length; the last one queues the task.';

CREATE FUNCTION xlsx_rest.tus_delete(id text) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  upload xlsx_private.resumable := xlsx_private.tus_find(id);
BEGIN
  IF upload.task_id IS NULL THEN
    PERFORM xlsx_rest.upload_remove(upload.file_id);
  END IF;
  PERFORM xlsx_private.tus_remove(upload.id);
  RETURN ROW(204, '{}')::xlsx_rest.answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.tus_delete(text) IS 'DELETE /files/:id: gives the upload up; a task that was made of it stays.';
