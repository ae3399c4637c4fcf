/*
 * message.h
 *	  The texts of violations: the profile's own, in the task's language.
 */
#ifndef PG_XLSX_MESSAGE_H
#define PG_XLSX_MESSAGE_H

#include "pg/pg_xlsx.h"

/* What the places {label}, {value} and {cell} of a text stand for; each may be NULL. */
typedef struct MessageValues
{
	const char *label;
	const char *value;
	const char *cell;
} MessageValues;

/*
 * The own text for a locale ("de-AT", then "de", then the one without), or
 * NULL when there is none.  messages is a JSON object: by locale when code is NULL,
 * else by code, where a member is a text or again an object by locale.
 */
extern char *message_own(const char *messages, const char *code, const char *locale, const MessageValues *values);

#endif							/* PG_XLSX_MESSAGE_H */
