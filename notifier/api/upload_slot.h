/*
 * upload_slot.h
 *	  How many uploads there may be, of whatever protocol.
 *
 * max-uploads is the number of chunks that are on their way into the database
 * at a time, each on a connection of the pool's lane for uploads; so it limits
 * the bytes in flight.  An upload between two chunks has no connection, only
 * the bytes of its next chunk in memory, so there may be UPLOADS_OPEN times as
 * many of those: clients that send slowly keep nobody out.
 */
#ifndef NOTIFIER_UPLOAD_SLOT_H
#define NOTIFIER_UPLOAD_SLOT_H

#include <stdbool.h>

/* Bytes of a file that are put into the database at a time, as the extension has it. */
#define UPLOAD_CHUNK 262144

#define UPLOADS_OPEN 32

extern bool upload_slot_take(void); /* false: there are too many */
extern void upload_slot_give(void);
extern int	upload_slots_taken(void);

#endif							/* NOTIFIER_UPLOAD_SLOT_H */
