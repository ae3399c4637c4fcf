-- xlsx.create_profile takes all options of xlsx.alter_profile, and makes a profile anew.
\set SHOW_CONTEXT never
CREATE TABLE replaced (id int PRIMARY KEY, name text, price numeric);
SELECT p.proargnames[o.place] AS alter_profile_alone
FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS o (type, place)
WHERE p.oid = 'xlsx.alter_profile'::regproc AND (p.proargnames[o.place], o.type::oid) NOT IN (SELECT c.proargnames[n.place], n.type
  FROM pg_proc c, unnest(c.proargtypes) WITH ORDINALITY AS n (type, place) WHERE c.oid = 'xlsx.create_profile'::regproc);
SELECT xlsx.create_profile('replaced', 'replaced', headers => '{"name": "Title"}', mode => 'upsert', sheet => '#2', key_columns => '{id}', skip_end => 2,
  null_tokens => '{-}', max_errors => 5, date_order => 'DMY') AS made \gset
SELECT mode, sheet, key_columns, skip_end, null_tokens, max_errors, date_order, headers FROM xlsx.profiles WHERE id = :made;
SELECT xlsx.create_profile('wrong', 'replaced', header_check => 'some');
SELECT count(*) AS a_refused_one_is_not_made FROM xlsx.profiles WHERE name = 'wrong';
SELECT xlsx.add_rule('replaced', 'min', 'price', '{0}') AS rule;
SELECT xlsx.set_column('replaced', 'price', header => 'Net price', required => true);
CREATE TABLE replaced_too (id int PRIMARY KEY, label text);
SELECT xlsx.create_profile('replaced', 'replaced_too');
SELECT xlsx.create_profile('replaced', 'replaced_too', skip_end => 1, or_replace => false);
SELECT xlsx.create_profile('replaced', 'replaced_too', skip_end => 1, or_replace => true) = :made AS the_same;
SELECT target, mode, sheet, key_columns, skip_end, null_tokens, max_errors, date_order, headers FROM xlsx.profiles WHERE id = :made;
SELECT count(*) AS rules FROM xlsx.profile_rules WHERE profile = 'replaced';
-- What refuses it leaves the one that is there.
SELECT xlsx.create_profile('replaced', 'replaced', header_check => 'some', or_replace => true);
SELECT target, skip_end FROM xlsx.profiles WHERE id = :made;
SELECT xlsx.create_profile_from_json('{"name": "replaced", "target": "public.replaced", "mode": "skip"}', or_replace => true) = :made AS the_same;
SELECT target, mode, skip_end FROM xlsx.profiles WHERE id = :made;
SELECT xlsx.create_profile_from_json('{"name": "replaced", "target": "public.replaced"}');
-- Of another role it is not.
CREATE ROLE regress_replacer;
GRANT xlsx_user TO regress_replacer;
GRANT INSERT ON replaced TO regress_replacer;
SET ROLE regress_replacer;
SELECT xlsx.create_profile('replaced', 'replaced', or_replace => true);
SELECT xlsx.create_profile('replacer', 'replaced', or_replace => true) > 0 AS made;
RESET ROLE;
SELECT xlsx.drop_profile('replacer'), xlsx.drop_profile('replaced');
DROP OWNED BY regress_replacer;
DROP ROLE regress_replacer;
DROP TABLE replaced, replaced_too;
