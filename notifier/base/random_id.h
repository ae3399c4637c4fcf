/*
 * random_id.h
 *	  Ids that nobody can guess, of sessions and the like: 120 random bits, 20 characters that need no escaping.
 */
#ifndef NOTIFIER_RANDOM_ID_H
#define NOTIFIER_RANDOM_ID_H

#include <stdint.h>

#define RANDOM_ID_LEN 20

extern void random_id_make(char id[RANDOM_ID_LEN + 1]);

/* A hash of any string: its first eight bytes, which are random in such an id. */
extern uint64_t random_id_hash(const char *id);

#endif							/* NOTIFIER_RANDOM_ID_H */
