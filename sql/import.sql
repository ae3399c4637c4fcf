-- A workbook goes in and comes out as rows.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
\set types `base64 -w0 :'root'/test/samples/types.xlsx`
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY, task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL
);
SELECT xlsx.create_profile('people', 'people', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT xlsx.submit('people', decode(:'people', 'base64'), 'people.xlsx') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT profile, file_name, file_size > 0 AS has_size, status, phase, progress, total_rows, validated_rows, error_rows,
  saved_rows, attempts, error_message, owner = current_user::regrole AS is_mine,
  started_at BETWEEN created_at AND completed_at AS timed
FROM xlsx.tasks WHERE id = :task \gx
SELECT name, gender, bio_id, task_id = :task AS by_this_task FROM people ORDER BY id;
SELECT * FROM xlsx.task_errors(:task);
-- The errors workbook can be read by our own reader.
SELECT row, col, kind, value FROM xlsx.cells(xlsx.errors_workbook(:task));
SELECT string_agg(chunk, '' ORDER BY no) = xlsx.errors_workbook(:task) AS same
FROM (SELECT row_number() OVER () AS no, chunk FROM (SELECT xlsx.errors_workbook_chunks(:task) AS chunk) c) n;
-- Nothing stays behind.
SELECT wait_tidy();
SELECT count(*) FROM xlsx_private.chunk WHERE file_id NOT IN (SELECT file_id FROM xlsx_private.task t WHERE xlsx_private.needs_file(t));
SELECT count(*) FROM xlsx_private.packet;
-- A task ends once.
SELECT xlsx.cancel(:task);
SELECT xlsx.retry(:task);
SELECT * FROM xlsx.delete(:task);
SELECT count(*) FROM people;
SELECT * FROM xlsx.delete(:task);
-- Wrong headers
SELECT xlsx.submit('people', decode(:'types', 'base64'), 'types.xlsx') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT status, error_code, error_message FROM xlsx.tasks WHERE id = :task;
-- Retry finds the file again, and the same fault.
SELECT xlsx.retry(:task);
SELECT xlsx.wait(:task, '30 s');
SELECT status, attempts, error_message FROM xlsx.tasks WHERE id = :task;
SELECT message FROM xlsx.delete(:task);
-- An idempotency key makes one task of two submissions.
SELECT xlsx.submit('people', decode(:'people', 'base64'), idempotency_key => 'once') AS task \gset
SELECT xlsx.submit('people', decode(:'people', 'base64'), idempotency_key => 'once') = :task AS same;
SELECT xlsx.wait(:task, '30 s');
SELECT count(*) FROM people;
SELECT deleted_rows FROM xlsx.delete(:task);
-- A profile without task_column: the rows stay, and the answer says so.
SELECT xlsx.create_profile('anonymous', 'people', headers => '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT xlsx.submit('anonymous', decode(:'people', 'base64')) AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT * FROM xlsx.delete(:task);
SELECT count(*) FROM people;
-- By sheet
SELECT xlsx.submit('people', decode(:'people', 'base64'), sheet => 'PEOPLE') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT deleted_rows FROM xlsx.delete(:task);
SELECT xlsx.submit('people', decode(:'people', 'base64'), sheet => 'Animals') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT error_message, error_detail FROM xlsx.tasks WHERE id = :task;
SELECT deleted_rows FROM xlsx.delete(:task);
-- Refusals before there is a task
SELECT xlsx.submit('nobody', decode(:'people', 'base64'));
SELECT xlsx.submit(NULL, decode(:'people', 'base64'));
SELECT xlsx.submit('people', 'Name,Gender,Bio-ID');
SELECT xlsx.submit('people', '');
SELECT xlsx.submit('people', NULL);
SELECT xlsx.wait(999999);
-- A task starts after the commit of its submit.
BEGIN;
SELECT xlsx.wait(xlsx.submit('people', decode(:'people', 'base64')));
ROLLBACK;
SELECT count(*) FROM xlsx.tasks;
SELECT xlsx.drop_profile('people'), xlsx.drop_profile('anonymous');
DROP TABLE people;
