/*
 * scan_agrees.c
 *	  The scanner and expat read the same cells, in real workbooks and in random sheets.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static uint32_t seed = 1;

static uint32_t
any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

#define ONE_OF(...) \
	(((const char *const[]) {__VA_ARGS__})[any(sizeof((const char *const[]) {__VA_ARGS__}) / sizeof(char *))])

static void
assert_agrees(const Bytes *book, const char *what)
{
	char	   *scanned = dump(book, NULL, false),
			   *parsed = dump(book, NULL, true);

	if (!same_cells(scanned, parsed))
		fail_msg("%s\nscanner:\n%.2000s\nexpat:\n%.2000s", what, scanned, parsed);
	free(scanned);
	free(parsed);
}

/* ---------- sheets at random: mostly usual, sometimes odd, at times wrong ---------- */

static void
add_text(Bytes *out)
{
	int			pieces = (int) any(4);

	while (pieces-- > 0)
		bytes_addf(out, "%s", ONE_OF("a", "name", " ", "\n", "\r\n", "\r", "\t", "&amp;", "&lt;", "&#65;", "&#x20AC;", "&#13;", "_x0041_", "_x005F_",
									 "_", "_x", "]", "\xC3\xA9", "\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\x98\x80", "0123456789abcdef", ">", "\"", "'",
									 "<!-- </row> -->", "<![CDATA[</row>]]>", "<?pi </c>?>", "<o:x>no</o:x>"));
	if (any(400) == 0)
		bytes_addf(out, "%s", ONE_OF("]]>", "&nbsp;", "&#0;", "\x01", "\xFF", "<b>", "</v>", "&", "<!-- -- -->", "\xEF\xBF\xBF"));
}

static void
add_value(Bytes *out)
{
	if (any(3) == 0)
		bytes_addf(out, "<f%s>A1+B1</f>", ONE_OF("", "", " t=\"shared\" si=\"0\"", " ca=\"1\"", " xml:space=\"preserve\""));
	bytes_addf(out, "<v>%s</v>", ONE_OF("1", "0", "2", "1.5", "-3", "1E5", " 1 ", "43831.25", "0.1", "", "true", "2020-01-01", "12:00:00", "#N/A", "99999"));
}

static void
add_cell(Bytes *out, int row, int column)
{
	bytes_addf(out, "<c");
	if (any(6) != 0)
		bytes_addf(out, " r=\"%c%d\"", (any(10) == 0 ? 'a' : 'A') + column, row);
	if (any(2) == 0)
		bytes_addf(out, " s=\"%d\"", (int) any(6));
	if (any(60) == 0)
		bytes_addf(out, "%s", ONE_OF(" cm='1'", " o:r='Z9'", "\n", " ", " vm=\"1\" ph=\"0\""));
	switch (any(5))
	{
		case 0:
			bytes_addf(out, " t=\"inlineStr\"><is><t%s>", ONE_OF("", "", " xml:space=\"preserve\""));
			add_text(out);
			bytes_addf(out, "</t>%s</is></c>", any(8) == 0 ? "<r><t>rich</t></r>" : "");
			return;
		case 1:
			bytes_addf(out, " t=\"str\"><v>");
			add_text(out);
			bytes_addf(out, "</v></c>");
			return;
		case 2:
			bytes_addf(out, "%s", ONE_OF("/>", "></c>", "><v/></c>", " t=\"s\"><v>1</v></c>", " t=\"s\"><v>2</v></c>"));
			return;
		case 3:
			bytes_addf(out, " t=\"%s\">", any(3) == 0 ? ONE_OF("b", "d", "e") : "n");
			add_value(out);
			break;
		default:
			bytes_addf(out, ">");
			add_value(out);
	}
	bytes_addf(out, "%s</c>", ONE_OF("", "", "", " ", "<extLst/>", "<o:v>9</o:v>"));
}

static Bytes
random_book(void)
{
	Bytes		sheet = {0},
				book;
	BookParts	parts = {0};
	int			row,
				rows = (int) any(60),
				column;

	bytes_addf(&sheet, "%s<worksheet xmlns=\"" MAIN_NS "\" xmlns:o=\"urn:o\"><sheetData>", ONE_OF("", "<?xml version='1.0' encoding='utf-8'?>\n", "\xEF\xBB\xBF"));
	for (row = 1; row <= rows; row++)
	{
		if (any(30) == 0)
			bytes_addf(&sheet, "%s", ONE_OF("\n", "<!-- x -->", "<?pi x?>", "<o:row r='1'><c/></o:row>", "text", "<row/>", "<row r=\"99\" ></row >"));
		bytes_addf(&sheet, "<row%s", any(5) == 0 ? "" : any(2) ? " spans=\"1:4\"" : " r=\"7\"");
		bytes_addf(&sheet, "%s>", ONE_OF("", " ht=\"15\"", " o:a=\"1\"", " o:a=\"1\" o:b=\"2\"", "\n"));
		for (column = 0; column < (int) any(8); column++)
			add_cell(&sheet, row, column);
		bytes_addf(&sheet, "</row>");
	}
	bytes_addf(&sheet, "</sheetData>%s</worksheet>", ONE_OF("", "<mergeCells><mergeCell ref='A1:B1'/></mergeCells>", "<o:x/>", "<!-- -->"));
	parts.sheet = sheet.data;
	book = book_of(&parts);
	bytes_free(&sheet);
	return book;
}

static void
random_sheets_read_the_same(void **state)
{
	uint32_t	start;

	(void) state;
	zip_text_is_stored = true;
	for (start = 1; start <= 1500; start++)
	{
		char		what[32];
		Bytes		book;

		seed = start;
		book = random_book();
		snprintf(what, sizeof(what), "seed %u", start);
		assert_agrees(&book, what);
		bytes_free(&book);
	}
	zip_text_is_stored = false;
}

/* ---------- real workbooks ---------- */

static void
real_workbooks_read_the_same(void **state)
{
	const char *corpus = getenv("XLSX_CORPUS");
	char		path[1024];
	DIR		   *dir;
	struct dirent *entry;
	int			files = 0;

	(void) state;
	snprintf(path, sizeof(path), "%s/files", corpus != NULL ? corpus : "../shared/corpus");
	dir = opendir(path);
	if (dir == NULL)
	{
		print_message("skipped: there is no corpus at %s\n", path);
		skip();
	}
	while ((entry = readdir(dir)) != NULL)
	{
		Bytes		book;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/files/%s", corpus != NULL ? corpus : "../shared/corpus", entry->d_name);
		book = read_whole(path);
		assert_agrees(&book, path);
		files++;
		bytes_free(&book);
	}
	closedir(dir);
	assert_true(files > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sheets_read_the_same),
		cmocka_unit_test(real_workbooks_read_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
