/*
 * testing.h
 *	  cmocka, with the headers that it needs before it.
 */
#ifndef NOTIFIER_TESTING_H
#define NOTIFIER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A test whose name is a sentence. */
#define TEST(sentence, function) {(sentence), (function), NULL, NULL, NULL}

#endif							/* NOTIFIER_TESTING_H */
