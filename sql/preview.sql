-- Columns of the sheet are told by their letters: one that is blank, or that lies outside of the profile's range, shifts nothing.
CREATE TABLE shown (name text NOT NULL, gender text, age int);
SELECT xlsx.create_profile('shown', 'shown') > 0 AS made;
CREATE TABLE sheet AS SELECT xlsx.write($$
  SELECT * FROM (VALUES (NULL::text, 'Ann', NULL::text, 'F', 'x'), (NULL, 'Bob', NULL, 'M', 'y')) AS v (" ", name, "  ", gender, note)
$$, headers => '{" ": "", "  ": ""}') AS file;
SELECT m.* FROM sheet, xlsx.match_headers('shown', file) AS m;
SELECT d."position", d.col, d.header_text, d.header_row FROM sheet, xlsx.discover(file, header_row => 'first') AS d;
CREATE FUNCTION overview(preview json) RETURNS TABLE (part text, item text) LANGUAGE sql AS $$
  SELECT 'column', concat_ws(' ', c ->> 'col', c ->> 'header', '->', c ->> 'target', c ->> 'targetHeader') FROM json_array_elements(preview -> 'columns') AS c
  UNION ALL SELECT 'row', r ->> 'values' FROM json_array_elements(preview -> 'rows') AS r
  UNION ALL SELECT name, preview ->> name FROM unnest(ARRAY['missing', 'extra', 'headerRow']) AS name
$$;
SELECT o.* FROM sheet, overview(xlsx.preview(file, 'shown')) AS o;
SELECT xlsx.alter_profile('shown', range => 'C1:D9');
SELECT o.* FROM sheet, overview(xlsx.preview(file, 'shown')) AS o;
-- Without a profile that is named, the default one.
SET pg_xlsx.default_profile = 'shown';
SELECT xlsx.preview(file)::text = xlsx.preview(file, 'shown')::text AS same FROM sheet;
RESET pg_xlsx.default_profile;
SELECT xlsx.drop_profile('shown');
DROP FUNCTION overview;
DROP TABLE shown, sheet;
