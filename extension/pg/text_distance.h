/*
 * text_distance.h
 *	  How unlike two texts are.
 */
#ifndef PG_XLSX_TEXT_DISTANCE_H
#define PG_XLSX_TEXT_DISTANCE_H

#include "pg/pg_xlsx.h"

/* How many changes of one byte make one text of the other, at least; the first 64 bytes of each count. */
extern int	text_distance(const char *one, const char *other);

#endif							/* PG_XLSX_TEXT_DISTANCE_H */
