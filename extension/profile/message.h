/*
 * message.h
 *	  The texts of violations, compiled once for a locale and said many times.
 *
 * A template is a text with places in braces.  {label} and other places that
 * are the same for all rows are filled when it is compiled; {value} and {cell}
 * are filled when it is said.
 */
#ifndef PG_XLSX_MESSAGE_H
#define PG_XLSX_MESSAGE_H

#include "pg/pg_xlsx.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* What places stand for; of one that is NULL the template keeps the braces. */
typedef struct MessagePlaces
{
	const char *label;
	const char *type;
	const char *limit;
	const char *rule;
} MessagePlaces;

/* A compiled template. A place that is left is a NUL, which no text of the server holds, and a letter. */
typedef struct Message
{
	const char *text;			/* terminated */
	uint32		length;
	bool		has_places;
} Message;

/* A profile's JSON object of messages; NULL when it is empty. In the current memory context. */
extern const Jsonb *message_object(const char *messages);

/*
 * A profile's own template for a locale ("de-AT", then "de", then the one without; NULL: only that), in the
 * current memory context; NULL when it has none.  messages is an object by locale when code is NULL,
 * else by code, where a member is a text or again an object by locale.
 */
extern const char *message_template(const Jsonb *messages, const char *code, const char *locale);

/* Appends a compiled template and its NUL; returns whether it has places left. */
extern bool message_compile(StringInfo out, const char *template, const MessagePlaces *places);

/* The same in the current memory context. */
extern Message message_make(const char *template, const MessagePlaces *places);

/* The text for a value and a cell, each of which may be NULL: it belongs to message, or lives in the current memory context. */
extern const char *message_say(const Message *message, const char *value, const char *cell);

#endif							/* PG_XLSX_MESSAGE_H */
