/*
 * key_hash.h
 *	  The keys of rows as numbers: keys that are equal for their index have the same hash.
 *
 * Where the key consists of columns of simple types, hashes are taken from the values of a packet;
 * otherwise SQL computes them, with the expressions, defaults and collations of the target.
 */
#ifndef PG_XLSX_SAVING_KEY_HASH_H
#define PG_XLSX_SAVING_KEY_HASH_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "saving/key.h"

typedef struct KeyHash KeyHash;

/* Lives in the current memory context. task and key must live as long. */
extern KeyHash *key_hash_create(const SaveTask *task, const SaveKey *key);

/* Sets hashes by row; has: the row has a key. Temporary memory comes from the current memory context. */
extern void key_hash_rows(KeyHash *hash, const PacketRows *rows, uint64 *hashes, bool *has);

#endif							/* PG_XLSX_SAVING_KEY_HASH_H */
