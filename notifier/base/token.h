/*
 * token.h
 *	  Session ids that nobody can guess: 120 random bits, 20 characters that need no escaping.
 */
#ifndef NOTIFIER_TOKEN_H
#define NOTIFIER_TOKEN_H

#include <stdint.h>

#define TOKEN_LEN 20

extern void token_make(char token[TOKEN_LEN + 1]);

/* A hash of any string: its first eight bytes, which are random in a token. */
extern uint64_t token_hash(const char *token);

#endif							/* NOTIFIER_TOKEN_H */
