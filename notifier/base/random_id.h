/*
 * random_id.h
 *	  Random ids that cannot be guessed, for sessions and rooms: 120 random bits, as 20 characters that need no
 *	  escaping.
 */
#ifndef NOTIFIER_RANDOM_ID_H
#define NOTIFIER_RANDOM_ID_H

#include <stdint.h>

#define RANDOM_ID_LEN 20

extern void random_id_make(char id[RANDOM_ID_LEN + 1]);

/* A hash of a string: its first eight bytes. In an id they are random. */
extern uint64_t random_id_hash(const char *id);

#endif							/* NOTIFIER_RANDOM_ID_H */
