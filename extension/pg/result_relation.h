/*
 * result_relation.h
 *	  A table as the executor has the target of an INSERT.
 */
#ifndef PG_XLSX_RESULT_RELATION_H
#define PG_XLSX_RESULT_RELATION_H

#include "pg/pg_xlsx.h"

#include "executor/executor.h"

/*
 * The only relation of estate, which the caller holds locked with
 * RowExclusiveLock, and its indexes, which ExecCloseIndices closes.  In the
 * current memory context.  speculative: they are opened for looking up conflicts too.
 */
extern ResultRelInfo *result_relation_open(EState *estate, Relation relation, bool speculative);

#endif							/* PG_XLSX_RESULT_RELATION_H */
