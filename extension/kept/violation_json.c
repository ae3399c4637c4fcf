/*
 * violation_json.c
 *	  The violations of a row as jsonb.
 *
 * A container is a header with the number of its children, then an entry for
 * each, then their bytes: of an object all keys, then all values.  An entry
 * holds the child's length, or, in each JB_OFFSET_STRIDEth, where it ends.  A container
 * within a container begins at a multiple of four, and what is left out before it counts to its length.
 */
#include "kept/violation_json.h"

typedef struct Key
{
	const char *name;
	uint32		length;
} Key;

#define KEY(name) {name, sizeof(name) - 1}

static const Key keys[VIOLATION_MEMBERS] = {
	[VIOLATION_CELL] = KEY("cell"),
	[VIOLATION_CODE] = KEY("code"),
	[VIOLATION_HINT] = KEY("hint"),
	[VIOLATION_VALUE] = KEY("value"),
	[VIOLATION_COLUMN] = KEY("column"),
	[VIOLATION_DETAIL] = KEY("detail"),
	[VIOLATION_MESSAGE] = KEY("message"),
	[VIOLATION_SQLSTATE] = KEY("sqlstate"),
	[VIOLATION_CONSTRAINT] = KEY("constraint"),
};

StaticAssertDecl(2 * VIOLATION_MEMBERS < JB_OFFSET_STRIDE, "in an object only the first entry holds an offset");

void
violation_json_init(ViolationJson *json)
{
	initStringInfo(&json->objects);
	initStringInfo(&json->ends);
	json->count = 0;
}

void
violation_json_begin(ViolationJson *json)
{
	resetStringInfo(&json->objects);
	resetStringInfo(&json->ends);
	json->count = 0;
}

static void
require_room(size_t bytes)
{
	if (bytes > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("errors of a row are longer than %d bytes", JENTRY_OFFLENMASK)));
}

static char *
put(char *out, const void *bytes, size_t length)
{
	memcpy(out, bytes, length);
	return out + length;
}

void
violation_json_add(ViolationJson *json, const char *const members[VIOLATION_MEMBERS])
{
	StringInfo	objects = &json->objects;
	ViolationMember present[VIOLATION_MEMBERS];
	size_t		lengths[VIOLATION_MEMBERS];
	JEntry		entries[2 * VIOLATION_MEMBERS];
	uint32		header;
	size_t		bytes = 0;
	uint32		end;
	int			count = 0;
	char	   *out;

	for (int i = 0; i < VIOLATION_MEMBERS; i++)
	{
		if (members[i] == NULL)
			continue;
		lengths[count] = strlen(members[i]);
		require_room(bytes += keys[i].length + lengths[count]);
		present[count++] = (ViolationMember) i;
	}
	for (int i = 0; i < count; i++)
	{
		entries[i] = JENTRY_ISSTRING | keys[present[i]].length;
		entries[count + i] = JENTRY_ISSTRING | (uint32) lengths[i];
	}
	entries[0] |= JENTRY_HAS_OFF;	/* the first child ends where it is long */
	header = JB_FOBJECT | (uint32) count;
	enlargeStringInfo(objects, (int) (bytes + sizeof(header) + sizeof(entries) + sizeof(uint32)));
	while (objects->len % sizeof(uint32) != 0)
		objects->data[objects->len++] = '\0';
	out = put(objects->data + objects->len, &header, sizeof(header));
	out = put(out, entries, sizeof(JEntry) * 2 * (size_t) count);
	for (int i = 0; i < count; i++)
		out = put(out, keys[present[i]].name, keys[present[i]].length);
	for (int i = 0; i < count; i++)
		out = put(out, members[present[i]], lengths[i]);
	end = (uint32) (out - objects->data);
	objects->len = (int) end;
	require_room(end);
	appendBinaryStringInfo(&json->ends, (char *) &end, sizeof(end));
	json->count++;
}

Jsonb *
violation_json_end(const ViolationJson *json)
{
	const uint32 *ends = (const uint32 *) json->ends.data;
	size_t		bytes = offsetof(Jsonb, root.children) + sizeof(JEntry) * (size_t) json->count + (size_t) json->objects.len;
	Jsonb	   *jsonb = palloc(bytes);

	SET_VARSIZE(jsonb, bytes);
	jsonb->root.header = JB_FARRAY | (uint32) json->count;
	for (int i = 0; i < json->count; i++)
		jsonb->root.children[i] = JENTRY_ISCONTAINER |
			(i % JB_OFFSET_STRIDE == 0 ? JENTRY_HAS_OFF | ends[i] : ends[i] - ends[i - 1]);
	memcpy(&jsonb->root.children[json->count], json->objects.data, (size_t) json->objects.len);
	return jsonb;
}
