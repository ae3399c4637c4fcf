/*
 * passing.c
 *	  Which errors may pass by themselves.
 */
#include "tasks/passing.h"

bool
passing_trouble(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_CONNECTION_EXCEPTION:
			return true;
		case ERRCODE_INSUFFICIENT_RESOURCES:
			return sqlstate != ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
		default:
			return sqlstate == ERRCODE_READ_ONLY_SQL_TRANSACTION || sqlstate == ERRCODE_CANNOT_CONNECT_NOW;
	}
}

bool
passing_error(int sqlstate)
{
	if (sqlstate == ERRCODE_DATA_CORRUPTED || sqlstate == ERRCODE_INDEX_CORRUPTED ||
		sqlstate == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED)
		return false;
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
		case MAKE_SQLSTATE('5', '7', '0', '0', '0'):
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return true;
		default:
			return false;
	}
}
