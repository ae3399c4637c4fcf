/*
 * core.h
 *	  What the fuzzers of the reader library share.
 *
 * One program for each core_*.c.  Linked with libFuzzer it searches
 * (make fuzz), linked with replay.c it runs what was found before (make check-unit).
 * The window of the parts is tiny in both, so that its end falls everywhere.
 */
#ifndef FUZZ_CORE_H
#define FUZZ_CORE_H

#include "../unit/support.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every input is read with the defaults, as users read, and with budgets so small that a short input comes to them. */
#define FUZZ_LIMITS 2
extern XlsxLimits fuzz_limits[FUZZ_LIMITS];

/* Reads the book by scanner and by expat, with each of the limits; aborts unless the cells are the same or both fail. */
extern void fuzz_compare(const Bytes *book);

/* The input as text without NUL, which no part can hold anyway; the caller frees it. */
extern char *fuzz_text(const uint8_t *data, size_t size);

#endif							/* FUZZ_CORE_H */
