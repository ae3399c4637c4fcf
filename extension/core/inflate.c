/*
 * inflate.c
 *	  See inflate.h.
 */
#include "inflate.h"

#include <limits.h>

#ifdef XLSX_USE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

static size_t
at_most_int(size_t size)
{
	return size < INT_MAX ? size : INT_MAX;
}

#ifdef XLSX_USE_ISAL

XlsxStatus
xlsx_inflate_open(XlsxMemory *memory, XlsxInflate **inflate, XlsxError *error)
{
	struct inflate_state *state;

	/* The state is plain memory, so it can hang behind our own struct. */
	*inflate = xlsx_memory_new(memory, sizeof(XlsxInflate), NULL);
	state = *inflate != NULL ? xlsx_memory_alloc(memory, sizeof(struct inflate_state)) : NULL;
	if (state == NULL)
		return xlsx_fail_memory(error);
	isal_inflate_init(state);
	(*inflate)->state = state;
	return XLSX_OK;
}

XlsxStatus
xlsx_inflate_run(XlsxInflate *stream, void *out, size_t room, size_t *got)
{
	struct inflate_state *state = stream->state;
	size_t		given = at_most_int(stream->in_length);
	int			result;

	room = at_most_int(room);
	state->next_in = (uint8_t *) stream->in;
	state->avail_in = (uint32_t) given;
	state->next_out = out;
	state->avail_out = (uint32_t) room;
	result = isal_inflate(state);
	*got = room - state->avail_out;
	stream->in = state->next_in;
	stream->in_length -= given - state->avail_in;
	if (result < 0)
		return XLSX_DAMAGED;
	return state->block_state == ISAL_BLOCK_FINISH ? XLSX_DONE : XLSX_OK;
}

void
xlsx_inflate_close(XlsxMemory *memory, XlsxInflate *inflate)
{
	if (inflate == NULL)
		return;
	xlsx_memory_free(memory, inflate->state);
	xlsx_memory_free(memory, inflate);
}

uint32_t
xlsx_crc32(uint32_t crc, const void *bytes, size_t length)
{
	return crc32_gzip_refl(crc, bytes, length);
}

#else

static voidpf
zlib_alloc(voidpf memory, uInt items, uInt size)
{
	return xlsx_memory_alloc(memory, (size_t) items * size);
}

static void
zlib_free(voidpf memory, voidpf pointer)
{
	xlsx_memory_free(memory, pointer);
}

XlsxStatus
xlsx_inflate_open(XlsxMemory *memory, XlsxInflate **inflate, XlsxError *error)
{
	z_stream   *state;

	*inflate = xlsx_memory_new(memory, sizeof(XlsxInflate), NULL);
	state = *inflate != NULL ? xlsx_memory_new(memory, sizeof(z_stream), NULL) : NULL;
	if (state == NULL)
		return xlsx_fail_memory(error);
	state->zalloc = zlib_alloc;
	state->zfree = zlib_free;
	state->opaque = memory;
	if (inflateInit2(state, -MAX_WBITS) != Z_OK)
		return xlsx_fail_memory(error);
	(*inflate)->state = state;
	return XLSX_OK;
}

XlsxStatus
xlsx_inflate_run(XlsxInflate *stream, void *out, size_t room, size_t *got)
{
	z_stream   *state = stream->state;
	size_t		given = at_most_int(stream->in_length);
	int			result;

	room = at_most_int(room);
	state->next_in = (Bytef *) stream->in;
	state->avail_in = (uInt) given;
	state->next_out = out;
	state->avail_out = (uInt) room;
	result = inflate(state, Z_NO_FLUSH);
	*got = room - state->avail_out;
	stream->in = state->next_in;
	stream->in_length -= given - state->avail_in;
	if (result == Z_STREAM_END)
		return XLSX_DONE;
	if (result == Z_MEM_ERROR)
		return XLSX_NO_MEMORY;
	return result == Z_OK || result == Z_BUF_ERROR ? XLSX_OK : XLSX_DAMAGED;
}

void
xlsx_inflate_close(XlsxMemory *memory, XlsxInflate *inflate)
{
	if (inflate == NULL)
		return;
	if (inflate->state != NULL)
		inflateEnd(inflate->state);
	xlsx_memory_free(memory, inflate->state);
	xlsx_memory_free(memory, inflate);
}

uint32_t
xlsx_crc32(uint32_t crc, const void *bytes, size_t length)
{
	while (length > 0)
	{
		size_t		step = at_most_int(length);

		crc = (uint32_t) crc32(crc, bytes, (uInt) step);
		bytes = (const char *) bytes + step;
		length -= step;
	}
	return crc;
}

#endif							/* XLSX_USE_ISAL */
