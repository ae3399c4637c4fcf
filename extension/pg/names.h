/*
 * names.h
 *	  The names of an enum's values, written once.
 *
 * A list is a macro, LIST(X), of X(VALUE, "name") in the order of the values.
 * NAMES_VALUE makes the enum of it and NAMES_TEXT the array of texts.  SQL
 * reads the same lists with xlsx_private.names_of (functions/facts.c): CHECKs,
 * functions and error messages have no list of their own.
 */
#ifndef PG_XLSX_NAMES_H
#define PG_XLSX_NAMES_H

#include "pg/pg_xlsx.h"

#define NAMES_VALUE(value, ...) value,
#define NAMES_TEXT(value, name, ...) [value] = name,

typedef struct Names
{
	const char *const *texts;	/* by value */
	int			count;
} Names;

/* Names of the list called LIST, whose values begin at 0: for use outside of functions. */
#define NAMES_DEFINE(variable, LIST) \
	static const char *const variable##_texts[] = {LIST(NAMES_TEXT)}; \
	const Names variable = {variable##_texts, lengthof(variable##_texts)}

/* The value called so; -1 when there is none. */
extern int	names_find(const Names *names, const char *name);

/* "one, two and three", in the current memory context. */
extern char *names_sentence(const Names *names);

#endif							/* PG_XLSX_NAMES_H */
