/*
 * Roles and relations by number and name
 *
 * A dump must carry who owns what to a server where roles and tables have
 * other numbers, or are missing. regrole and regclass cannot: COPY fails as a
 * whole for one name that is missing. These types keep both, and let the
 * number decide where they were written and the name elsewhere
 * (catalog_ref.c).
 */

-- Not part of a dump: a restored copy is another installation, and so is a copy of the database made by CREATE DATABASE.
CREATE TABLE xlsx_private.installation_id (id uuid PRIMARY KEY);
INSERT INTO xlsx_private.installation_id VALUES (pg_catalog.gen_random_uuid());
COMMENT ON TABLE xlsx_private.installation_id IS 'A number that CREATE EXTENSION has drawn.';

CREATE FUNCTION xlsx_private.installation() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN (SELECT md5(i.id::text || ' ' || d.oid::text)::uuid FROM xlsx_private.installation_id i, pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database());
COMMENT ON FUNCTION xlsx_private.installation() IS
'The name of this installation of the extension, made of the number that CREATE EXTENSION has drawn and the number of the database. A restored dump and a copied database have another; a promoted standby, a recovered backup and an upgraded server have the same.';

CREATE TYPE xlsx_private.role_ref;
CREATE FUNCTION xlsx_private.role_ref_in(cstring) RETURNS xlsx_private.role_ref
AS 'MODULE_PATHNAME', 'pg_xlsx_role_ref_in' LANGUAGE C STABLE STRICT;
CREATE FUNCTION xlsx_private.role_ref_out(xlsx_private.role_ref) RETURNS cstring
AS 'MODULE_PATHNAME', 'pg_xlsx_role_ref_out' LANGUAGE C STABLE STRICT;
CREATE TYPE xlsx_private.role_ref (INPUT = xlsx_private.role_ref_in, OUTPUT = xlsx_private.role_ref_out, ALIGNMENT = int4, STORAGE = plain);
COMMENT ON TYPE xlsx_private.role_ref IS
'A role by its number, and the name that it had. Written as "NUMBER INSTALLATION NAME"; read by another installation, the name decides, and a missing one is nobody.';

CREATE TYPE xlsx_private.relation_ref;
CREATE FUNCTION xlsx_private.relation_ref_in(cstring) RETURNS xlsx_private.relation_ref
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_in' LANGUAGE C STABLE STRICT;
CREATE FUNCTION xlsx_private.relation_ref_out(xlsx_private.relation_ref) RETURNS cstring
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_out' LANGUAGE C STABLE STRICT;
CREATE TYPE xlsx_private.relation_ref (INPUT = xlsx_private.relation_ref_in, OUTPUT = xlsx_private.relation_ref_out, ALIGNMENT = int4, STORAGE = plain);
COMMENT ON TYPE xlsx_private.relation_ref IS
'A relation by its number, and the qualified name that it had. Written as "NUMBER INSTALLATION NAME"; read by another installation, the name decides, and a missing one is none. Also in its own installation another relation that bears the name now is meant, unless the text begins with "#": then the number decides.';

CREATE FUNCTION xlsx_private.role_ref(regrole) RETURNS xlsx_private.role_ref
AS 'MODULE_PATHNAME', 'pg_xlsx_role_ref_of' LANGUAGE C STABLE STRICT;
CREATE FUNCTION xlsx_private.relation_ref(regclass) RETURNS xlsx_private.relation_ref
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_of' LANGUAGE C STABLE STRICT;
-- Leakproof: it returns what is stored, and raises no error. So indexes on it serve conditions that are not the policy's.
CREATE FUNCTION xlsx_private.oid_of(xlsx_private.role_ref) RETURNS oid
AS 'MODULE_PATHNAME', 'pg_xlsx_catalog_ref_oid' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
CREATE FUNCTION xlsx_private.oid_of(xlsx_private.relation_ref) RETURNS oid
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_oid' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION xlsx_private.stored_oid_of(xlsx_private.relation_ref) RETURNS oid
AS 'MODULE_PATHNAME', 'pg_xlsx_catalog_ref_oid' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION xlsx_private.relation_ref(relation regclass, by_table boolean) RETURNS xlsx_private.relation_ref
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_by' LANGUAGE C STABLE STRICT;
CREATE FUNCTION xlsx_private.role_of(xlsx_private.role_ref) RETURNS regrole
AS 'MODULE_PATHNAME', 'pg_xlsx_catalog_ref_oid' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION xlsx_private.relation_of(xlsx_private.relation_ref) RETURNS regclass
AS 'MODULE_PATHNAME', 'pg_xlsx_relation_ref_oid' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION xlsx_private.name_of(xlsx_private.role_ref) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_catalog_ref_name' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION xlsx_private.name_of(xlsx_private.relation_ref) RETURNS text
AS 'MODULE_PATHNAME', 'pg_xlsx_catalog_ref_name' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xlsx_private.role_ref_in(cstring) IS 'Input of role_ref.';
COMMENT ON FUNCTION xlsx_private.role_ref_out(xlsx_private.role_ref) IS 'Output of role_ref.';
COMMENT ON FUNCTION xlsx_private.relation_ref_in(cstring) IS 'Input of relation_ref.';
COMMENT ON FUNCTION xlsx_private.relation_ref_out(xlsx_private.relation_ref) IS 'Output of relation_ref.';
COMMENT ON FUNCTION xlsx_private.role_ref(regrole) IS 'A role with the name that it has now.';
COMMENT ON FUNCTION xlsx_private.relation_ref(regclass) IS 'A relation with the name that it has now.';
COMMENT ON FUNCTION xlsx_private.oid_of(xlsx_private.role_ref) IS 'The number of the role; 0: nobody.';
COMMENT ON FUNCTION xlsx_private.oid_of(xlsx_private.relation_ref) IS 'The number of the relation that is meant now; 0: none.';
COMMENT ON FUNCTION xlsx_private.stored_oid_of(xlsx_private.relation_ref) IS 'The number that was stored.';
COMMENT ON FUNCTION xlsx_private.relation_ref(regclass, boolean) IS 'A relation by its number alone, or by the name that it has now.';
COMMENT ON FUNCTION xlsx_private.role_of(xlsx_private.role_ref) IS 'The role; "-": nobody, a number alone: one that was dropped.';
COMMENT ON FUNCTION xlsx_private.relation_of(xlsx_private.relation_ref) IS 'The relation that is meant now; "-": none, a number alone: one that was dropped.';
COMMENT ON FUNCTION xlsx_private.name_of(xlsx_private.role_ref) IS 'The name of the role when the value was stored.';
COMMENT ON FUNCTION xlsx_private.name_of(xlsx_private.relation_ref) IS 'The qualified name of the relation when the value was stored.';
CREATE CAST (regrole AS xlsx_private.role_ref) WITH FUNCTION xlsx_private.role_ref(regrole) AS ASSIGNMENT;
CREATE CAST (regclass AS xlsx_private.relation_ref) WITH FUNCTION xlsx_private.relation_ref(regclass) AS ASSIGNMENT;
CREATE CAST (xlsx_private.role_ref AS oid) WITH FUNCTION xlsx_private.oid_of(xlsx_private.role_ref) AS IMPLICIT;
CREATE CAST (xlsx_private.relation_ref AS oid) WITH FUNCTION xlsx_private.oid_of(xlsx_private.relation_ref) AS IMPLICIT;
CREATE CAST (xlsx_private.role_ref AS regrole) WITH FUNCTION xlsx_private.role_of(xlsx_private.role_ref) AS IMPLICIT;
CREATE CAST (xlsx_private.relation_ref AS regclass) WITH FUNCTION xlsx_private.relation_of(xlsx_private.relation_ref) AS IMPLICIT;

CREATE FUNCTION xlsx_private.text_of(ref xlsx_private.role_ref) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN xlsx_private.role_of(ref)::text;
COMMENT ON FUNCTION xlsx_private.text_of(xlsx_private.role_ref) IS 'The role as regrole writes it.';
CREATE FUNCTION xlsx_private.text_of(ref xlsx_private.relation_ref) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN xlsx_private.relation_of(ref)::text;
COMMENT ON FUNCTION xlsx_private.text_of(xlsx_private.relation_ref) IS 'The relation as regclass writes it.';
CREATE CAST (xlsx_private.role_ref AS text) WITH FUNCTION xlsx_private.text_of(xlsx_private.role_ref);
CREATE CAST (xlsx_private.relation_ref AS text) WITH FUNCTION xlsx_private.text_of(xlsx_private.relation_ref);

-- What a user has to be told of a target that is not what it was.
CREATE FUNCTION xlsx_private.target_word(ref xlsx_private.relation_ref, profile text) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
RETURN (WITH now AS (SELECT xlsx_private.relation_of(ref) AS relation, xlsx_private.stored_oid_of(ref) AS was)
  SELECT CASE WHEN n.relation::oid <> n.was THEN format('the target of profile %s, %s, is another table than before', quote_ident(profile), n.relation)
      || coalesce((SELECT format('; the one before is called %s now', c.oid::regclass) FROM pg_class c WHERE c.oid = n.was), '; the one before was dropped')
    WHEN c.oid IS NOT NULL AND format('%s.%I', c.relnamespace::regnamespace, c.relname) <> xlsx_private.name_of(ref)
      THEN format('the target of profile %s, %s, is called %s now', quote_ident(profile), xlsx_private.name_of(ref), n.relation) END
  FROM now n LEFT JOIN pg_class c ON c.oid = n.relation);
COMMENT ON FUNCTION xlsx_private.target_word(xlsx_private.relation_ref, text) IS
'How the target of a profile differs from when it was last used, in words. NULL if it does not.';
