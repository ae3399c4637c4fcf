-- The built-in messages are complete in every language, and have the same places.
SELECT language, count(*) AS messages, count(message) FILTER (WHERE message <> '') AS present FROM xlsx_private.built_in_messages() GROUP BY language ORDER BY language;
SELECT m.no, m.language, m.message, e.message AS english
FROM xlsx_private.built_in_messages() m JOIN xlsx_private.built_in_messages() e ON e.no = m.no AND e.language = 'en'
WHERE m.message IS NULL OR m.message = '' OR m.language <> 'en' AND m.message = e.message
  OR ARRAY(SELECT p[1] FROM regexp_matches(m.message, '\{\w+\}', 'g') p ORDER BY 1) <> ARRAY(SELECT p[1] FROM regexp_matches(e.message, '\{\w+\}', 'g') p ORDER BY 1)
ORDER BY m.no, m.language;
SELECT language, message FROM xlsx_private.built_in_messages() WHERE no IN (1, 31) ORDER BY no, language;

-- What a target refuses, in words for people.
CREATE TABLE team (id int PRIMARY KEY);
INSERT INTO team VALUES (1);
CREATE DOMAIN share AS numeric CONSTRAINT share_range CHECK (VALUE BETWEEN 0 AND 1);
CREATE TABLE member (
  code text PRIMARY KEY,
  first text, last text,
  team int CONSTRAINT member_team REFERENCES team,
  age int CONSTRAINT grown_up CHECK (age >= 18),
  low int, high int, share share,
  seat int4range,
  place text NOT NULL DEFAULT 'none',
  CONSTRAINT one_name UNIQUE (first, last), CONSTRAINT low_high CHECK (low <= high),
  CONSTRAINT free_seat EXCLUDE USING gist (seat WITH &&)
);
INSERT INTO member (code, first, last, seat) VALUES ('A', 'Ann', 'Lee', '[1,5)');
SELECT xlsx.create_profile('member', 'member') > 0 AS made;
SELECT encode(xlsx.write($$SELECT * FROM (VALUES
  ('A', 'Bob', 'Lee', '1', '20', '1', '2', '0.5', '[7,8)', 'x'), ('B', 'Ann', 'Lee', '1', '20', '1', '2', '0.5', '[8,9)', 'x'), ('C', 'Cid', 'Lee', '9', '20', '1', '2', '0.5', '[9,10)', 'x'),
  ('D', 'Dan', 'Lee', '1', '7', '3', '2', '0.5', '[10,11)', 'x'), ('E', 'Eve', 'Lee', '1', '20', '1', '2', '7', '[11,12)', 'x'), ('F', 'Fay', 'Lee', '1', '20', '1', '2', '0.5', '[2,3)', 'x'),
  ('G', 'Gil', 'Lee', '1', '20', '1', '2', '0.5', '[12,13)', 'x')) AS v (code, first, last, team, age, low, high, share, seat, place)$$), 'base64') AS book \gset
CREATE FUNCTION said(book bytea, locale text, profile text DEFAULT 'member') RETURNS TABLE (row_number int, column_name text, code text, message text, detail text)
LANGUAGE plpgsql AS $$
DECLARE
  done bigint := (SELECT task FROM xlsx.import(profile, book, locale => locale, dry_run => true));
BEGIN
  RETURN QUERY SELECT e.row_number, e.column_name, e.code, e.message, e.detail FROM xlsx.task_errors(done) AS e ORDER BY e.row_number, e.message COLLATE "C";
END $$;
SELECT * FROM said(decode(:'book', 'base64'), NULL);
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'de-AT');
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'fr');
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'ES_mx');
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'pt-BR');
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'nl') WHERE row_number = 2;

-- The comment on a constraint is its message; what the profile says goes before it.
COMMENT ON CONSTRAINT member_pkey ON member IS 'There is somebody with the code {value} (see {cell}) already';
COMMENT ON CONSTRAINT one_name ON member IS '{label}: taken';
COMMENT ON CONSTRAINT member_team ON member IS 'Ask for a team first';
COMMENT ON CONSTRAINT grown_up ON member IS 'Members are grown-ups';
COMMENT ON CONSTRAINT low_high ON member IS 'The range is upside down';
COMMENT ON CONSTRAINT free_seat ON member IS 'The seat is taken';
COMMENT ON CONSTRAINT share_range ON DOMAIN share IS '{label} is a part of one, {value} is not';
SELECT row_number, column_name, code, message FROM said(decode(:'book', 'base64'), 'de');
SELECT xlsx.set_column('member', 'code', messages => '{"unique": {"de": "Code {value} ist vergeben", "": "Code {value} is taken"}}');
SELECT xlsx.set_column('member', 'last', messages => '{"unique": "Name taken"}');
SELECT xlsx.set_column('member', 'team', messages => '{"foreign_key": "No such team"}');
SELECT xlsx.set_column('member', 'age', messages => '{"check": "Too young"}');
SELECT xlsx.set_column('member', 'seat', messages => '{"exclusion": "Sit elsewhere"}');
SELECT xlsx.set_column('member', 'share', messages => '{"type": "Not a share"}');
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'de');

-- NOT NULL, by the column of the target and by another's trigger, whose rows are not shown.
CREATE TABLE log (what text CONSTRAINT no_secrets CHECK (what <> 'Gil'));
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.code = 'F' THEN NEW.place := NULL; NEW.seat := NULL; END IF;
  INSERT INTO log VALUES (NEW.first);
  IF NEW.code = 'E' THEN RAISE EXCEPTION 'not you' USING ERRCODE = 'check_violation', DETAIL = 'Failing for a reason.'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER note BEFORE INSERT ON member FOR EACH ROW EXECUTE FUNCTION note();
ALTER DOMAIN share DROP CONSTRAINT share_range;
SELECT * FROM said(decode(:'book', 'base64'), 'es') WHERE row_number >= 6;
SELECT xlsx.set_column('member', 'place', messages => '{"not_null": "Where?"}');
COMMENT ON CONSTRAINT no_secrets ON log IS 'Not this one';
SELECT * FROM said(decode(:'book', 'base64'), 'es') WHERE row_number >= 6;

-- Partitions have the comments of their parent.
CREATE TABLE day_part (id int, day date, note text, CONSTRAINT short CHECK (length(note) < 3), CONSTRAINT day_part_key PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE day_part_2024 PARTITION OF day_part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE UNIQUE INDEX day_part_note ON day_part (note, day);
SELECT xlsx.create_profile('day_part', 'day_part') > 0 AS made;
SELECT encode(xlsx.write($$SELECT * FROM (VALUES (1, date '2024-01-01', 'a'), (1, date '2024-01-01', 'b'), (2, date '2024-01-02', 'abc'), (3, date '2024-01-01', 'a'), (4, date '2030-01-01', 'x')) AS v (id, day, note)$$), 'base64') AS book \gset
SELECT * FROM said(decode(:'book', 'base64'), 'en', 'day_part');
COMMENT ON CONSTRAINT day_part_key ON day_part IS 'one a day';
COMMENT ON CONSTRAINT short ON day_part IS 'keep it short';
COMMENT ON INDEX day_part_note IS 'one note a day';
SELECT row_number, message FROM said(decode(:'book', 'base64'), 'en', 'day_part');

SELECT xlsx.drop_profile('member'), xlsx.drop_profile('day_part');
DROP TABLE member, team, day_part, log;
DROP FUNCTION said, note;
DROP DOMAIN share;
