/*
 * row_message.c
 *	  A row with its cells in a message of the reader.
 */
#include "reading/row_message.h"

#include "reading/reader.h"

Size
row_message_bytes(const XlsxRow *row, Size text_bytes)
{
	return sizeof(ReaderRow) + sizeof(ReaderCell) * (Size) row->count + MAXALIGN(text_bytes);
}

void
row_message_cells(StringInfo message, const XlsxRow *row, Size text_bytes)
{
	Size		bytes = row_message_bytes(row, text_bytes);
	ReaderRow	head = {.number = row->number, .count = row->count, .verdict = ROW_OPEN, .bytes = text_bytes};
	ReaderCell *cell;
	char	   *text;

	enlargeStringInfo(message, (int) bytes);
	text = message->data + message->len;
	memcpy(text, &head, sizeof(head));
	cell = (ReaderCell *) (text + sizeof(head));
	text = (char *) (cell + row->count);
	for (uint32 i = 0; i < row->count; i++, cell++)
	{
		const XlsxCell *source = &row->cells[i];

		*cell = (ReaderCell) {
			source->number, source->column, (uint32) source->length, source->kind, source->shape, source->boolean, source->shown
		};
		if (source->length + source->shown > 0)
			memcpy(text, source->text, source->length + source->shown);
		text += source->length + source->shown;
	}
	message->len += (int) bytes;
}

void
row_message_pad(StringInfo message)
{
	static const char zeros[MAXIMUM_ALIGNOF];

	appendBinaryStringInfo(message, zeros, (int) (MAXALIGN(message->len) - (Size) message->len));
}
