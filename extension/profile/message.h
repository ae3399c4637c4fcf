/*
 * message.h
 *	  The texts of violations, compiled once for a locale and used many times.
 *
 * A template is a text with places in braces.  {label} and other places that
 * are the same for all rows are filled when the template is compiled; {value}
 * and {cell} are filled for each violation.
 */
#ifndef PG_XLSX_MESSAGE_H
#define PG_XLSX_MESSAGE_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* The values of places; if one is NULL, the template keeps the braces. */
typedef struct MessagePlaces
{
	const char *label;
	const char *type;
	const char *limit;
	const char *rule;
} MessagePlaces;

/* A compiled template. A remaining place is a NUL, which no text of the server holds, and a letter. */
typedef struct Message
{
	const char *text;			/* terminated */
	uint32		length;
	bool		has_places;
} Message;

/* A profile's JSON object of messages; NULL if it is empty. In the current memory context. */
extern const Jsonb *message_object(const char *messages);

/*
 * A profile's own template for a locale ("de-AT", then "de", then the one without; NULL: only that), in the
 * current memory context; NULL if it has none. If code is NULL, messages is an object by locale; otherwise
 * an object by code, whose members are texts or objects by locale.
 */
extern const char *message_template(const Jsonb *messages, const char *code, const char *locale);

/* Appends a compiled template and its NUL; returns whether places remain. */
extern bool message_compile(StringInfo out, const char *template, const MessagePlaces *places);

/* The same in the current memory context. */
extern Message message_make(const char *template, const MessagePlaces *places);

/* The text for a value and a cell, each of which may be NULL: it belongs to message, or lives in the current memory context. */
extern const char *message_say(const Message *message, const char *value, const char *cell);

#endif							/* PG_XLSX_MESSAGE_H */
