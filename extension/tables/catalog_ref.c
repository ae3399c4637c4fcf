/*
 * catalog_ref.c
 *	  The types xlsx_private.role_ref and xlsx_private.relation_ref: a role or a
 *	  relation by its number, with its name beside it.
 *
 * A value holds the number, and the name that it had when it was stored. Its
 * text form is "NUMBER INSTALLATION NAME". When a value is read back by the
 * installation that wrote it, the number decides. When another one reads it,
 * as in a restored database, the name decides, and a name that is missing
 * there gives number 0: nobody's, or no relation. So a restore never fails for
 * a role or a table that is gone, and never gives anything to another one that
 * has its number.
 *
 * A relation is one of two kinds. By name: if another relation bears the name
 * now, after a drop or a swap of names, it is meant; a relation that was merely
 * renamed is still meant. By table: the number alone decides, and its text form
 * begins with "#". Whoever reads the number gets what is meant now.
 *
 * What is written is the name of now, so a rename is followed. A number that
 * is dropped is written as 0: a new role or relation of the old name gets nothing.
 * A name alone is read too, and must exist.
 */
#include "tables/catalog_ref.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tables/installation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

typedef struct CatalogRef
{
	int32		header;			/* of a varlena */
	Oid			number;			/* 0: nothing */
	uint32		by_table;		/* of a relation: not 0 when the number alone decides */
	char		name[FLEXIBLE_ARRAY_MEMBER];	/* without a NUL at the end */
} CatalogRef;

#define HEADER offsetof(CatalogRef, name)

PG_FUNCTION_INFO_V1(pg_xlsx_role_ref_in);
PG_FUNCTION_INFO_V1(pg_xlsx_role_ref_out);
PG_FUNCTION_INFO_V1(pg_xlsx_role_ref_of);
PG_FUNCTION_INFO_V1(pg_xlsx_relation_ref_in);
PG_FUNCTION_INFO_V1(pg_xlsx_relation_ref_out);
PG_FUNCTION_INFO_V1(pg_xlsx_relation_ref_of);
PG_FUNCTION_INFO_V1(pg_xlsx_relation_ref_by);
PG_FUNCTION_INFO_V1(pg_xlsx_relation_ref_oid);
PG_FUNCTION_INFO_V1(pg_xlsx_catalog_ref_oid);
PG_FUNCTION_INFO_V1(pg_xlsx_catalog_ref_name);

/* How numbers and names of a catalog become each other. */
typedef struct Catalog
{
	const char *kind;
	char	   *(*name_of) (Oid number);	/* NULL where there is none */
	Oid			(*number_of) (const char *name);	/* 0 where there is none */
} Catalog;

static char *
name_of_role(Oid number)
{
	return GetUserNameFromId(number, true);
}

static Oid
role_called(const char *name)
{
	return get_role_oid(name, true);
}

char *
catalog_ref_name(Oid number)
{
	char	   *name = get_rel_name(number);

	return name == NULL ? NULL : quote_qualified_identifier(get_namespace_name(get_rel_namespace(number)), name);
}

/* Whatever rights the caller has on its schema. */
static Oid
relation_called(const char *name)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(name));
	Oid			schema;

	if (list_length(names) != 2)
		return RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
	schema = get_namespace_oid(strVal(linitial(names)), true);
	return OidIsValid(schema) ? get_relname_relid(strVal(lsecond(names)), schema) : InvalidOid;
}

static const Catalog roles = {"role", name_of_role, role_called};
static const Catalog relations = {"relation", catalog_ref_name, relation_called};

static Datum
make_ref(Oid number, bool by_table, const char *name)
{
	size_t		length = strlen(name);
	CatalogRef *ref = palloc(HEADER + length);

	SET_VARSIZE(ref, HEADER + length);
	ref->number = number;
	ref->by_table = by_table;
	memcpy(ref->name, name, length);
	return PointerGetDatum(ref);
}

static CatalogRef *
ref_of(Datum value)
{
	return (CatalogRef *) PG_DETOAST_DATUM(value);
}

static char *
stored_name(const CatalogRef *ref)
{
	return pnstrdup(ref->name, VARSIZE(ref) - HEADER);
}

static Datum
ref_to(const Catalog *catalog, Oid number)
{
	char	   *name = catalog->name_of(number);

	return make_ref(number, false, name == NULL ? "" : name);
}

/* Takes "NUMBER INSTALLATION NAME" apart. False where the text has another form: then it is a name. */
static bool
split_text(const char *text, Oid *number, char *writer, const char **name)
{
	size_t		digits = strspn(text, "0123456789");
	unsigned long value = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 10 || value > PG_UINT32_MAX || text[digits] != ' ' ||
		strspn(text + digits + 1, "0123456789abcdef-") != INSTALLATION_LENGTH || text[digits + 1 + INSTALLATION_LENGTH] != ' ')
		return false;
	*number = (Oid) value;
	strlcpy(writer, text + digits + 1, INSTALLATION_LENGTH + 1);
	*name = text + digits + 1 + INSTALLATION_LENGTH + 1;
	return true;
}

static Datum
ref_in(const Catalog *catalog, const char *text)
{
	Oid			number;
	char		writer[INSTALLATION_LENGTH + 1];
	const char *name;
	bool		by_table = catalog == &relations && text[0] == '#';

	if (!split_text(text + by_table, &number, writer, &name))
	{
		number = catalog->number_of(text);
		if (number == InvalidOid)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("%s \"%s\" does not exist", catalog->kind, text)));
		return ref_to(catalog, number);
	}
	if (number != InvalidOid && strcmp(writer, installation_name()) != 0)
		number = catalog->number_of(name);
	return make_ref(number, by_table, name);
}

static bool
can_be_target(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_VIEW || kind == RELKIND_FOREIGN_TABLE;
}

Oid
catalog_ref_meant(Oid relation, const char *name)
{
	char	   *name_now = catalog_ref_name(relation);
	Oid			called;

	if (name[0] == '\0' || (name_now != NULL && strcmp(name_now, name) == 0))
		return relation;
	called = relation_called(name);
	return OidIsValid(called) && can_be_target(called) ? called : relation;
}

static Oid
relation_meant(const CatalogRef *ref)
{
	return ref->by_table ? ref->number : catalog_ref_meant(ref->number, stored_name(ref));
}

static Datum
ref_out(const Catalog *catalog, Datum value)
{
	CatalogRef *ref = ref_of(value);
	Oid			number = catalog == &relations ? relation_meant(ref) : ref->number;
	char	   *name = catalog->name_of(number);

	return CStringGetDatum(psprintf("%s%u %s %s", ref->by_table ? "#" : "", name == NULL ? InvalidOid : number, installation_name(),
									name == NULL ? stored_name(ref) : name));
}

/* Input, output and the cast from a number. */
#define REF_FUNCTIONS(kind, catalog) \
	Datum pg_xlsx_##kind##_ref_in(PG_FUNCTION_ARGS) { return ref_in(&catalog, PG_GETARG_CSTRING(0)); } \
	Datum pg_xlsx_##kind##_ref_out(PG_FUNCTION_ARGS) { return ref_out(&catalog, PG_GETARG_DATUM(0)); } \
	Datum pg_xlsx_##kind##_ref_of(PG_FUNCTION_ARGS) { return ref_to(&catalog, PG_GETARG_OID(0)); }

REF_FUNCTIONS(role, roles)
REF_FUNCTIONS(relation, relations)

Datum
pg_xlsx_catalog_ref_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(ref_of(PG_GETARG_DATUM(0))->number);
}

Datum
pg_xlsx_catalog_ref_name(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(stored_name(ref_of(PG_GETARG_DATUM(0)))));
}

/* A reference to the relation by its number alone, or by the name that it has now. */
Datum
pg_xlsx_relation_ref_by(PG_FUNCTION_ARGS)
{
	char	   *name = catalog_ref_name(PG_GETARG_OID(0));

	return make_ref(PG_GETARG_OID(0), PG_GETARG_BOOL(1), name == NULL ? "" : name);
}

Datum
pg_xlsx_relation_ref_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(relation_meant(ref_of(PG_GETARG_DATUM(0))));
}
