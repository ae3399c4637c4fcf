-- The table of the demo and its profile, once.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_xlsx;
CREATE TABLE IF NOT EXISTS people (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint,
  name    text NOT NULL,
  gender  text NOT NULL,
  bio_id  text NOT NULL
);
CREATE INDEX IF NOT EXISTS people_task_id ON people (task_id);
SELECT xlsx.create_profile('people', 'people', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}')
WHERE NOT EXISTS (SELECT FROM xlsx.profiles WHERE name = 'people') \g /dev/null
-- What is uploaded without a profile is for it, whatever other profiles somebody makes.
ALTER DATABASE postgres SET pg_xlsx.default_profile = 'people';
-- The sidecar's login: it serves everybody, and may import into this table and those that you make.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'notifier') THEN
    CREATE ROLE notifier LOGIN;
  END IF;
END
$$;
GRANT xlsx_notifier, xlsx_user, xlsx_admin TO notifier;
GRANT SELECT, INSERT, UPDATE, DELETE ON people TO notifier;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO notifier;
-- Every batch tells: the sample is small.
ALTER DATABASE postgres SET pg_xlsx.progress_interval = 0;
