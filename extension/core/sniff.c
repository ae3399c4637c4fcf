/*
 * sniff.c
 *	  What is this file, if it is no workbook?  See xlsx_sniff in book.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sniff.h"

#include <string.h>
#include <strings.h>

#define HINT_SAVE_AS	"Save it as \"Excel Workbook (.xlsx)\", then upload it."
#define HINT_PASSWORD	"Remove the password and upload the file again."

static const unsigned char ole_magic[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};

static const struct
{
	const char *magic;
	size_t		length;
	const char *message;
}			known[] = {
	{"%PDF-", 5, "file is a PDF document, not a workbook"},
	{"{\\rtf", 5, "file is an RTF document, not a workbook"},
	{"\x1F\x8B", 2, "file is compressed by gzip"},
	{"Rar!", 4, "file is a RAR archive, not a workbook"},
	{"7z\xBC\xAF\x27\x1C", 6, "file is a 7-Zip archive, not a workbook"},
	{"\x89PNG", 4, "file is an image, not a workbook"},
	{"\xFF\xD8\xFF", 3, "file is an image, not a workbook"},
	{"GIF8", 4, "file is an image, not a workbook"},
};

static XlsxStatus
fail(XlsxError *error, XlsxStatus status, const char *message, const char *hint)
{
	xlsx_fail(error, status, "%s", message);
	return xlsx_fail_hint(error, hint);
}

/* An entry name of a compound file is UTF-16LE. */
static bool
has_wide(const unsigned char *bytes, size_t length, const char *word)
{
	unsigned char wide[64];
	size_t		i,
				letters = strlen(word);

	for (i = 0; i < letters; i++)
	{
		wide[2 * i] = (unsigned char) word[i];
		wide[2 * i + 1] = 0;
	}
	return memmem(bytes, length, wide, 2 * letters) != NULL;
}

XlsxStatus
xlsx_sniff_compound(const void *bytes, size_t length, XlsxError *error)
{
	if (has_wide(bytes, length, "EncryptedPackage"))
		return fail(error, XLSX_ENCRYPTED, "workbook is protected with a password", HINT_PASSWORD);
	if (has_wide(bytes, length, "Workbook") || has_wide(bytes, length, "Book"))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is an Excel 97-2003 workbook (.xls)", HINT_SAVE_AS);
	if (has_wide(bytes, length, "WordDocument"))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is a Word document, not a workbook", HINT_SAVE_AS);
	return fail(error, XLSX_NOT_A_WORKBOOK, "file is an Excel 97-2003 workbook (.xls) or protected with a password",
				"Remove the password, or save it as \"Excel Workbook (.xlsx)\", then upload it.");
}

bool
xlsx_sniff_is_compound(const void *head, size_t length)
{
	return length >= sizeof(ole_magic) && memcmp(head, ole_magic, sizeof(ole_magic)) == 0;
}

static bool
is_text(const unsigned char *head, size_t length)
{
	size_t		i;

	for (i = 0; i < length; i++)
		if (head[i] < 0x20 && strchr("\t\n\v\f\r\x1B", head[i]) == NULL)
			return false;
	return true;
}

static bool
begins(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) && strncasecmp(text, word, strlen(word)) == 0;
}

static bool
has_word(const char *text, size_t length, const char *word)
{
	return memmem(text, length, word, strlen(word)) != NULL;
}

static XlsxStatus
sniff_text(const char *head, size_t length, XlsxError *error)
{
	const char *text = head;
	size_t		left = length;

	if (left >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
	{
		text += 3;
		left -= 3;
	}
	while (left > 0 && strchr(" \t\r\n", *text) != NULL)
	{
		text++;
		left--;
	}
	if (begins(text, left, "<!doctype html") || begins(text, left, "<html") || begins(text, left, "<table") ||
		begins(text, left, "<head") || begins(text, left, "<body") || begins(text, left, "<meta"))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is an HTML page, not an .xlsx workbook", HINT_SAVE_AS);
	if (begins(text, left, "<?xml") && has_word(text, left, "urn:schemas-microsoft-com:office:spreadsheet"))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is an XML Spreadsheet 2003, not an .xlsx workbook", HINT_SAVE_AS);
	if (begins(text, left, "<?xml"))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is XML, not an .xlsx workbook", HINT_SAVE_AS);
	return fail(error, XLSX_NOT_A_WORKBOOK, "file is text, perhaps CSV, not an .xlsx workbook",
				"Open it in a spreadsheet program, save it as \"Excel Workbook (.xlsx)\", then upload it.");
}

XlsxStatus
xlsx_sniff(const void *head, size_t length, XlsxError *error)
{
	const char *bytes = head;
	size_t		i;

	if (length == 0)
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is empty", "Upload the file again.");
	if (xlsx_sniff_is_compound(head, length))
		return xlsx_sniff_compound(head, length, error);
	if (length >= 4 && (memcmp(bytes, "PK\3\4", 4) == 0 || memcmp(bytes, "PK\5\6", 4) == 0))
		return XLSX_OK;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (length >= known[i].length && memcmp(bytes, known[i].magic, known[i].length) == 0)
			return fail(error, XLSX_NOT_A_WORKBOOK, known[i].message, HINT_SAVE_AS);
	if (length >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
		return fail(error, XLSX_NOT_A_WORKBOOK, "file is text, perhaps CSV, not an .xlsx workbook", HINT_SAVE_AS);
	/* an archive may have something in front of it, for example a program that unpacks it */
	if (memmem(bytes, length, "PK\3\4", 4) != NULL)
		return XLSX_OK;
	if (is_text(head, length))
		return sniff_text(head, length, error);
	return fail(error, XLSX_NOT_A_WORKBOOK, "file is not an .xlsx workbook", "Upload the .xlsx file itself.");
}
