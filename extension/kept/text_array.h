/*
 * text_array.h
 *	  A text[] whose elements come one after the other, in the bytes in which
 *	  PostgreSQL keeps it (utils/array.h).
 */
#ifndef PG_XLSX_TEXT_ARRAY_H
#define PG_XLSX_TEXT_ARRAY_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "utils/array.h"

typedef struct TextArray
{
	StringInfoData elements;	/* varlenas at multiples of four */
	StringInfoData present;		/* a bit for each element: it is not NULL */
	int			count;
	bool		has_null;
} TextArray;

/* The buffers live in the current memory context and are kept from array to array. */
extern void text_array_init(TextArray *array);
extern void text_array_begin(TextArray *array);

/* text: in the server's encoding, not terminated; it is copied. NULL: a null element. */
extern void text_array_add(TextArray *array, const char *text, size_t length);

/* The array, one-dimensional from 1 on, in the current memory context; its size is a multiple of four. */
extern ArrayType *text_array_end(const TextArray *array);

#endif							/* PG_XLSX_TEXT_ARRAY_H */
