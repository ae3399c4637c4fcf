/*
 * frame.c
 *	  An encoded packet that any number of queues share.
 */
#include "base/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

Frame *
frame_make(const char *data, size_t len)
{
	Frame	   *frame = mem_alloc(sizeof(*frame) + len);

	frame->references = 1;
	frame->len = len;
	memcpy(frame->data, data, len);
	return frame;
}

Frame *
frame_share(Frame *frame)
{
	frame->references++;
	return frame;
}

void
frame_release(Frame *frame)
{
	if (--frame->references == 0)
		free(frame);
}
