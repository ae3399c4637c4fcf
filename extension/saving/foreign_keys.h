/*
 * foreign_keys.h
 *	  The foreign keys of a target, asked before rows are saved.
 */
#ifndef PG_XLSX_FOREIGN_KEYS_H
#define PG_XLSX_FOREIGN_KEYS_H

#include "pg/pg_xlsx.h"

#include "kept/packet.h"
#include "profile/profile.h"

/*
 * Marks the rows whose foreign keys point to nothing, as far as the current role may look. bad
 * has one element for each row.
 */
extern void foreign_keys_mark_orphans(const Profile *profile, const PacketRows *rows, bool *bad);

/* Does the target have a foreign key to itself? Then a row may have to wait for another row of its batch. */
extern bool foreign_keys_to_itself(const Profile *profile);

#endif							/* PG_XLSX_FOREIGN_KEYS_H */
