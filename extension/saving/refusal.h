/*
 * refusal.h
 *	  Why the target has refused a row, in words for people.
 *
 * In this order: the text that the profile has for a column of the constraint and the code; the
 * comment on the constraint; the built-in message in the language of the task; what the server
 * says.
 */
#ifndef PG_XLSX_REFUSAL_H
#define PG_XLSX_REFUSAL_H

#include "pg/pg_xlsx.h"

#include "profile/fault.h"
#include "profile/message.h"

struct Saver;

/* What the server names; each may be NULL. */
typedef struct Refusal
{
	const char *code;			/* of the violation; never NULL */
	const char *schema;
	const char *table;			/* NULL: the target */
	const char *constraint;
	const char *column;
} Refusal;

typedef struct RefusalText
{
	const ProfileColumn *column;	/* to report it at; NULL: the row */
	Message		message;		/* text NULL: the server's own message is all that there is */
} RefusalText;

/* Kept by the saver until its target changes. */
extern const RefusalText *refusal_text(struct Saver *saver, const Refusal *refusal);

/* The same for a row whose key the target lacks. */
extern Message refusal_not_found(const struct Saver *saver, const ProfileColumn *key);

/* A new row has no value for a column that needs one. */
extern Message refusal_required(const struct Saver *saver, const ProfileColumn *column);

#endif							/* PG_XLSX_REFUSAL_H */
