/*
 * package.c
 *	  Relationships, the workbook part and its sheets.
 */
#include "package.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define RELS(inner) "<Relationships xmlns='" PACKAGE_NS "'>" inner "</Relationships>"
#define REL(id, type, target) "<Relationship Id='" id "' Type='" REL_NS "/" type "' Target='" target "'/>"
#define WORKBOOK(sheets) "<workbook xmlns='" MAIN_NS "' xmlns:r='" REL_NS "'><sheets>" sheets "</sheets></workbook>"
#define SHEET_OF(value) "<worksheet xmlns='" MAIN_NS "'><sheetData><row><c><v>" value "</v></c></row></sheetData></worksheet>"

typedef struct Part
{
	const char *name;
	const char *text;
} Part;

static Bytes
book_of_parts(const Part *parts, size_t count)
{
	ZipWriter	zip = {0};
	size_t		i;

	for (i = 0; i < count; i++)
		zip_text(&zip, parts[i].name, parts[i].text);
	return zip_finish(&zip, "");
}

#define BOOK_OF(...) book_of_parts((const Part[]) {__VA_ARGS__}, sizeof((const Part[]) {__VA_ARGS__}) / sizeof(Part))

static XlsxBook *
open_book(const Bytes *bytes, XlsxError *error)
{
	XlsxSource	source;
	XlsxBook   *book;

	xlsx_source_memory(&source, bytes->data, bytes->length);
	xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &book, error);
	return book;
}

static void
targets_may_be_written_in_any_way(void **state)
{
	static const struct
	{
		const char *target;
		const char *part;
	}			cases[] = {
		{"worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"},
		{"/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"},
		{"./worksheets/../worksheets/./sheet1.xml", "xl/worksheets/sheet1.xml"},
		{"../data.xml", "data.xml"},
		{"../../../data.xml", "data.xml"},
		{"Worksheets/SHEET1.xml", "xl/worksheets/sheet1.XML"},
		{"worksheets\\sheet1.xml", "xl\\worksheets\\sheet1.xml"},
		{"worksheets//sheet1.xml", "xl/worksheets/sheet1.xml"},
		{"my%20sheet.xml", "xl/my sheet.xml"},
		{"my%20sheet.xml", "xl/my%20sheet.xml"},
		{"caf\xC3\xA9.bin", "xl/caf\xC3\xA9.bin"},
	};
	size_t		i;

	(void) state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Bytes		rels = {0},
					book;

		bytes_addf(&rels, RELS("<Relationship Id='a' Type='" REL_NS "/worksheet' Target='%s'/>"), cases[i].target);
		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "/xl/book.xml"))},
					   {"xl/book.xml", WORKBOOK("<sheet name='S' r:id='a'/>")},
					   {"xl/_rels/book.xml.rels", rels.data}, {cases[i].part, SHEET_OF("7")});
		assert_book(&book, "A1 number 7\n");
		bytes_free(&book);
		bytes_free(&rels);
	}
}

static void
the_workbook_may_lie_in_the_root(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))},
							   {"w.xml", WORKBOOK("<sheet name='S' r:id='a'/>")},
							   {"_rels/w.xml.rels", RELS(REL("a", "worksheet", "s.xml"))}, {"s.xml", SHEET_OF("1")});

	(void) state;
	assert_book(&book, "A1 number 1\n");
	bytes_free(&book);
}

static void
strict_packages_are_read(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS("<Relationship Id='x' Type='" STRICT_REL_NS "/officeDocument' Target='w.xml'/>")},
							   {"w.xml", "<workbook xmlns='" STRICT_NS "' xmlns:q='" STRICT_REL_NS "'><workbookPr date1904='true'/><sheets><sheet name='S' q:id='a'/></sheets></workbook>"},
							   {"_rels/w.xml.rels", RELS("<Relationship Id='a' Type='" STRICT_REL_NS "/worksheet' Target='s.xml'/>")},
							   {"s.xml", SHEET_OF("1")});
	XlsxError	error;
	XlsxBook   *opened = open_book(&book, &error);

	(void) state;
	assert_book(&book, "A1 number 1\n");
	assert_true(xlsx_book_date1904(opened));
	xlsx_book_close(opened);
	bytes_free(&book);
}

static void
only_worksheets_are_counted(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))},
							   {"w.xml", WORKBOOK("<sheet name='Chart' r:id='c'/><sheet name='Two &amp; a_x0041_' r:id='b' state='hidden'/>"
												  "<sheet name='Dialog' r:id='d'/><sheet name='One' r:id='a' state='veryHidden'/><sheet name='Macro' r:id='m'/><sheet name='Again' r:id='a' state='visible'/>")},
							   {"_rels/w.xml.rels", RELS(REL("a", "worksheet", "1.xml") REL("b", "worksheet", "2.xml") REL("c", "chartsheet", "c.xml")
														 REL("d", "dialogsheet", "d.xml")
														 "<Relationship Id='m' Type='http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet' Target='m.xml'/>")},
							   {"1.xml", SHEET_OF("1")}, {"2.xml", SHEET_OF("2")}, {"c.xml", "<chartsheet/>"});
	XlsxError	error;
	XlsxBook   *opened = open_book(&book, &error);

	(void) state;
	assert_book(&book, "A1 number 2\n2!A1 number 1\n3!A1 number 1\n");
	assert_int_equal(xlsx_book_sheet_count(opened), 3);
	assert_string_equal(xlsx_book_sheet(opened, 0)->name, "Two & aA");
	assert_int_equal(xlsx_book_sheet(opened, 0)->state, XLSX_SHEET_HIDDEN);
	assert_int_equal(xlsx_book_sheet(opened, 1)->state, XLSX_SHEET_HIDDEN);
	assert_int_equal(xlsx_book_sheet(opened, 2)->state, XLSX_SHEET_VISIBLE);
	assert_null(xlsx_book_sheet(opened, 3));
	assert_int_equal(xlsx_book_find_sheet(opened, "one"), 1);
	assert_int_equal(xlsx_book_find_sheet(opened, "Again"), 2);
	assert_true(xlsx_book_find_sheet(opened, "Chart") == SIZE_MAX);
	assert_false(xlsx_book_date1904(opened));
	xlsx_book_close(opened);
	bytes_free(&book);
}

/* Excel writes such an entry for a module of macros of old. */
static void
an_entry_without_a_relationship_is_no_sheet(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))},
							   {"w.xml", WORKBOOK("<sheet name='Module1' r:id='' state='hidden'/><sheet name='S' r:id='a'/><sheet name='Module2'/>")},
							   {"_rels/w.xml.rels", RELS(REL("a", "worksheet", "1.xml"))}, {"1.xml", SHEET_OF("1")});
	XlsxError	error;
	XlsxBook   *opened = open_book(&book, &error);

	(void) state;
	assert_book(&book, "A1 number 1\n");
	assert_int_equal(xlsx_book_sheet_count(opened), 1);
	assert_string_equal(xlsx_book_sheet(opened, 0)->name, "S");
	xlsx_book_close(opened);
	bytes_free(&book);

	/* Where none has one, it is the workbook that is damaged. */
	book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))}, {"w.xml", WORKBOOK("<sheet name='S'/>")},
				   {"_rels/w.xml.rels", RELS(REL("a", "worksheet", "1.xml"))}, {"1.xml", SHEET_OF("1")});
	assert_fails(&book, NULL, XLSX_DAMAGED, "worksheet \"S\" is missing from the file; The workbook does not say which part it is.");
	bytes_free(&book);
}

static void
parts_are_found_by_type_not_by_name(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("y", "extended-properties", "decoy.xml") REL("x", "officeDocument", "w.xml"))},
							   {"decoy.xml", WORKBOOK("")}, {"xl/workbook.xml", WORKBOOK("")}, {"xl/sharedStrings.xml", "junk"}, {"xl/styles.xml", "junk"},
							   {"w.xml", WORKBOOK("<sheet name='S' r:id='a'/>")},
							   {"_rels/w.xml.rels", RELS(REL("a", "worksheet", "styles.xml") REL("s", "sharedStrings", "sheet1.xml") REL("t", "styles", "strings.xml"))},
							   {"styles.xml", "<worksheet xmlns='" MAIN_NS "'><sheetData><row><c t='s' s='0'><v>0</v></c><c><v>1</v></c></row></sheetData></worksheet>"},
							   {"sheet1.xml", "<sst xmlns='" MAIN_NS "'><si><t>x</t></si></sst>"},
							   {"strings.xml", "<styleSheet xmlns='" MAIN_NS "'><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>"});

	(void) state;
	assert_book(&book, "A1 text x\nB1 date 1900-01-01\n");
	bytes_free(&book);
}

static void
a_sheet_that_is_missing_is_refused_when_it_is_wanted(void **state)
{
	static const char *const rels[] = {
		RELS(REL("a", "worksheet", "1.xml") REL("b", "worksheet", "gone.xml")),
		RELS(REL("a", "worksheet", "1.xml")),
		RELS(REL("a", "worksheet", "1.xml") "<Relationship Id='b' Type='" REL_NS "/worksheet' TargetMode='External' Target='http://example.com/1.xml'/>"),
		RELS(REL("a", "worksheet", "1.xml") "<Relationship Id='b' Type='" REL_NS "/worksheet' TargetMode='External' Target='1.xml'/>"),
	};
	static const char *const details[] = {
		"There is no part \"gone.xml\".", "The workbook does not say which part it is.", "outside the file", "outside the file"
	};
	size_t		i;

	(void) state;
	for (i = 0; i < 4; i++)
	{
		Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))},
								   {"w.xml", WORKBOOK("<sheet name='Good' r:id='a'/><sheet name='Bad' r:id='b'/>")},
								   {"_rels/w.xml.rels", rels[i]}, {"1.xml", SHEET_OF("1")});
		char	   *cells = dump(&book, NULL, false);

		assert_memory_equal(cells, "A1 number 1\n", 12);
		assert_non_null(strstr(cells, "worksheet \"Bad\" is missing from the file"));
		assert_non_null(strstr(cells, details[i]));
		free(cells);
		bytes_free(&book);
	}
}

static void
a_workbook_without_worksheets_is_refused(void **state)
{
	Bytes		book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))},
							   {"w.xml", WORKBOOK("<sheet name='C' r:id='c'/>")},
							   {"_rels/w.xml.rels", RELS(REL("c", "chartsheet", "c.xml"))}, {"c.xml", "<c/>"});

	(void) state;
	assert_fails(&book, NULL, XLSX_NOT_A_WORKBOOK, "workbook has no worksheet");
	bytes_free(&book);
	book = BOOK_OF({"_rels/.rels", RELS(REL("x", "officeDocument", "w.xml"))}, {"w.xml", WORKBOOK("")});
	assert_fails(&book, NULL, XLSX_NOT_A_WORKBOOK, "workbook has no worksheet");
	bytes_free(&book);
}

static void
other_kinds_of_files_in_a_zip_are_named(void **state)
{
	static const struct
	{
		Part		parts[4];
		const char *words;
	}			cases[] = {
		{{{"a.txt", "x"}}, "file is a zip archive without a workbook"},
		{{{"mimetype", "x"}, {"content.xml", "<x/>"}, {"META-INF/manifest.xml", "<x/>"}}, "OpenDocument"},
		{{{"Index/Document.iwa", "x"}}, "Apple Numbers"},
		{{{"_rels/.rels", RELS(REL("x", "officeDocument", "word/document.xml"))}, {"word/document.xml", "<w xmlns='urn:w'/>"}},
		"file is an Office document, but no workbook"},
		{{{"_rels/.rels", RELS(REL("x", "officeDocument", "xl/workbook.bin"))}, {"xl/workbook.bin", "\x01\x02"}}, "binary workbook (.xlsb)"},
		{{{"_rels/.rels", RELS(REL("x", "officeDocument", "gone.xml"))}}, "zip archive without a workbook"},
		{{{"_rels/.rels", RELS("")}, {"xl/workbook.xml", WORKBOOK("")}}, "zip archive without a workbook"},
		{{{"_rels/.rels", RELS("<Relationship Id='x' Type='" REL_NS "/officeDocument' TargetMode='External' Target='file:///etc/passwd'/>")}},
		"zip archive without a workbook"},
	};
	size_t		i,
				count;

	(void) state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Bytes		book;

		for (count = 0; count < 4 && cases[i].parts[count].name != NULL; count++)
			;
		book = book_of_parts(cases[i].parts, count);
		assert_fails(&book, NULL, XLSX_NOT_A_WORKBOOK, cases[i].words);
		bytes_free(&book);
	}
}

static void
broken_parts_are_refused(void **state)
{
	BookParts	parts = {.rels = "<Relationships"};
	Bytes		book = book_of(&parts);

	(void) state;
	assert_fails(&book, NULL, XLSX_DAMAGED, "part \"_rels/.rels\" is not well-formed XML");
	bytes_free(&book);
	parts = (BookParts) {.workbook = "<workbook xmlns='" MAIN_NS "'>"};
	book = book_of(&parts);
	assert_fails(&book, NULL, XLSX_DAMAGED, "part \"xl/workbook.xml\" is not well-formed XML");
	bytes_free(&book);
	parts = (BookParts) {.workbook_rels = "<!DOCTYPE a><Relationships/>"};
	book = book_of(&parts);
	assert_fails(&book, NULL, XLSX_DAMAGED, "part \"xl/_rels/workbook.xml.rels\" has a document type declaration");
	bytes_free(&book);
}

static void
too_many_sheets_are_refused(void **state)
{
	Bytes		workbook = {0},
				book;
	BookParts	parts = {0};
	XlsxLimits	limits = xlsx_default_limits;
	int			i;

	(void) state;
	bytes_addf(&workbook, "<workbook xmlns='" MAIN_NS "' xmlns:r='" REL_NS "'><sheets>");
	for (i = 0; i < 101; i++)
		bytes_addf(&workbook, "<sheet name='%d' r:id='r1'/>", i);
	bytes_addf(&workbook, "</sheets></workbook>");
	parts.workbook = workbook.data;
	book = book_of(&parts);
	limits.max_entries = 100;
	assert_fails(&book, &limits, XLSX_LIMIT, "workbook has too many sheets");
	bytes_free(&book);
	bytes_free(&workbook);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_may_be_written_in_any_way),
		cmocka_unit_test(the_workbook_may_lie_in_the_root),
		cmocka_unit_test(strict_packages_are_read),
		cmocka_unit_test(only_worksheets_are_counted),
		cmocka_unit_test(an_entry_without_a_relationship_is_no_sheet),
		cmocka_unit_test(parts_are_found_by_type_not_by_name),
		cmocka_unit_test(a_sheet_that_is_missing_is_refused_when_it_is_wanted),
		cmocka_unit_test(a_workbook_without_worksheets_is_refused),
		cmocka_unit_test(other_kinds_of_files_in_a_zip_are_named),
		cmocka_unit_test(broken_parts_are_refused),
		cmocka_unit_test(too_many_sheets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
