/*
 * row_rule.h
 *	  A rule on a single row: the columns that it reads, and the rows that
 *	  break it.
 */
#ifndef PG_XLSX_ROW_RULE_H
#define PG_XLSX_ROW_RULE_H

#include "pg/pg_xlsx.h"

#include "executor/spi.h"
#include "kept/packet.h"
#include "lib/stringinfo.h"
#include "profile/profile.h"

typedef struct RowRule
{
	SPIPlanPtr	plan;
	int		   *reads;			/* columns of the profile, in its order */
	int			read_count;
} RowRule;

/*
 * Columns of the row that an expression of the profile sees, as SQL over unnest_from(): "CAST(u.c0 AS ...) AS name, ...", then
 * the number of the row ("$ord") and params, which is the argument after those of the columns, a jsonb.
 */
extern char *row_rule_columns(const Profile *profile);

/* Lives in the current memory context; an error if the text is not an expression. */
extern void row_rule_compile(RowRule *rule, const Profile *profile, const char *expression);

/*
 * Finds which of count rows break the rule. Each row is judged separately. If the
 * expression throws for a row, errors[] has the reason (NULL: it does not throw), and the
 * row breaks the rule.
 */
extern void row_rule_ask(const RowRule *rule, const Profile *profile, const PacketRows *rows, const int *places,
						 int count, bool *broken, ErrorData **errors);

#endif							/* PG_XLSX_ROW_RULE_H */
