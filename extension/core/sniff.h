/*
 * sniff.h
 *	  Helps book.c to say what kind of file it is if it is not a zip. See also xlsx_sniff
 *	  in book.h.
 */
#ifndef XLSX_SNIFF_H
#define XLSX_SNIFF_H

#include "book.h"

/* A compound file holds old workbooks, and new ones with a password. */
extern bool xlsx_sniff_is_compound(const void *head, size_t length);

/* Returns which of them it is, by bytes that contain the directory of the compound file. Never XLSX_OK. */
extern XlsxStatus xlsx_sniff_compound(const void *bytes, size_t length, XlsxError *error);

#endif							/* XLSX_SNIFF_H */
