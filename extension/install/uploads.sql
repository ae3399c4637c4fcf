/*
 * Uploads in pieces, in one transaction or many: what is not finished expires
 */

CREATE FUNCTION xlsx.upload_begin(profile text, file_name text, options json DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_begin' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.upload_begin(text, text, json) IS
'Begins an upload and returns its id. options: idempotencyKey, runAt, priority, sheet.';

CREATE FUNCTION xlsx.upload_chunk(upload bigint, no int, data bytea) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_chunk' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.upload_chunk(bigint, int, bytea) IS
'Adds the next piece, counted from 0; all but the last have 262,144 bytes. The first one is refused when its content is no workbook.';

CREATE FUNCTION xlsx.upload_options(upload bigint, profile text, options json DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_options' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION xlsx.upload_options(bigint, text, json) IS 'Replaces profile and options of an upload.';

CREATE FUNCTION xlsx.upload_remove(upload bigint) RETURNS void
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_remove' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx.upload_remove(bigint) IS 'Gives an upload up that has not ended: nothing is left of it.';

CREATE FUNCTION xlsx_private.upload_finish(upload bigint, OUT task bigint, OUT created boolean)
AS 'MODULE_PATHNAME', 'pg_xlsx_upload_finish' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION xlsx_private.upload_finish(bigint) IS
'Ends an upload and queues its task; created is false when the idempotency key belongs to an earlier one.';
