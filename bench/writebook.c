/*
 * writebook.c
 *	  The usual way to write a workbook: the rows of a query through libpq into libxlsxwriter's
 *	  constant memory mode.
 *
 *	writebook QUERY FILE.xlsx		(the connection comes from PGHOST and so on)
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <xlsxwriter.h>

int
main(int argc, char **argv)
{
	lxw_workbook_options options = {.constant_memory = 1};
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_row_t	row = 1;
	PGresult   *result;
	PGconn	   *connection = PQconnectdb("");

	if (argc != 3 || PQstatus(connection) != CONNECTION_OK || !PQsendQuery(connection, argv[1]))
	{
		fprintf(stderr, "writebook: %s\n", PQerrorMessage(connection));
		return 1;
	}
	PQsetSingleRowMode(connection);
	book = workbook_new_opt(argv[2], &options);
	sheet = workbook_add_worksheet(book, NULL);
	while ((result = PQgetResult(connection)) != NULL)
	{
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			return 1;
		for (int column = 0; row == 1 && column < PQnfields(result); column++)
			worksheet_write_string(sheet, 0, (lxw_col_t) column, PQfname(result, column), NULL);
		for (int i = 0; i < PQntuples(result); i++, row++)
			for (int column = 0; column < PQnfields(result); column++)
				worksheet_write_string(sheet, row, (lxw_col_t) column, PQgetvalue(result, i, column), NULL);
		PQclear(result);
	}
	PQfinish(connection);
	return workbook_close(book) != LXW_NO_ERROR;
}
