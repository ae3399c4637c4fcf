/*
 * sse_position.c
 *	  The position of a client in a stream of many tasks: the id of its events.
 */
#include "api/sse_position.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Digits only: strtoll() would accept a sign and white space. */
static bool
read_number(const char **text, int64_t *number)
{
	char	   *rest;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*number = strtoll(*text, &rest, 10);
	*text = rest;
	return errno == 0;
}

static bool
read_place(const char **text, SsePlace *place)
{
	if (!read_number(text, &place->task) || *(*text)++ != '.')
		return false;
	if (**text == 'n')
	{
		place->seq = -1;
		place->ended = false;
		(*text)++;
		return true;
	}
	if (!read_number(text, &place->seq))
		return false;
	place->ended = **text == 'e';
	*text += place->ended;
	return true;
}

static bool
read_all(SsePosition *position, const char *text)
{
	if (*text == 'h')
	{
		text++;
		if (!read_number(&text, &position->highest))
			return false;
		if (*text == '-')
			text++;
	}
	while (*text != '\0')
	{
		SsePlace	place;

		if (!read_place(&text, &place))
			return false;
		sse_position_set(position, &place);
		if (*text == '-')
			text++;
		else if (*text != '\0')
			return false;
	}
	return true;
}

void
sse_position_parse(SsePosition *position, const char *text)
{
	memset(position, 0, sizeof(*position));
	if (!read_all(position, text))
		memset(position, 0, sizeof(*position));
}

void
sse_position_put(const SsePosition *position, Buf *text)
{
	if (position->highest > 0)
		buf_printf(text, "h%" PRId64, position->highest);
	for (size_t i = 0; i < position->count; i++)
	{
		const SsePlace *place = &position->places[i];

		buf_printf(text, "%s%" PRId64, i > 0 || position->highest > 0 ? "-" : "", place->task);
		if (place->seq < 0)
			buf_puts(text, ".n");
		else
			buf_printf(text, ".%" PRId64 "%s", place->seq, place->ended ? "e" : "");
	}
}

const SsePlace *
sse_position_find(const SsePosition *position, int64_t task)
{
	for (size_t i = 0; i < position->count; i++)
	{
		if (position->places[i].task == task)
			return &position->places[i];
	}
	return NULL;
}

void
sse_position_set(SsePosition *position, const SsePlace *place)
{
	SsePlace   *known = (SsePlace *) sse_position_find(position, place->task);

	if (known != NULL)
		*known = *place;
	else if (position->count < SSE_MOST_PLACES)
		position->places[position->count++] = *place;
}

void
sse_position_forget(SsePosition *position, int64_t task)
{
	SsePlace   *known = (SsePlace *) sse_position_find(position, task);

	if (known != NULL)
		*known = position->places[--position->count];
}
