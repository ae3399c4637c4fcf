/*
 * Uploads in pieces, in one transaction or many: what is not finished expires
 */

CREATE FUNCTION xlsx_rest.upload_begin(profile text, file_name text, options json DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_begin' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_rest.upload_begin(text, text, json) IS
'Begins an upload and returns its id. options: JSON object of texts by the names of the REST form: mode, sheet, range, headerRow, mapping, locale, dryRun, maxErrors, runAt, priority, idempotencyKey, headerCheck, headerRows, fillMerged, skipHidden, stopAt, sheets, dateOrder, decimal, timeZone.';

CREATE FUNCTION xlsx_rest.upload_chunk(upload bigint, no int, data bytea) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_chunk' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_rest.upload_chunk(bigint, int, bytea) IS
'Appends a piece. no: its number, from 0. Every piece has 262,144 bytes, the last one at most that many. Error if the first piece is not the start of a workbook.';

CREATE FUNCTION xlsx_rest.upload_options(upload bigint, profile text, options json DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_options' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx_rest.upload_options(bigint, text, json) IS 'Replaces the profile and the options of an upload.';

CREATE FUNCTION xlsx_rest.upload_remove(upload bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_remove' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_rest.upload_remove(bigint) IS 'Removes an upload that is not finished.';

CREATE FUNCTION xlsx_private.upload_finish(upload bigint, OUT task bigint, OUT created boolean)
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_finish' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_finish(bigint) IS
'Finishes an upload and queues its task. created: false if the idempotency key belongs to an earlier task, which is returned.';

CREATE FUNCTION xlsx_rest.upload_finish(upload bigint) RETURNS xlsx_rest.answer
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  outcome record;
  answer xlsx_rest.answer;
BEGIN
  SELECT * INTO outcome FROM xlsx_private.upload_finish(upload);
  -- A member more than ever where there is something to tell.
  SELECT CASE WHEN outcome.created THEN 201 ELSE 200 END, CASE WHEN t.duplicate_of IS NULL
    THEN json_build_object('taskId', t.id, 'id', t.id, 'fileName', t.file_name, 'fileSize', t.file_size,
      'status', t.status, 'createdAt', xlsx_private.iso(t.created_at))
    ELSE json_build_object('taskId', t.id, 'id', t.id, 'fileName', t.file_name, 'fileSize', t.file_size,
      'status', t.status, 'createdAt', xlsx_private.iso(t.created_at), 'duplicateOf', xlsx_private.duplicate_json(t.duplicate_of)) END
  INTO answer.status, answer.body
  FROM xlsx_private.task t WHERE t.id = outcome.task;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION xlsx_rest.upload_finish(bigint) IS
'Finishes an upload and queues its task. body: taskId, id, fileName, fileSize, status, createdAt, and duplicateOf if the same file was imported before. status: 201; 200 if the idempotency key belongs to an earlier task, which is returned.';
