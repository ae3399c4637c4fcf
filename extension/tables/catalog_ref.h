/*
 * catalog_ref.h
 *	  Which relation a name or a number means now (the type xlsx_private.relation_ref).
 */
#ifndef PG_XLSX_CATALOG_REF_H
#define PG_XLSX_CATALOG_REF_H

#include "pg/pg_xlsx.h"

/* The qualified name of a relation, in the current memory context; NULL if there is no such relation. */
extern char *catalog_ref_name(Oid relation);

/*
 * The relation that is meant by a number and the qualified name that it had: another one, if that
 * can be a target and bears the name now; else the number.
 */
extern Oid	catalog_ref_meant(Oid relation, const char *name);

#endif							/* PG_XLSX_CATALOG_REF_H */
