/*
 * text_array.c
 *	  Builds a text[] element by element.
 */
#include "kept/text_array.h"

#include "catalog/pg_type.h"

void
text_array_init(TextArray *array)
{
	initStringInfo(&array->elements);
	initStringInfo(&array->present);
	text_array_begin(array);
}

void
text_array_begin(TextArray *array)
{
	resetStringInfo(&array->elements);
	resetStringInfo(&array->present);
	array->count = 0;
	array->has_null = false;
}

static void
note_present(TextArray *array, bool present)
{
	if (array->count % BITS_PER_BYTE == 0)
		appendStringInfoChar(&array->present, '\0');
	if (present)
		array->present.data[array->count / BITS_PER_BYTE] |= (char) (1 << array->count % BITS_PER_BYTE);
	array->has_null = array->has_null || !present;
	array->count++;
}

void
text_array_add(TextArray *array, const char *text, size_t length)
{
	StringInfo	elements = &array->elements;
	size_t		bytes = VARHDRSZ + length;
	char	   *element;

	note_present(array, text != NULL);
	if (text == NULL)
		return;
	enlargeStringInfo(elements, (int) INTALIGN(bytes));
	element = elements->data + elements->len;
	SET_VARSIZE(element, bytes);
	memcpy(VARDATA(element), text, length);
	memset(element + bytes, 0, INTALIGN(bytes) - bytes);
	elements->len += (int) INTALIGN(bytes);
}

ArrayType *
text_array_end(const TextArray *array)
{
	size_t		overhead = array->has_null ? ARR_OVERHEAD_WITHNULLS(1, array->count) : ARR_OVERHEAD_NONULLS(1);
	size_t		bytes = overhead + (size_t) array->elements.len;
	ArrayType  *result;

	if (array->count == 0)
		return construct_empty_array(TEXTOID);
	result = palloc0(bytes);
	SET_VARSIZE(result, bytes);
	result->ndim = 1;
	result->dataoffset = array->has_null ? (int32) overhead : 0;
	result->elemtype = TEXTOID;
	ARR_DIMS(result)[0] = array->count;
	ARR_LBOUND(result)[0] = 1;
	if (array->has_null)
		memcpy(ARR_LBOUND(result) + 1, array->present.data, (size_t) array->present.len);
	memcpy(ARR_DATA_PTR(result), array->elements.data, (size_t) array->elements.len);
	return result;
}
