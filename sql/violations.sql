-- 1, 5 and 50 of 100 rows break a constraint that only the database knows: each is saved or named with the right cause.
\set SHOW_CONTEXT never
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 100);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.note = 'refuse' THEN
    RAISE EXCEPTION 'row % is refused', NEW.id USING ERRCODE = 'P0077';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION drop_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name := nullif(NEW.name, 'none');
  RETURN NEW;
END $$;
-- Rows 1 to n with a share of bad ones, spread evenly; kind says what they break.
CREATE FUNCTION rows_of(n int, percent int, kind text) RETURNS TABLE (id int, name text, amount int, parent_id int, note text)
LANGUAGE sql AS $$
  SELECT CASE WHEN bad AND kind = 'unique' THEN 1 ELSE i END, CASE WHEN bad AND kind = 'not_null' THEN 'none' ELSE 'n' || i END,
    CASE WHEN bad AND kind = 'check' THEN -i ELSE i END, CASE WHEN bad AND kind = 'foreign_key' THEN 1000 + i ELSE 1 + i % 100 END,
    CASE WHEN bad AND kind = 'rejected' THEN 'refuse' END
  FROM (SELECT i, i > 1 AND i * percent / 100 > (i - 1) * percent / 100 AS bad FROM generate_series(1, n) i) g
  ORDER BY g.i;
$$;
CREATE TABLE shapes (name text PRIMARY KEY, definition text);
INSERT INTO shapes VALUES
  ('plain', 'CREATE TABLE child (id int PRIMARY KEY, name text NOT NULL, amount int CHECK (amount > 0), parent_id int REFERENCES parent, note text)'),
  ('triggers', 'CREATE TABLE child (id int PRIMARY KEY, name text, amount int CHECK (amount > 0), parent_id int REFERENCES parent, note text,
     CONSTRAINT has_name CHECK (name <> ''never''));
   CREATE TRIGGER a BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse();
   CREATE TRIGGER b BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION drop_name();
   ALTER TABLE child ALTER name SET NOT NULL, ALTER name SET DEFAULT NULL'),
  ('after', 'CREATE TABLE child (id int PRIMARY KEY, name text NOT NULL, amount int CHECK (amount > 0), parent_id int REFERENCES parent, note text);
   CREATE TRIGGER a AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse()');
CREATE FUNCTION try(shape text, kind text, percent int, n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  outcome record;
  wrong bigint;
  kept bigint;
BEGIN
  EXECUTE (SELECT definition FROM shapes WHERE name = shape);
  PERFORM xlsx.create_profile('child', 'child');
  SELECT * INTO outcome FROM xlsx.import('child', xlsx.write(format('SELECT * FROM rows_of(%s, %s, %L)', n, percent, kind)));
  SELECT count(*) INTO wrong FROM xlsx.task_errors(outcome.task) e WHERE e.code <> kind OR e.sqlstate IS NULL OR e.message IS NULL;
  -- The rows that are there are just those that should be.
  SELECT count(*) INTO kept FROM child c JOIN rows_of(n, percent, kind) r ON r.id = c.id AND r.amount = c.amount AND r.name = c.name;
  EXECUTE 'DROP TABLE child';
  PERFORM xlsx.drop_profile('child'), xlsx.delete(outcome.task);
  RETURN format('%s %s%% %s: %s of %s saved, %s bad, %s wrong cause%s', shape, percent, kind, outcome.saved_rows, outcome.total_rows,
    outcome.error_rows, wrong, CASE WHEN kept = outcome.saved_rows AND outcome.saved_rows + outcome.error_rows = n THEN '' ELSE ', kept ' || kept END);
END $$;
SELECT try(s, k, p, 2000)
FROM unnest('{plain,triggers,after}'::text[]) WITH ORDINALITY AS shape (s, so), unnest('{1,5,50}'::int[]) AS percent (p),
  unnest('{unique,check,foreign_key,not_null,rejected}'::text[]) WITH ORDINALITY AS kind (k, ko)
WHERE (k <> 'rejected' OR s IN ('triggers', 'after')) AND (k <> 'not_null' OR s = 'triggers')
ORDER BY so, ko, p;
-- Constraints that wait for the commit are asked at once, so that they name the row.
CREATE TABLE child (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, name text NOT NULL, amount int,
  parent_id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, note text);
SELECT xlsx.create_profile('child', 'child') > 0 AS made;
SELECT xlsx.submit('child', xlsx.write($$SELECT * FROM rows_of(1500, 1, 'unique')$$)) AS one,
  xlsx.submit('child', xlsx.write($$SELECT id + 5000 AS id, name, amount, parent_id FROM rows_of(1500, 1, 'foreign_key')$$)) AS two \gset
SELECT xlsx.wait(:one, '60 s'), xlsx.wait(:two, '60 s');
SELECT t.saved_rows, t.error_rows, array_agg(DISTINCT e.code) AS codes, count(DISTINCT e.constraint_name) AS constraints
FROM xlsx.tasks t CROSS JOIN LATERAL xlsx.task_errors(t.id) e WHERE t.id IN (:one, :two) GROUP BY t.id, t.saved_rows, t.error_rows ORDER BY t.id;
SELECT count(*) FROM child;
SELECT count(xlsx.delete(id)) FROM xlsx.tasks WHERE id IN (:one, :two);
SELECT xlsx.drop_profile('child');
DROP TABLE child;
-- A row may stand before the one it refers to.
CREATE TABLE child (id int PRIMARY KEY, boss int REFERENCES child);
SELECT xlsx.create_profile('child', 'child') > 0 AS made;
SELECT status, saved_rows, error_rows FROM xlsx.import('child', xlsx.write($$SELECT i AS id, CASE i WHEN 300 THEN NULL WHEN 77 THEN 999 ELSE i + 1 END AS boss
  FROM generate_series(1, 300) i$$));
SELECT min(id), max(id), count(*) FROM child;
SELECT xlsx.drop_profile('child');
DROP TABLE child;
DROP FUNCTION try, rows_of, refuse, drop_name;
DROP TABLE shapes, parent;
