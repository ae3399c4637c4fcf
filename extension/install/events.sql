/*
 * Events: NOTIFY on a channel whose name is a secret of this database.
 *
 * PostgreSQL lets whoever can connect listen and notify on any channel he can
 * name.  Events carry file names and error messages, and whoever could send
 * some could tell lies about tasks; so the name is random, is stored where
 * nobody can read it, and is not part of a dump.
 */

CREATE TABLE xlsx_private.channel (
  name name PRIMARY KEY
);
CREATE UNIQUE INDEX channel_single ON xlsx_private.channel ((true));
INSERT INTO xlsx_private.channel
VALUES ('xlsx_task_' || pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''));
COMMENT ON TABLE xlsx_private.channel IS 'Channel of the events.';

CREATE TABLE xlsx_private.unheard_event (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payload text NOT NULL
);
COMMENT ON TABLE xlsx_private.unheard_event IS
'Events, other than of progress, for which the NOTIFY queue had no room. A sweep sends them when there is some.';

CREATE FUNCTION xlsx.listen() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE (SELECT format('LISTEN %I', c.name) FROM xlsx_private.channel c);
  EXECUTE (SELECT format('LISTEN %I', c.name || '_queue') FROM xlsx_private.channel c);
END
$$;
COMMENT ON FUNCTION xlsx.listen() IS
'Subscribes this session to the events of all tasks of this database. They come by NOTIFY: "<task id> <event> <JSON object>". On a second channel comes the id of each task that enters the queue, because it is new or retried. For xlsx_notifier and xlsx_admin. The name of the channel is a secret, because everybody may listen to a channel whose name he knows.';
