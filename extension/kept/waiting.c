/*
 * waiting.c
 *	  The form in which a checked value waits to be saved.
 */
#include "kept/waiting.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

Datum
waiting_input(const ProfileColumn *column, Datum waiting)
{
	return InputFunctionCall((FmgrInfo *) &column->input, TextDatumGetCString(waiting), column->input_param,
							 column->typmod);
}

char *
waiting_text(const ProfileColumn *column, Datum value)
{
	Oid			output;
	bool		varlena;

	if (column->class == COLUMN_TEXT || column->class == COLUMN_OTHER)
		return TextDatumGetCString(value);
	getTypeOutputInfo(column->type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}
