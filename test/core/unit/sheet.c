/*
 * sheet.c
 *	  The values of a sheet's cells, read by the scanner and by expat.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define SHEET(rows) "<worksheet xmlns='" MAIN_NS "'><sheetData>" rows "</sheetData></worksheet>"

static void
assert_sheet(const char *sheet, const char *expected)
{
	BookParts	parts = {.sheet = sheet};
	Bytes		book = book_of(&parts);

	assert_book(&book, expected);
	bytes_free(&book);
}

static void
all_types_are_read(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\"><v>1.5</v></c><c r=\"B1\" t=\"n\"><v>-2</v></c><c r=\"C1\" t=\"s\"><v>1</v></c>"
				"<c r=\"D1\" t=\"str\"><v>text</v></c><c r=\"E1\" t=\"inlineStr\"><is><t>inline</t></is></c>"
				"<c r=\"F1\" t=\"b\"><v>1</v></c><c r=\"G1\" t=\"b\"><v>FALSE</v></c><c r=\"H1\" t=\"e\"><v>#N/A</v></c>"
				"<c r=\"I1\" t=\"d\"><v>2020-01-01T12:00:00Z</v></c></row>",
				"A1 number 1.5\nB1 number -2\nC1 text one\nD1 text text\nE1 text inline\nF1 bool true\nG1 bool false\n"
				"H1 error #N/A\nI1 date 2020-01-01T12:00:00\n");
}

static void
styles_make_dates(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" s=\"1\"><v>43831</v></c><c r=\"B1\" s=\"2\"><v>43831.5</v></c><c r=\"C1\" s=\"3\"><v>1.5</v></c>"
				"<c r=\"D1\" s=\"1\"><v>-1</v></c><c r=\"E1\" s=\"3\"><v>-1</v></c><c r=\"F1\" s=\"1\"><v>2958466</v></c>"
				"<c r=\"G1\" s=\"1\" t=\"s\"><v>0</v></c><c r=\"H1\" s=\"4\"><v>7</v></c><c r=\"I1\" s=\"1\"><v>0.25</v></c></row>",
				"A1 date 2020-01-01\nB1 date 2020-01-01T12:00:00\nC1 date PT36H0M0S\nD1 number -1\nE1 date -PT24H0M0S\n"
				"F1 number 2958466\nG1 text zero\nH1 number 7\nI1 date 06:00:00\n");
}

/* t="d", 18.18.11: also what no serial of the date system stands for. */
static void
iso_cells_are_dates_and_durations(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"d\"><v>1899-12-31</v></c><c r=\"B1\" t=\"d\"><v>1582-10-15T01:02:03</v></c>"
				"<c r=\"C1\" t=\"d\"><v>PT0H11M0S</v></c><c r=\"D1\" t=\"d\"><v>-P1DT1H</v></c><c r=\"E1\" t=\"d\"><v>12:00:00</v></c>"
				"<c r=\"F1\" t=\"d\"><v>1900-01-01</v></c><c r=\"G1\" t=\"d\" s=\"3\"><v>0001-01-01</v></c><c r=\"H1\" t=\"d\"><v>12:00:00.123456789</v></c>"
				"<c r=\"I1\" t=\"d\"><v>P1M</v></c><c r=\"J1\" t=\"d\"><v>0000-01-01</v></c></row>",
				"A1 date 1899-12-31\nB1 date 1582-10-15T01:02:03\nC1 date PT0H11M0S\nD1 date -PT25H0M0S\nE1 date 12:00:00\n"
				"F1 date 1900-01-01\nG1 date 0001-01-01\nH1 date 12:00:00.123\nI1 text P1M\nJ1 text 0000-01-01\n");
}

static void
blank_cells_are_left_out(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"/><row r=\"2\"></row><row r=\"3\"><c r=\"A3\"/><c r=\"B3\" s=\"1\"/><c r=\"C3\"></c><c r=\"D3\"><v/></c>"
				"<c r=\"E3\"><v></v></c><c r=\"F3\" t=\"s\"><v/></c><c r=\"G3\" t=\"str\"/><c r=\"H3\" t=\"inlineStr\"/>"
				"<c r=\"I3\" t=\"b\"><v/></c><c r=\"J3\" t=\"e\"><v/></c><c r=\"K3\" t=\"d\"><v/></c></row>",
				"");
}

static void
formulas_without_a_value_are_told_from_blank_cells(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\"><f>B1</f></c><c r=\"B1\"><f>C1</f><v/></c><c r=\"C1\"><f t=\"shared\" si=\"0\"/><v></v></c>"
				"<c r=\"D1\" t=\"str\"><f>E1</f></c><c r=\"E1\" t=\"str\"><f>F1</f><v></v></c><c r=\"F1\" t=\"b\"><f>G1</f><v/></c></row>",
				"A1 no_value \nB1 no_value \nC1 no_value \nD1 no_value \nE1 text \nF1 no_value \n");
}

static void
empty_texts_are_texts(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v></v></c><c r=\"B1\" t=\"str\"><v/></c><c r=\"C1\" t=\"inlineStr\"><is/></c>"
				"<c r=\"D1\" t=\"inlineStr\"><is><t/></is></c><c r=\"E1\" t=\"inlineStr\"><is></is></c></row>",
				"A1 text \nB1 text \nC1 text \nD1 text \nE1 text \n");
}

static void
rows_and_cells_may_lack_references(void **state)
{
	(void) state;
	assert_rows("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c r=\"C3\"><v>3</v></c><c><v>4</v></c></row>"
				"<row r=\"10\"><c><v>5</v></c></row><row><c><v>6</v></c></row>",
				"A1 number 1\nB1 number 2\nC3 number 3\nD3 number 4\nA10 number 5\nA11 number 6\n");
}

static void
references_may_be_written_in_any_way(void **state)
{
	(void) state;
	assert_rows("<row r=\"007\"><c r=\"b7\"><v>1</v></c><c r=\"$D$7\"><v>2</v></c><c r='E7' t='n' s='0'><v>3</v></c>"
				"<c t=\"s\" r=\"F7\"><v>0</v></c><c cm=\"1\" r=\"XFD7\" vm=\"2\"><v>4</v></c></row>",
				"B7 number 1\nD7 number 2\nE7 number 3\nF7 text zero\nXFD7 number 4\n");
}

static void
the_row_element_decides_the_row(void **state)
{
	(void) state;
	assert_rows("<row r=\"5\"><c r=\"A99\"><v>1</v></c></row>", "A5 number 1\n");
}

static void
rows_come_in_the_order_of_the_file(void **state)
{
	(void) state;
	assert_rows("<row r=\"5\"><c r=\"B5\"><v>1</v></c><c r=\"A5\"><v>2</v></c></row><row r=\"3\"><c r=\"A3\"><v>3</v></c></row>"
				"<row><c><v>4</v></c></row><row r=\"5\"><c r=\"A5\"><v>5</v></c></row>",
				"B5 number 1\nA5 number 2\nA3 number 3\nA4 number 4\nA5 number 5\n");
}

static void
formulas_are_passed_over(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\"><f>1+1</f><v>2</v></c><c r=\"B1\"><f t=\"shared\" si=\"0\"/><v>3</v></c>"
				"<c r=\"C1\" t=\"str\"><f t=\"shared\" ref=\"C1:C2\" si=\"0\">A1&amp;\"&lt;v>\"</f><v>x</v></c>"
				"<c r=\"D1\"> <f>1</f> <v>4</v> </c></row>",
				"A1 number 2\nB1 number 3\nC1 text x\nD1 number 4\n");
}

static void
references_and_line_ends_are_resolved(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a &amp; b &lt;&gt;&quot;&apos; &#65;&#x42;&#128512;</v></c>"
				"<c r=\"B1\" t=\"str\"><v>1\r\n2\r3\n4&#13;5\t6</v></c>"
				"<c r=\"C1\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> x &amp; y </t></is></c></row>",
				"A1 text a & b <>\"' AB\xF0\x9F\x98\x80\nB1 text 1\n2\n3\n4\r5\t6\nC1 text  x & y \n");
}

static void
escapes_are_resolved_in_every_kind_of_text(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a_x0041_b</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>_x005F_x0041_</t></is></c>"
				"<c r=\"C1\" t=\"str\"><v>&#95;x0041_</v></c><c r=\"D1\" t=\"str\"><v>_&#x78;0041_ first_name</v></c>"
				"<c r=\"E1\" t=\"inlineStr\"><is><r><t>_x00</t></r><r><t>41_</t></r></is></c></row>",
				"A1 text aAb\nB1 text _x0041_\nC1 text A\nD1 text A first_name\nE1 text _x0041_\n");
}

static void
rich_text_is_joined_without_phonetic_runs(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><r><rPr><b/></rPr><t>one </t></r><r><t xml:space=\"preserve\">two</t></r>"
				"<rPh sb=\"0\" eb=\"1\"><t>no</t></rPh><phoneticPr fontId=\"1\"/></is></c>"
				"<c r=\"B1\" t=\"inlineStr\"><is><t>a</t><t>b</t></is></c></row>",
				"A1 text one two\nB1 text ab\n");
}

static void
inline_strings_may_have_their_text_as_value(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><v>x</v></c><c r=\"B1\" t=\"inlineStr\"><v>x</v><is><t>y</t></is></c>"
				"<c r=\"C1\" t=\"inlineStr\"><is><t>y</t></is><v>x</v></c><c r=\"D1\"><is><t>1</t></is></c><c r=\"E1\"><v>1</v><v>2</v></c></row>",
				"A1 text x\nB1 text y\nC1 text y\nE1 number 2\n");
}

static void
any_utf8_is_read(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>gr\xC3\xBC\xC3\x9F \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xF0\x9F\x98\x80</v></c></row>",
				"A1 text gr\xC3\xBC\xC3\x9F \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xF0\x9F\x98\x80\n");
}

static void
numbers_are_the_stored_doubles(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\"><c r=\"A1\"><v>0.30000000000000004</v></c><c r=\"B1\"><v>1E+20</v></c><c r=\"C1\"><v>1.0</v></c>"
				"<c r=\"D1\"><v> 7 </v></c><c r=\"E1\"><v>123456789012345678</v></c><c r=\"F1\"><v>007</v></c><c r=\"G1\"><v>4.9E-324</v></c></row>",
				"A1 number 0.30000000000000004\nB1 number 100000000000000000000\nC1 number 1\nD1 number 7\n"
				"E1 number 123456789012345680\nF1 number 7\nG1 number 5e-324\n");
}

static void
a_number_keeps_its_text(void **state)
{
	Bytes		book = book_of_rows("<row><c><v>123456789012345678</v></c></row>");
	XlsxSource	source;
	XlsxBook   *opened;
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxError	error;

	(void) state;
	xlsx_source_memory(&source, book.data, book.length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &opened, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(opened, 0, &sheet, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_next(sheet, &row, &error), XLSX_OK);
	assert_int_equal(row->cells[0].length, 18);
	assert_memory_equal(row->cells[0].text, "123456789012345678", 18);
	assert_int_equal(xlsx_sheet_next(sheet, &row, &error), XLSX_DONE);
	assert_null(row);
	assert_int_equal(xlsx_sheet_next(sheet, &row, &error), XLSX_DONE);
	xlsx_book_close(opened);	/* with its sheet still open */
	bytes_free(&book);
}

static void
white_space_between_elements_does_not_matter(void **state)
{
	(void) state;
	assert_rows("\n\t<row r=\"1\" >\r\n\t\t<c r=\"A1\" >\n<v >1</v >\n</c>\n \n<c r=\"B1\" t=\"inlineStr\">\n<is>\n<t>x</t>\n</is>\n</c></row>\n\n<row r=\"2\" />",
				"A1 number 1\nB1 text x\n");
}

static void
attributes_of_rows_are_passed_over(void **state)
{
	(void) state;
	assert_rows("<row r=\"1\" spans=\"1:3\" ht=\"15\" customHeight=\"1\" x14ac:dyDescent=\"0.25\"><c r=\"A1\"><v>1</v></c></row>"
				"<row r=\"2\" spans=\"1:3\" ht=\"15\" customHeight=\"1\" x14ac:dyDescent=\"0.25\"><c r=\"A2\"><v>2</v></c></row>"
				"<row spans='1:3' r='4' hidden='1'><c r=\"A4\"><v>4</v></c></row>"
				"<row r=\"5\" spans=\"1:3\" ht=\"15\" customHeight=\"1\" x14ac:dyDescent=\"0.25\"/><row r=\"6\"><c r=\"A6\"><v>6</v></c></row>",
				"A1 number 1\nA2 number 2\nA4 number 4\nA6 number 6\n");
}

static void
comments_cdata_and_instructions_are_understood(void **state)
{
	(void) state;
	assert_rows("<!-- </row> --><row r=\"1\"><!-- <c r=\"Z1\"><v>9</v></c> --><c r=\"A1\" t=\"str\"><v>a<![CDATA[<b> & </row>]]>c</v></c><?pi </row>?>"
				"<c r=\"B1\" t=\"str\"><v>x<!-- y -->z</v></c></row><row r=\"2\"><c r=\"A2\"><v>2</v></c></row><!-- end -->",
				"A1 text a<b> & </row>c\nB1 text xz\nA2 number 2\n");
}

static void
foreign_elements_are_ignored(void **state)
{
	(void) state;
	assert_sheet("<worksheet xmlns='" MAIN_NS "' xmlns:o='urn:o'><o:sheetData><row><c><v>9</v></c></row></o:sheetData><sheetData>"
				 "<o:row r='1'><c r='A1'><v>9</v></c></o:row><row r='1'><o:c r='A1'><v>9</v></o:c><c r='B1'><o:v>9</o:v><v>1</v><o:x><v>9</v></o:x></c>"
				 "<c r='C1' o:t='s' o:r='Z9'><v>2</v></c></row><row xmlns='urn:x' r='2'><c r='A2'><v>9</v></c></row>"
				 "<row r='3'><c xmlns='' r='A3'><v>9</v></c><c r='B3'><v o:x=''>3</v></c></row></sheetData></worksheet>",
				 "B1 number 1\nC1 number 2\nB3 number 3\n");
}

static void
any_prefix_will_do(void **state)
{
	(void) state;
	assert_sheet("<x:worksheet xmlns:x='" MAIN_NS "'><x:sheetData><x:row r='1'><x:c r='A1'><x:v>1</x:v></x:c><c r='B1'><v>9</v></c></x:row>"
				 "<x:row><x:c t='inlineStr'><x:is><x:t>t</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>",
				 "A1 number 1\nA2 text t\n");
}

static void
strict_files_are_read_too(void **state)
{
	(void) state;
	assert_sheet("<worksheet xmlns='" STRICT_NS "'><sheetData><row r='1'><c r='A1' t='d'><v>2020-01-01</v></c></row></sheetData></worksheet>",
				 "A1 date 2020-01-01\n");
}

static void
other_namespaces_are_not_sheets(void **state)
{
	BookParts	parts = {.sheet = "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"};
	Bytes		book = book_of(&parts);

	(void) state;
	assert_fails(&book, NULL, XLSX_DAMAGED, "part \"xl/worksheets/sheet1.xml\" is not a worksheet");
	bytes_free(&book);
}

static Bytes
book_with_encoded_sheet(const char *bytes, size_t length)
{
	ZipWriter	zip = {0};

	zip_text(&zip, "_rels/.rels", "<Relationships xmlns='" PACKAGE_NS "'><Relationship Id='r1' Type='" REL_NS
			 "/officeDocument' Target='w.xml'/></Relationships>");
	zip_text(&zip, "w.xml", "<workbook xmlns='" MAIN_NS "' xmlns:r='" REL_NS "'><sheets><sheet name='S' r:id='r1'/></sheets></workbook>");
	zip_text(&zip, "_rels/w.xml.rels", "<Relationships xmlns='" PACKAGE_NS "'><Relationship Id='r1' Type='" REL_NS
			 "/worksheet' Target='s.xml'/></Relationships>");
	zip_add(&zip, "s.xml", bytes, length, &deflated);
	return zip_finish(&zip, "");
}

static void
assert_encoded(const char *bytes, size_t length, const char *expected)
{
	Bytes		book = book_with_encoded_sheet(bytes, length);

	assert_book(&book, expected);
	bytes_free(&book);
}

static void
utf16_and_byte_order_marks_are_read(void **state)
{
	static const char sheet[] = SHEET("<row r='1'><c r='A1' t='str'><v>\xC3\xA9</v></c></row><row r='2'><c r='A2'><v>2</v></c></row>");
	static const char ascii[] = "<?xml version='1.0' encoding='UTF-16'?>" SHEET("<row r='1'><c r='A1' t='str'><v>x</v></c></row>");
	Bytes		wide = {0},
				marked = {0};
	size_t		i;

	(void) state;
	bytes_add(&marked, "\xEF\xBB\xBF", 3);
	bytes_add(&marked, sheet, sizeof(sheet) - 1);
	assert_encoded(marked.data, marked.length, "A1 text \xC3\xA9\nA2 number 2\n");
	bytes_add(&wide, "\xFF\xFE", 2);
	for (i = 0; i < sizeof(ascii) - 1; i++)
	{
		bytes_add(&wide, &ascii[i], 1);
		bytes_add(&wide, "", 1);
	}
	assert_encoded(wide.data, wide.length, "A1 text x\n");
	bytes_free(&wide);
	bytes_free(&marked);
}

static void
latin1_is_read_by_what_it_declares(void **state)
{
	static const char sheet[] = "<?xml version='1.0' encoding='ISO-8859-1'?>"
	SHEET("<row r='1'><c r='A1' t='str'><v>\xE9</v></c></row>");
	static const char unknown[] = "<?xml version='1.0' encoding='x-klingon'?>" SHEET("<row><c><v>1</v></c></row>");
	Bytes		book;

	(void) state;
	assert_encoded(sheet, sizeof(sheet) - 1, "A1 text \xC3\xA9\n");
	book = book_with_encoded_sheet(unknown, sizeof(unknown) - 1);
	assert_fails(&book, NULL, XLSX_DAMAGED, "unknown encoding");
	bytes_free(&book);
}

static void
a_sheet_may_be_empty(void **state)
{
	(void) state;
	assert_sheet("<worksheet xmlns='" MAIN_NS "'/>", "");
	assert_sheet("<worksheet xmlns='" MAIN_NS "'><sheetData/></worksheet>", "");
	assert_sheet("<worksheet xmlns='" MAIN_NS "'><dimension ref='A1:C9'/><cols><col min='1' max='3'/></cols><sheetData>\n</sheetData></worksheet>", "");
}

static void
what_follows_the_rows_must_be_well_formed_too(void **state)
{
	BookParts	parts = {0};
	Bytes		book;

	(void) state;
	assert_sheet("<worksheet xmlns='" MAIN_NS "'><sheetData><row><c><v>1</v></c></row></sheetData><mergeCells><mergeCell ref='A1:B2'/></mergeCells>"
				 "<extLst><ext xmlns:x14='urn:x14' uri='{1}'><x14:row r='1'/></ext></extLst></worksheet>",
				 "A1 number 1\n");
	parts.sheet = "<worksheet xmlns='" MAIN_NS "'><sheetData><row><c><v>1</v></c></row></sheetData><mergeCells></worksheet>";
	book = book_of(&parts);
	assert_fails(&book, NULL, XLSX_DAMAGED, "mismatched tag");
	bytes_free(&book);
	parts.sheet = "<worksheet xmlns='" MAIN_NS "'><sheetData><row><c><v>1</v></c></row></sheetData>";
	book = book_of(&parts);
	assert_fails(&book, NULL, XLSX_DAMAGED, "not well-formed");
	bytes_free(&book);
}

static void
wrong_values_name_their_cell(void **state)
{
	(void) state;
	assert_rows_fail("<row r=\"7\"><c r=\"B7\"><v>abc</v></c></row>", XLSX_DAMAGED,
					 "could not read cell B7; It holds \"abc\", which is no number.; Save the file again in a spreadsheet program, then upload it. "
					 "@ xl/worksheets/sheet1.xml row 7 column 2");
	assert_rows_fail("<row r=\"7\"><c r=\"B7\" t=\"s\"><v>3</v></c></row>", XLSX_DAMAGED,
					 "could not read cell B7; It refers to shared string 3, but the workbook has 3.");
	assert_rows_fail("<row r=\"7\"><c r=\"B7\" t=\"s\"><v>-1</v></c></row>", XLSX_DAMAGED, "shared string \"-1\", which is no number");
	assert_rows_fail("<row r=\"7\"><c r=\"B7\" t=\"s\"><v>99999999999999999999</v></c></row>", XLSX_DAMAGED, "It refers to shared string");
	assert_rows_fail("<row r=\"7\"><c r=\"B7\" t=\"b\"><v>2</v></c></row>", XLSX_DAMAGED, "neither true nor false");
	assert_rows_fail("<row r=\"7\"><c r=\"B7\" t=\"zz\"><v>2</v></c></row>", XLSX_DAMAGED, "Its type \"zz\" is unknown.");
	assert_rows_fail("<row r=\"7\"><c r=\"7B\"><v>2</v></c></row>", XLSX_DAMAGED, "\"7B\", which is no cell reference");
	assert_rows_fail("<row r=\"7\"><c r=\"B\"><v>2</v></c></row>", XLSX_DAMAGED, "\"B\", which is no cell reference");
	assert_rows_fail("<row r=\"0\"><c r=\"B\"><v>2</v></c></row>", XLSX_DAMAGED, "Its number \"0\" is no row number.");
	assert_rows_fail("<row r=\"x\"><c r=\"B\"><v>2</v></c></row>", XLSX_DAMAGED, "Its number \"x\" is no row number.");
	assert_rows_fail("<row r=\"1\"><c r=\"A1\"><v>1e999</v></c></row>", XLSX_DAMAGED, "which is no number");
	assert_rows_fail("<row r=\"1\"><c r=\"A1\"><v>NaN</v></c></row>", XLSX_DAMAGED, "which is no number");
}

static void
broken_xml_names_the_row(void **state)
{
	(void) state;
	assert_rows_fail("<row r=\"7\"><c r=\"A7\"><v>1</v></c></row><row r=\"8\"><c r=\"A8\"><v>1</c></row>", XLSX_DAMAGED,
					 "mismatched tag.; The file is damaged. Save it again in a spreadsheet program, then upload it. @ xl/worksheets/sheet1.xml row 8");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" r=\"B7\"><v>1</v></c></row>", XLSX_DAMAGED, "duplicate attribute");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" y:r=\"B7\"><v>1</v></c></row>", XLSX_DAMAGED, "unbound prefix");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>&nbsp;</v></c></row>", XLSX_DAMAGED, "undefined entity");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>&#0;</v></c></row>", XLSX_DAMAGED, "reference to invalid character");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>a]]>b</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>\xFF</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>\xEF\xBF\xBF</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"str\"><v>\x01</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\" t=\"a<b\"><v>1</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\"t=\"n\"><v>1</v></c></row>", XLSX_DAMAGED, "not well-formed");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\"><v>1</v></c></row></sheetData>", XLSX_DAMAGED, "mismatched tag");
	assert_rows_fail("<row r=\"7\"><c r=\"A7\"><v>1</v></c><v>", XLSX_DAMAGED, "mismatched tag");
}

static void
document_types_are_refused(void **state)
{
	BookParts	parts = {0};
	Bytes		book;

	(void) state;
	parts.sheet = "<!DOCTYPE x [<!ENTITY a 'b'>]>" SHEET("<row><c><v>1</v></c></row>");
	book = book_of(&parts);
	assert_fails(&book, NULL, XLSX_DAMAGED, "document type declaration");
	bytes_free(&book);
}

static void
limits_name_their_setting(void **state)
{
	XlsxLimits	limits = xlsx_default_limits;
	Bytes		book;

	(void) state;
	assert_rows_fail("<row r=\"1048577\"><c><v>1</v></c></row>", XLSX_LIMIT, "worksheet has too many rows; The limit is 1048576.");
	assert_rows_fail("<row r=\"99999999999999999999\"><c><v>1</v></c></row>", XLSX_LIMIT, "worksheet has too many rows");
	assert_rows_fail("<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>", XLSX_LIMIT, "worksheet has too many columns; The limit is 16384.");
	assert_rows_fail("<row r=\"1\"><c r=\"XFD1\"><v>1</v></c><c><v>1</v></c></row>", XLSX_LIMIT, "too many columns");

	book = book_of_rows("<row><c r='A1' t='str'><v>\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4</v></c><c r='A1'><v>1</v></c><c r='A1'><v>1</v></c></row>");
	limits.max_string_length = 4;
	assert_fails(&book, &limits, XLSX_LIMIT, "text of a cell is too long");
	limits.max_string_length = 5;
	limits.max_columns = 2;
	assert_fails(&book, &limits, XLSX_LIMIT, "row has too many cells");
	limits.max_columns = 3;
	limits.max_xml_depth = 4;
	assert_fails(&book, &limits, XLSX_LIMIT, "nested too deeply");
	bytes_free(&book);
}

/* Neither grows the file: a string is there once, and a number that a row calls itself is no larger the second time. */
static void
what_a_file_says_twice_is_counted_twice(void **state)
{
	XlsxLimits	limits = xlsx_default_limits;
	Bytes		book = book_of_rows("<row r='1'><c r='A1' t='s'><v>0</v></c></row>"
									"<row r='2'><c r='A2' t='s'><v>0</v></c><c r='B2' t='s'><v>0</v></c></row>");

	(void) state;
	limits.max_row_bytes = 8;
	assert_book(&book, "A1 text zero\nA2 text zero\nB2 text zero\n");
	limits.max_row_bytes = 7;
	assert_fails(&book, &limits, XLSX_LIMIT, "row has too much text; The limit is 7.");
	bytes_free(&book);

	limits = xlsx_default_limits;
	limits.max_rows = 2;
	book = book_of_rows("<row r='1'><c><v>1</v></c></row><row r='1'/><row r='1'><c><v>1</v></c></row>");
	assert_fails(&book, &limits, XLSX_LIMIT, "worksheet has too many rows; The limit is 2.");
	bytes_free(&book);
}

static void
a_row_may_be_much_longer_than_the_window(void **state)
{
	Bytes		rows = {0},
				expected = {0};
	int			row,
				column;
	char		filler[2001];

	(void) state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (row = 1; row <= 4; row++)
	{
		/* row 2 has 600 kB in the window, row 3 is 7 MB and goes to expat */
		int			columns = row == 2 ? 280 : row == 3 ? 3500 : 2;

		bytes_addf(&rows, "<row r=\"%d\">", row);
		for (column = 0; column < columns; column++)
		{
			bytes_addf(&rows, "<c t=\"inlineStr\"><is><t>%d %s &amp;</t></is></c><c><v>%d</v></c>", column, filler, column);
			bytes_addf(&expected, "text %d %s &\nnumber %d\n", column, filler, column);
		}
		bytes_addf(&rows, "</row>");
	}
	{
		Bytes		book = book_of_rows(rows.data);
		int			expat_only;

		for (expat_only = 0; expat_only < 2; expat_only++)
		{
			char	   *cells = dump(&book, NULL, expat_only);
			char	   *cell = cells;
			const char *wanted = expected.data;

			for (; *cell != '\0'; cell++)
			{
				size_t		length = strcspn(wanted, "\n") + 1;

				cell = strchr(cell, ' ') + 1;	/* the reference */
				if (strncmp(cell, wanted, length) != 0)
					fail_msg("expected %.40s, got %.40s", wanted, cell);
				cell += length - 1;
				wanted += length;
			}
			assert_int_equal(*wanted, '\0');
			free(cells);
		}
		bytes_free(&book);
	}
	bytes_free(&rows);
	bytes_free(&expected);
}

/* Whatever stands at the end of the window, and wherever that end falls. */
static void
rows_are_cut_anywhere(void **state)
{
	Bytes		rows = {0},
				expected = {0};
	int			i;

	(void) state;
	for (i = 1; i <= 20000; i++)
	{
		bytes_addf(&rows, "<row r=\"%d\" spans=\"1:3\"><c r=\"A%d\" t=\"s\"><v>1</v></c><c r=\"B%d\" t=\"inlineStr\"><is><t>%.*s</t></is></c>%s</row>",
				   i, i, i, i % 13, "abcdefghijklm", i % 7 == 0 ? "<!-- </row> -->" : i % 11 == 0 ? "<c><v>1.25</v></c>" : "");
		bytes_addf(&expected, "A%d text one\nB%d text %.*s\n", i, i, i % 13, "abcdefghijklm");
		if (i % 7 != 0 && i % 11 == 0)
			bytes_addf(&expected, "C%d number 1.25\n", i);
	}
	assert_rows(rows.data, expected.data);
	bytes_free(&rows);
	bytes_free(&expected);
}

/*
 * expat may hold back a token that was cut off, and with it all that follows:
 * the end of a row that it has not seen yet is no place for the scanner.
 */
static void
comments_are_cut_anywhere(void **state)
{
	Bytes		rows = {0},
				expected = {0};
	char		filler[8001];
	int			i;

	(void) state;
	memset(filler, 'x', sizeof(filler));
	for (i = 1; i <= 1000; i++)
	{
		bytes_addf(&rows, "<!--%.*s--><row r=\"%d\"><c><v>%d</v></c></row><row><c><v>0</v></c></row>",
				   i * 37 % 8000, filler, 2 * i, i);
		bytes_addf(&expected, "A%d number %d\nA%d number 0\n", 2 * i, i, 2 * i + 1);
	}
	assert_rows(rows.data, expected.data);
	bytes_free(&rows);
	bytes_free(&expected);
}

/* The scanner must not only agree, it must be there: after each odd row too. */
static void
the_scanner_reads_what_it_knows(void **state)
{
	Bytes		book = book_of_rows("<row><c><v>1</v></c></row><!-- x --><row><c><v>2</v></c></row><row><c><v>3</v></c></row>"
									"<row><c t=\"inlineStr\"><is><r><t>4</t></r></is></c></row>\n<row><c><v>5</v></c></row>");
	static const bool scanning[] = {true, false, true, false, true};
	XlsxSource	source;
	XlsxBook   *opened;
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxError	error;
	int			i;

	(void) state;
	xlsx_source_memory(&source, book.data, book.length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &opened, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(opened, 0, &sheet, &error), XLSX_OK);
	for (i = 0; i < 5; i++)
	{
		assert_int_equal(xlsx_sheet_next(sheet, &row, &error), XLSX_OK);
		assert_int_equal(row->number, i + 1);
		assert_int_equal(sheet->scanning, scanning[i]);
	}
	xlsx_book_close(opened);
	bytes_free(&book);
}

static void
progress_goes_from_nothing_to_all(void **state)
{
	Bytes		rows = {0},
				book;
	XlsxSource	source;
	XlsxBook   *opened;
	XlsxSheet  *sheet;
	const XlsxRow *row;
	XlsxError	error;
	uint64_t	done,
				total,
				before = 0;
	BookParts	parts = {0};
	int			i;

	(void) state;
	bytes_addf(&rows, "<worksheet xmlns='" MAIN_NS "'><dimension ref='A1:C77777'/><sheetData>");
	for (i = 1; i <= 50000; i++)
		bytes_addf(&rows, "<row><c><v>%d</v></c></row>", i * 7919 % 100003);
	bytes_addf(&rows, "</sheetData></worksheet>");
	parts.sheet = rows.data;
	book = book_of(&parts);
	xlsx_source_memory(&source, book.data, book.length);
	assert_int_equal(xlsx_book_open(&source, &xlsx_malloc_allocator, &xlsx_default_limits, &opened, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_open(opened, 0, &sheet, &error), XLSX_OK);
	assert_int_equal(xlsx_sheet_declared_rows(sheet), 77777);
	while (xlsx_sheet_next(sheet, &row, &error) == XLSX_OK)
	{
		xlsx_sheet_position(sheet, &done, &total);
		assert_true(done >= before && done <= total);
		before = done;
	}
	assert_int_equal(done, total);
	xlsx_sheet_close(sheet);
	xlsx_book_close(opened);
	bytes_free(&rows);
	bytes_free(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types_are_read),
		cmocka_unit_test(styles_make_dates),
		cmocka_unit_test(iso_cells_are_dates_and_durations),
		cmocka_unit_test(blank_cells_are_left_out),
		cmocka_unit_test(formulas_without_a_value_are_told_from_blank_cells),
		cmocka_unit_test(empty_texts_are_texts),
		cmocka_unit_test(rows_and_cells_may_lack_references),
		cmocka_unit_test(references_may_be_written_in_any_way),
		cmocka_unit_test(the_row_element_decides_the_row),
		cmocka_unit_test(rows_come_in_the_order_of_the_file),
		cmocka_unit_test(formulas_are_passed_over),
		cmocka_unit_test(references_and_line_ends_are_resolved),
		cmocka_unit_test(escapes_are_resolved_in_every_kind_of_text),
		cmocka_unit_test(rich_text_is_joined_without_phonetic_runs),
		cmocka_unit_test(inline_strings_may_have_their_text_as_value),
		cmocka_unit_test(any_utf8_is_read),
		cmocka_unit_test(numbers_are_the_stored_doubles),
		cmocka_unit_test(a_number_keeps_its_text),
		cmocka_unit_test(white_space_between_elements_does_not_matter),
		cmocka_unit_test(attributes_of_rows_are_passed_over),
		cmocka_unit_test(comments_cdata_and_instructions_are_understood),
		cmocka_unit_test(foreign_elements_are_ignored),
		cmocka_unit_test(any_prefix_will_do),
		cmocka_unit_test(strict_files_are_read_too),
		cmocka_unit_test(other_namespaces_are_not_sheets),
		cmocka_unit_test(utf16_and_byte_order_marks_are_read),
		cmocka_unit_test(latin1_is_read_by_what_it_declares),
		cmocka_unit_test(a_sheet_may_be_empty),
		cmocka_unit_test(what_follows_the_rows_must_be_well_formed_too),
		cmocka_unit_test(wrong_values_name_their_cell),
		cmocka_unit_test(broken_xml_names_the_row),
		cmocka_unit_test(document_types_are_refused),
		cmocka_unit_test(limits_name_their_setting),
		cmocka_unit_test(what_a_file_says_twice_is_counted_twice),
		cmocka_unit_test(a_row_may_be_much_longer_than_the_window),
		cmocka_unit_test(rows_are_cut_anywhere),
		cmocka_unit_test(comments_are_cut_anywhere),
		cmocka_unit_test(the_scanner_reads_what_it_knows),
		cmocka_unit_test(progress_goes_from_nothing_to_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
