/*
 * text_encoding.h
 *	  Converts between UTF-8 and the database's encoding.
 */
#ifndef PG_XLSX_TEXT_ENCODING_H
#define PG_XLSX_TEXT_ENCODING_H

#include "pg/pg_xlsx.h"

/*
 * Converts UTF-8 of a workbook to the database's encoding. Returns the same pointer when nothing
 * has to be converted. *valid is false when the database cannot store the text: it has a NUL
 * character, invalid UTF-8, or a character that the encoding lacks. Needs a transaction when the
 * encoding is not UTF-8.
 */
extern const char *text_to_server(const char *text, size_t length, size_t *server_length, bool *valid);

/* The same for names and messages. A question mark replaces everything that the database cannot store. */
extern char *text_for_people(const char *text, size_t length);

/* Converts the database's encoding to UTF-8. Returns the same pointer when nothing has to be converted. */
extern char *text_from_server(const char *text);

/*
 * Does the text, in the database's encoding, have more than most characters? Looks no further
 * than it must.
 */
extern bool text_has_more(const char *text, size_t length, int most);

#endif							/* PG_XLSX_TEXT_ENCODING_H */
