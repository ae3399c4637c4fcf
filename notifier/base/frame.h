/*
 * frame.h
 *	  An encoded packet that any number of queues share.
 *
 * It is made once and never changes; the bytes in front of data belong to
 * whoever writes it to a socket, during that write.
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
extern Frame *frame_share(Frame *frame);	/* one reference more */
extern void frame_release(Frame *frame);

#endif							/* NOTIFIER_FRAME_H */
