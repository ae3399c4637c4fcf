/*
 * text_array.h
 *	  Builds a text[] element by element, in the bytes that PostgreSQL stores (utils/array.h).
 */
#ifndef PG_XLSX_TEXT_ARRAY_H
#define PG_XLSX_TEXT_ARRAY_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "utils/array.h"

typedef struct TextArray
{
	StringInfoData elements;	/* varlenas at multiples of four */
	StringInfoData present;		/* one bit per element: it is not NULL */
	int			count;
	bool		has_null;
} TextArray;

/* The buffers live in the current memory context, and are used again for each array. */
extern void text_array_init(TextArray *array);
extern void text_array_begin(TextArray *array);

/* Copies text: server encoding, not terminated. NULL adds a null element. */
extern void text_array_add(TextArray *array, const char *text, size_t length);

/*
 * Returns the array, one-dimensional from 1 on, in the current memory context. Its size is a
 * multiple of four.
 */
extern ArrayType *text_array_end(const TextArray *array);

#endif							/* PG_XLSX_TEXT_ARRAY_H */
