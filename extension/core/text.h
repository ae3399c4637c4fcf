/*
 * text.h
 *	  UTF-8, and the escapes of cell text.
 */
#ifndef XLSX_TEXT_H
#define XLSX_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the character, at most 4 bytes; returns how many. */
extern size_t xlsx_text_put(uint32_t character, char *out);

/*
 * Length of the character at p, which ends before end; 0 if it is not a
 * character of XML 1.0 in UTF-8 (overlong, surrogate, U+FFFE, cut, control).
 */
extern size_t xlsx_text_character(const char *p, const char *end);

/* Characters in well-formed UTF-8. */
extern size_t xlsx_text_count(const char *text, size_t length);

/*
 * Resolves _xHHHH_ (ECMA-376 Part 1, 22.9.2.19, ST_Xstring): one UTF-16 code unit each, pairs
 * joined; a lone surrogate and NUL, which no text can hold, become U+FFFD.
 * out has room for length bytes and may be text itself.  Returns the length.
 */
extern size_t xlsx_text_unescape(const char *text, size_t length, char *out);

/* Could there be an escape in it? */
extern bool xlsx_text_has_escape(const char *text, size_t length);

/* Length of the text cut to at most most bytes, at a character; for quoting in a message. */
extern int	xlsx_text_cut(const char *text, size_t length, int most);

/* Equal without regard to case? UTF-8; knows the case of Latin, Greek and Cyrillic letters. */
extern bool xlsx_text_same(const char *a, const char *b);

#endif							/* XLSX_TEXT_H */
