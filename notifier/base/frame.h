/*
 * frame.h
 *	  An encoded packet that any number of queues share.
 *
 * It never changes after frame_make(). The headroom in front of data belongs
 * to the writer of a socket during the write.
 */
#ifndef NOTIFIER_FRAME_H
#define NOTIFIER_FRAME_H

#include <stddef.h>

#define FRAME_HEADROOM 16

typedef struct Frame
{
	int			references;
	size_t		len;
	char		headroom[FRAME_HEADROOM];
	char		data[];
} Frame;

extern Frame *frame_make(const char *data, size_t len);		/* the caller holds one reference */
extern Frame *frame_share(Frame *frame);	/* adds a reference */
extern void frame_release(Frame *frame);

#endif							/* NOTIFIER_FRAME_H */
