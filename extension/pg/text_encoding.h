/*
 * text_encoding.h
 *	  The way between UTF-8 and the database's encoding.
 */
#ifndef PG_XLSX_TEXT_ENCODING_H
#define PG_XLSX_TEXT_ENCODING_H

#include "pg/pg_xlsx.h"

/*
 * UTF-8 of a workbook -> the database's encoding; the same pointer where
 * nothing is to be done.  *valid is false when the text holds what the database
 * cannot keep: a NUL character, bytes that are no UTF-8, or a character that
 * its encoding lacks.  Needs a transaction where the encoding is not UTF-8.
 */
extern const char *text_to_server(const char *text, size_t length, size_t *server_length, bool *valid);

/* The same for names and messages: whatever the database cannot keep is a question mark. */
extern char *text_for_people(const char *text, size_t length);

/* The database's encoding -> UTF-8. The same pointer where nothing is to be done. */
extern char *text_from_server(const char *text);

/* Has the text, in the database's encoding, more than so many characters? It looks no further than needed. */
extern bool text_has_more(const char *text, size_t length, int most);

#endif							/* PG_XLSX_TEXT_ENCODING_H */
