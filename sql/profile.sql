-- Profiles are made from the target table.
CREATE TABLE people_of_profile (
  id bigint GENERATED ALWAYS AS IDENTITY, number serial, task_id bigint, name text NOT NULL, bio_id text NOT NULL,
  "Birth Date" date, age int GENERATED ALWAYS AS (1) STORED, created_at timestamptz NOT NULL DEFAULT now()
);
SELECT xlsx.create_profile('of catalog', 'people_of_profile') > 0 AS made;
SELECT xlsx.create_profile('with headers', 'people_of_profile', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT name, target, task_column, headers, columns FROM xlsx.profiles WHERE target = 'people_of_profile'::regclass ORDER BY id;
-- What cannot be a profile
\set SHOW_CONTEXT never
SELECT xlsx.create_profile('of catalog', 'people_of_profile');
SELECT xlsx.create_profile('x', 'people_of_profile_id_seq');
SELECT xlsx.create_profile('x', 'people_of_profile', task_column => 'task');
SELECT xlsx.create_profile('x', 'people_of_profile', headers => '{"bio": "Bio-ID"}');
SELECT xlsx.create_profile('x', 'people_of_profile', headers => '{"bio_id": 7}');
SELECT xlsx.create_profile('', 'people_of_profile');
SELECT xlsx.drop_profile('of catalog'), xlsx.drop_profile('with headers');
SELECT xlsx.drop_profile('of catalog');
DROP TABLE people_of_profile;
