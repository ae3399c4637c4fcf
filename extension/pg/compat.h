/*
 * compat.h
 *	  All differences between PostgreSQL 15 and 18.
 */
#ifndef PG_XLSX_COMPAT_H
#define PG_XLSX_COMPAT_H

#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "executor/executor.h"
#include "parser/parse_relation.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM < 150000
#error "pg_xlsx needs PostgreSQL 15 or newer"
#endif

/* 16 moved the permissions out of the range table. 18 added the unpruned relations. */
static inline void
compat_init_range_table(EState *estate, RangeTblEntry *entry)
{
#if PG_VERSION_NUM >= 160000
	List	   *permissions = NIL;

	addRTEPermissionInfo(&permissions, entry);
#endif
#if PG_VERSION_NUM >= 180000
	ExecInitRangeTable(estate, list_make1(entry), permissions, bms_make_singleton(1));
#elif PG_VERSION_NUM >= 160000
	ExecInitRangeTable(estate, list_make1(entry), permissions);
#else
	ExecInitRangeTable(estate, list_make1(entry));
#endif
}

#if PG_VERSION_NUM >= 160000
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL, false)
#else
#define compat_insert_index_tuples(rri, slot, estate) \
	ExecInsertIndexTuples(rri, slot, estate, false, false, NULL, NIL)
#endif

/* 16 merged the ownership checks into one function. */
#if PG_VERSION_NUM >= 160000
#define compat_owns_database(database, role) object_ownercheck(DatabaseRelationId, database, role)
#define compat_owns_extension(extension, role) object_ownercheck(ExtensionRelationId, extension, role)
#else
#define compat_owns_database(database, role) pg_database_ownercheck(database, role)
#define compat_owns_extension(extension, role) pg_extension_ownercheck(extension, role)
#endif

/* 16 distinguishes membership from the right to take on a role. */
#if PG_VERSION_NUM >= 160000
#define compat_can_set_role(member, role) member_can_set_role(member, role)
#else
#define compat_can_set_role(member, role) is_member_of_role(member, role)
#endif

/* 17 passes the statement, for event triggers. */
#if PG_VERSION_NUM >= 160000
#define compat_database_aclcheck(database, role, right) object_aclcheck(DatabaseRelationId, database, role, right)
#else
#define compat_database_aclcheck(database, role, right) pg_database_aclcheck(database, role, right)
#endif

/* The SQLSTATE of a transaction that took longer than transaction_timeout, which is new in 17. */
#define COMPAT_TRANSACTION_TIMEOUT MAKE_SQLSTATE('2', '5', 'P', '0', '4')

#if PG_VERSION_NUM >= 170000
#define compat_reindex_index(index, persistence) reindex_index(NULL, index, false, persistence, &(ReindexParams) {0})
#else
#define compat_reindex_index(index, persistence) reindex_index(index, false, persistence, &(ReindexParams) {0})
#endif

/* 18 keeps NOT NULL as a constraint. InvalidOid: there is none. */
#if PG_VERSION_NUM >= 180000
static inline Oid
compat_not_null_constraint(Oid relation, AttrNumber attnum)
{
	HeapTuple	tuple = findNotNullConstraintAttnum(relation, attnum);

	return HeapTupleIsValid(tuple) ? ((Form_pg_constraint) GETSTRUCT(tuple))->oid : InvalidOid;
}
#else
#define compat_not_null_constraint(relation, attnum) InvalidOid
#endif

/* 18 can exclude the row itself from the check. */
#if PG_VERSION_NUM >= 180000
#define compat_check_index_constraints(rri, slot, estate, conflict) \
	ExecCheckIndexConstraints(rri, slot, estate, conflict, NULL, NIL)
#define compat_check_is_enforced(check) ((check).ccenforced)
#else
#define compat_check_index_constraints(rri, slot, estate, conflict) \
	ExecCheckIndexConstraints(rri, slot, estate, conflict, NIL)
#define compat_check_is_enforced(check) true
#endif

/* 18 has generated columns that are computed when they are read. */
#if PG_VERSION_NUM >= 180000
#define compat_has_generated(desc) \
	((desc)->constr != NULL && ((desc)->constr->has_generated_stored || (desc)->constr->has_generated_virtual))
#else
#define compat_has_generated(desc) ((desc)->constr != NULL && (desc)->constr->has_generated_stored)
#endif

/* 18 made RETURNING of a statement that was only parsed a node of its own. */
#if PG_VERSION_NUM >= 180000
#define compat_has_returning(update) ((update)->returningClause != NULL)
#else
#define compat_has_returning(update) ((update)->returningList != NIL)
#endif

/* 16 renamed the place of a relation. */
#if PG_VERSION_NUM >= 160000
#define compat_relation_locator(relation) (relation)->rd_locator
#else
#define compat_relation_locator(relation) (relation)->rd_node
#endif

/* 17 gave extensions wait events with names of their own. */
#if PG_VERSION_NUM >= 170000
#define compat_new_wait_event(name) WaitEventExtensionNew(name)
#else
#define compat_new_wait_event(name) ((void) (name), PG_WAIT_EXTENSION)
#endif

/* 17 moved the virtual transaction id of a process into a struct. */
#if PG_VERSION_NUM >= 170000
#define compat_my_vxid(mine) \
	((mine).procNumber = MyProcNumber, (mine).localTransactionId = MyProc->vxid.lxid)
#else
#define compat_my_vxid(mine) \
	((mine).backendId = MyBackendId, (mine).localTransactionId = MyProc->lxid)
#endif

#endif							/* PG_XLSX_COMPAT_H */
