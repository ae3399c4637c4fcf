/*
 * extra.c
 *	  The columns of a sheet that no column of the profile takes.
 */
#include "check/extra.h"

#include "check/cell_text.h"
#include "lib/stringinfo.h"
#include "utils/json.h"

char *
extra_json(const JudgePlan *plan, const XlsxRow *row)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (uint32 i = 0; i < row->count; i++)
	{
		const char *text;
		uint32		at = row->cells[i].column;
		const char *header = at <= plan->extras.count ? plan_text(plan, plan_text_of(plan, plan->extras, at - 1)) : NULL;

		if (header == NULL || header[0] == '\0')
			continue;
		if (json.len > 1)
			appendStringInfoChar(&json, ',');
		escape_json(&json, header);
		appendStringInfoChar(&json, ':');
		text = check_original(&row->cells[i], true);
		if (text != NULL)
			escape_json(&json, text);
		else
			appendStringInfoString(&json, "null");
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}
