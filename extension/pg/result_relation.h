/*
 * result_relation.h
 *	  Opens a table as the target of an INSERT, for functions of the executor.
 */
#ifndef PG_XLSX_RESULT_RELATION_H
#define PG_XLSX_RESULT_RELATION_H

#include "pg/pg_xlsx.h"

#include "executor/executor.h"

/*
 * Makes relation the only relation of estate, and opens its indexes. The caller holds a
 * RowExclusiveLock, and closes the indexes with ExecCloseIndices. Allocates in the current memory
 * context. speculative: also prepares the indexes for looking up conflicts.
 */
extern ResultRelInfo *result_relation_open(EState *estate, Relation relation, bool speculative);

#endif							/* PG_XLSX_RESULT_RELATION_H */
