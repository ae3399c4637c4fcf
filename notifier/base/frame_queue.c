/*
 * frame_queue.c
 *	  Frames that wait to be written, first in first out.
 */
#include "base/frame_queue.h"

#include <stdlib.h>

#include "base/mem.h"

#define QUEUE_SMALLEST 4

static void
grow(FrameQueue *queue)
{
	size_t		size = queue->size == 0 ? QUEUE_SMALLEST : queue->size * 2;
	Frame	  **ring = mem_alloc(size * sizeof(ring[0]));

	for (size_t i = 0; i < queue->count; i++)
		ring[i] = queue->ring[(queue->first + i) & (queue->size - 1)];
	free(queue->ring);
	queue->ring = ring;
	queue->size = size;
	queue->first = 0;
}

void
frame_queue_put(FrameQueue *queue, Frame *frame)
{
	if (queue->count == queue->size)
		grow(queue);
	queue->ring[(queue->first + queue->count++) & (queue->size - 1)] = frame_share(frame);
	queue->bytes += frame->len;
}

Frame *
frame_queue_take(FrameQueue *queue)
{
	Frame	   *frame;

	if (queue->count == 0)
		return NULL;
	frame = queue->ring[queue->first];
	queue->first = (queue->first + 1) & (queue->size - 1);
	queue->bytes -= frame->len;
	if (--queue->count == 0 && queue->size > QUEUE_SMALLEST)
		frame_queue_clear(queue);		/* a burst is over */
	return frame;
}

void
frame_queue_clear(FrameQueue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		frame_release(queue->ring[(queue->first + i) & (queue->size - 1)]);
	free(queue->ring);
	*queue = (FrameQueue) {0};
}
