/*
 * stage.h
 *	  Turns the cells of a batch into a packet, for profiles that judge rows
 *	  together: by SQL, or against the other rows of the file.
 *
 * Order: compute (transformations and lookups, by one query for the batch), cells
 * and rules on them (check/judge.h), rules on rows and across rows (again by
 * queries for the batch).  A row with a violation becomes an error row; rules of
 * severity "warning" leave it in the packet and record a warning.
 *
 * Each check examines every row, even if the row has errors, so that all errors of a row are reported. Only
 * checks of missing values are left out (ValueState).
 */
#ifndef PG_XLSX_STAGE_H
#define PG_XLSX_STAGE_H

#include "pg/pg_xlsx.h"

#include "check/judge.h"
#include "kept/error_rows.h"
#include "kept/packet.h"

typedef struct Stage Stage;

/* Do rows of the profile take this way? */
extern bool stage_suits(const Profile *profile);

/* Lives in the current memory context, which must outlast its batches. */
extern Stage *stage_create(const JudgeTask *task, Judge *judge);

/*
 * One batch in one transaction: begin, then rows, and after any of them end, which frees the
 * rows. They are copied to the current memory context.
 */
extern void stage_begin(Stage *stage);
extern void stage_add(Stage *stage, const XlsxRow *row);
extern bool stage_full(const Stage *stage);

/* bad_packet gets what the plan keeps of bad rows. */
extern void stage_end(Stage *stage, PacketWriter *packet, PacketWriter *bad_packet, ErrorRows *errors, ErrorRows *warnings);

#endif							/* PG_XLSX_STAGE_H */
