/*
 * frame_queue.h
 *	  Frames that wait to be written, first in first out.
 *
 * A zeroed FrameQueue is empty and ready; it allocates memory when a frame is
 * put in.
 */
#ifndef NOTIFIER_FRAME_QUEUE_H
#define NOTIFIER_FRAME_QUEUE_H

#include <stddef.h>

#include "base/frame.h"

typedef struct FrameQueue
{
	Frame	  **ring;
	size_t		size;			/* a power of two, or 0 */
	size_t		first;
	size_t		count;
	size_t		bytes;
} FrameQueue;

extern void frame_queue_put(FrameQueue *queue, Frame *frame); /* takes a reference of its own */
extern Frame *frame_queue_take(FrameQueue *queue);	/* gives its reference to the caller; NULL when empty */
extern void frame_queue_clear(FrameQueue *queue); /* releases all, frees the memory */

#endif							/* NOTIFIER_FRAME_QUEUE_H */
