/*
 * own_sequences.c
 *	  Sequences that fill columns of the target which an import fills itself.
 */
#include "saving/own_sequences.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/sequence.h"
#include "saving/column_default.h"
#include "tables/private_sql.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct OwnSequence
{
	Oid			sequence;
	int			column;			/* of the profile */
	Oid			type;			/* below domains: an integer */
	bool		descends;
	bool		pending;		/* value is to be passed */
	bool		told;			/* that it may not be */
	int64		value;
} OwnSequence;

struct OwnSequences
{
	const SaveTask *task;
	int			count;
	OwnSequence *items;
};

OwnSequences *
own_sequences_create(const SaveTask *task)
{
	const Profile *profile = task->profile;
	OwnSequences *sequences = palloc0(sizeof(OwnSequences));

	sequences->task = task;
	sequences->items = palloc0(sizeof(OwnSequence) * (size_t) Max(profile->count, 1));
	for (int i = 0; i < profile->count; i++)
	{
		Oid			sequence = profile->columns[i].class == COLUMN_INTEGER ? column_default_sequence(profile->target, profile->columns[i].attnum) : InvalidOid;

		if (OidIsValid(sequence))
			sequences->items[sequences->count++] = (OwnSequence) {
				.sequence = sequence, .column = i, .type = profile->columns[i].type, .descends = sequence_descends(sequence)
			};
	}
	return sequences->count > 0 ? sequences : NULL;
}

static int64
number_of(Oid type, Datum value)
{
	return type == INT2OID ? DatumGetInt16(value) : type == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

static bool
is_refused(const ErrorRows *errors, uint32 sheet_row)
{
	for (int i = 0; i < errors->count; i++)
		if ((uint32) errors->rows[i].number == sheet_row)
			return true;
	return false;
}

static void
note_value(OwnSequence *one, int64 value)
{
	if (one->pending && (one->descends ? value >= one->value : value <= one->value))
		return;
	one->value = value;
	one->pending = true;
}

void
own_sequences_note(OwnSequences *sequences, const PacketRows *rows, const ErrorRows *errors)
{
	if (sequences == NULL)
		return;
	for (int row = 0; row < rows->count; row++)
	{
		if (is_refused(errors, rows->sheet_rows[row]))
			continue;
		for (int i = 0; i < sequences->count; i++)
		{
			OwnSequence *one = &sequences->items[i];
			int			at = row * rows->columns + one->column;

			if (!rows->nulls[at])
				note_value(one, number_of(one->type, rows->values[at]));
		}
	}
}

static bool
may_pass(const OwnSequence *one)
{
	return pg_class_aclcheck(one->sequence, GetUserId(), ACL_UPDATE | ACL_USAGE) == ACLCHECK_OK;
}

void
own_sequences_prepare(OwnSequences *sequences, const PacketRows *rows)
{
	for (int i = 0; sequences != NULL && i < sequences->count; i++)
	{
		OwnSequence *one = &sequences->items[i];
		OwnSequence given = {.descends = one->descends};
		int			blank = 0;

		for (int row = 0; row < rows->count; row++)
		{
			int			at = row * rows->columns + one->column;

			if (rows->nulls[at])
				blank++;
			else
				note_value(&given, number_of(one->type, rows->values[at]));
		}
		if (blank > 0 && given.pending && may_pass(one))
			sequence_pass(one->sequence, given.value);
	}
}

/* One note for each sequence, whatever the number of attempts. */
static void
tell(const OwnSequences *sequences, OwnSequence *one)
{
	static PrivateStatement update = {
		"UPDATE xlsx_private.task SET notes = notes || jsonb_build_array(jsonb_build_object('code', 'sequence', 'row', NULL, 'message', $2))"
		" WHERE id = $1 AND NOT EXISTS (SELECT FROM jsonb_array_elements(notes) AS n WHERE n ->> 'code' = 'sequence' AND n ->> 'message' = $2)",
		2, {INT8OID, TEXTOID}, NULL
	};
	char	   *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(one->sequence)), get_rel_name(one->sequence));
	char	   *message = psprintf("The ids of the file may be drawn again for column \"%s\": its sequence was not moved behind them. "
								   "It needs: GRANT UPDATE ON SEQUENCE %s TO %s;", sequences->task->profile->columns[one->column].name, name,
								   quote_identifier(GetUserNameFromId(GetUserId(), false)));
	Datum		values[] = {Int64GetDatum(sequences->task->task), CStringGetTextDatum(message)};

	if (!one->told)
		private_sql_run(&update, values, NULL, NULL);
	one->told = true;
}

void
own_sequences_pass(OwnSequences *sequences)
{
	for (int i = 0; sequences != NULL && i < sequences->count; i++)
	{
		OwnSequence *one = &sequences->items[i];

		if (!one->pending)
			continue;
		one->pending = false;
		if (may_pass(one))
			sequence_pass(one->sequence, one->value);
		else
			tell(sequences, one);
	}
}
