/*
 * Webhooks: what tells other servers of the end of a task
 *
 * A delivery is written in the transaction that ends the task, one for each
 * address of the profile. Sidecars take what is due, one of them each; what
 * they take is theirs for a time (its lease), so that another one takes it
 * where a sidecar has died meanwhile. A receiver may so get one twice, and
 * knows it by its id.
 */

CREATE TABLE xlsx_private.webhook_delivery (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id  uuid   NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  task_id     bigint NOT NULL,
  home        uuid   NOT NULL DEFAULT xlsx_private.installation(),
  url         text   NOT NULL,
  event       text   NOT NULL,
  payload     text   NOT NULL,
  state       text   NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts    int    NOT NULL DEFAULT 0,
  due_at      timestamptz DEFAULT pg_catalog.clock_timestamp(),
  last_status int,
  last_error  text,
  created_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ended_at    timestamptz
);
CREATE INDEX webhook_delivery_due ON xlsx_private.webhook_delivery (home, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_task ON xlsx_private.webhook_delivery (task_id);
COMMENT ON TABLE xlsx_private.webhook_delivery IS 'Webhooks of tasks: those that wait, and those that have been sent or given up.';
COMMENT ON COLUMN xlsx_private.webhook_delivery.home IS 'Installation that sends it: the original may still send what a restored dump or a copied database has, which waits for xlsx.adopt.';
COMMENT ON COLUMN xlsx_private.webhook_delivery.message_id IS 'The same in all attempts: the header webhook-id.';
COMMENT ON COLUMN xlsx_private.webhook_delivery.due_at IS 'When the next attempt is due; while a sidecar is at it, the end of its lease. NULL: there is none.';
ALTER TABLE xlsx_private.webhook_delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY webhook_delivery_owner ON xlsx_private.webhook_delivery FOR SELECT
  USING (EXISTS (SELECT FROM xlsx_private.task t WHERE t.id = task_id OFFSET 0));
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.webhook_delivery', '');
SELECT pg_catalog.pg_extension_config_dump('xlsx_private.webhook_delivery_id_seq', '');

CREATE VIEW xlsx.webhook_deliveries WITH (security_invoker = true) AS
SELECT d.id, d.task_id AS task, d.event, d.url, d.state, d.attempts, d.due_at, d.last_status, d.last_error, d.created_at, d.ended_at, d.message_id
FROM xlsx_private.webhook_delivery d;
COMMENT ON VIEW xlsx.webhook_deliveries IS
'Webhooks of tasks that the current role sees. state: waiting (due_at says for when), delivered, or failed (given up). last_status: of HTTP; last_error: why the last attempt failed. They go with their task.';

CREATE FUNCTION xlsx_rest.webhooks_claim(lease_ms bigint, OUT head text, OUT payload text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  here CONSTANT uuid := xlsx_private.installation();
  wait_ms bigint;
BEGIN
  UPDATE xlsx_private.webhook_delivery d
  SET attempts = d.attempts + 1, due_at = clock_timestamp() + lease_ms * interval '1 ms'
  WHERE d.id = (SELECT w.id FROM xlsx_private.webhook_delivery w WHERE w.home = here AND w.due_at <= clock_timestamp()
    ORDER BY w.due_at, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING format('%s %s %s %s', d.id, d.attempts, d.message_id, d.url), d.payload INTO head, payload;
  IF NOT FOUND THEN
    SELECT ceil(1000 * extract(epoch FROM min(w.due_at) - clock_timestamp())) INTO wait_ms FROM xlsx_private.webhook_delivery w
    WHERE w.home = here AND w.due_at IS NOT NULL;
    head := coalesce(greatest(wait_ms, 1)::text, '');
  END IF;
END
$$;
COMMENT ON FUNCTION xlsx_rest.webhooks_claim IS
'Takes the webhook of this installation that is due first, for lease_ms milliseconds. head: its id, the number of the attempt, the message id and the address, divided by spaces; payload: the body. If none is due, head is the number of milliseconds until the next one is, or empty, and payload is NULL. For xlsx_notifier and xlsx_admin.';

CREATE FUNCTION xlsx_rest.webhooks_report(delivery bigint, attempt int, status int, error text, backoff_ms bigint, most_attempts int, OUT head text, OUT body text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- The lease of a sidecar that was slow has gone to another one, whose report counts.
  UPDATE xlsx_private.webhook_delivery d
  SET state = n.state, last_status = webhooks_report.status, last_error = left(error, 500),
    due_at = CASE WHEN n.state = 'waiting' THEN clock_timestamp() + backoff_ms * interval '1 ms' END,
    ended_at = CASE WHEN n.state <> 'waiting' THEN clock_timestamp() END
  FROM (SELECT CASE WHEN error IS NULL THEN 'delivered' WHEN attempt >= most_attempts OR webhooks_report.status = 410 THEN 'failed' ELSE 'waiting' END) AS n (state)
  WHERE d.id = delivery AND d.attempts = attempt AND d.state = 'waiting'
  RETURNING d.state INTO head;
END
$$;
COMMENT ON FUNCTION xlsx_rest.webhooks_report IS
'What became of an attempt. status: of HTTP, or NULL. error: NULL if it was delivered; otherwise the next attempt is due after backoff_ms, unless this was number most_attempts, or the receiver says that it is gone (410). head: the state then; NULL if the attempt is not the last one any more. For xlsx_notifier and xlsx_admin.';
