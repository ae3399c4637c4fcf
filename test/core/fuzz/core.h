/*
 * core.h
 *	  Functions that the fuzzers of the reader library share.
 *
 * One program for each core_*.c.  Linked with libFuzzer, a program searches (make
 * fuzz). Linked with replay.c, it runs the inputs that were found before (make
 * check-unit). Both use a tiny window over the parts, so that its end falls
 * everywhere.
 */
#ifndef FUZZ_CORE_H
#define FUZZ_CORE_H

#include "../unit/support.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every input is read with the default limits, and with limits so small that a short input reaches them. */
#define FUZZ_LIMITS 2
extern XlsxLimits fuzz_limits[FUZZ_LIMITS];

/* Reads the book by scanner and by expat, with each of the limits; aborts unless the cells are the same or both fail. */
extern void fuzz_compare(const Bytes *book);

/* The input as text without NUL, which no part can hold anyway; the caller frees it. */
extern char *fuzz_text(const uint8_t *data, size_t size);

#endif							/* FUZZ_CORE_H */
