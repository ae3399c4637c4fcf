/*
 * format_section.c
 *	  See format_section.h.
 */
#include "format_section.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------- reading a section ---------- */

static void
add(XlsxSection *section, XlsxFormatPart part)
{
	if (section->count == XLSX_MOST_PARTS)
		section->too_long = true;
	else
		section->parts[section->count++] = part;
}

static bool
is_currency(const char *text, size_t length)
{
	size_t		letters = 0;

	while (length > 0 && *text == ' ')
		text++, length--;
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length == 0)
		return false;
	if (*text == '$' || text[length - 1] == '$')
		return true;
	if (length <= 3 && (unsigned char) *text >= 0x80)
		return length == 3 ? (unsigned char) text[0] == 0xE2 && ((unsigned char) text[1] == 0x82 || (unsigned char) text[1] == 0x83) :
			(unsigned char) text[0] == 0xC2;	/* U+20A0 to U+20CF; the pound and the yen */
	while (letters < length && text[letters] >= 'A' && text[letters] <= 'Z')
		letters++;
	if (letters == length && length == 3)
	{
		const char	code[] = {text[0], text[1], text[2], '\0'};

		/* strstr is a macro in newer C libraries: no braces in its arguments. */
		return strstr("EUR USD GBP CHF JPY CNY SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH INR BRL MXN CAD AUD NZD ZAR KRW SGD HKD THB ILS AED SAR EGP",
					  code) != NULL;
	}
	return (length == 2 && strncmp(text, "kr", 2) == 0) || (length == 3 && (strncmp(text, "kr.", 3) == 0 || strncmp(text, "Fr.", 3) == 0)) ||
		(length == 2 && strncmp(text, "Fr", 2) == 0);
}

static void
add_literal(XlsxSection *section, const char *text, size_t length)
{
	add(section, (XlsxFormatPart) {.kind = is_currency(text, length) ? XLSX_PART_CURRENCY : XLSX_PART_LITERAL,.text = text,.length = length});
}

bool
xlsx_section_is_elapsed(const char *inside, size_t length)
{
	size_t		same = 0;

	while (same < length && (inside[same] | 0x20) == (inside[0] | 0x20))
		same++;
	return length > 0 && same == length && strchr("hmsHMS", inside[0]) != NULL;
}

/* [h], [>=100], [$€-407]; colours and locales show nothing. */
static const char *
read_brackets(XlsxSection *section, const char *code)
{
	const char *inside = code + 1;
	const char *end = strchr(inside, ']');
	size_t		length;

	if (end == NULL)
		return code + 1;
	length = (size_t) (end - inside);
	if (xlsx_section_is_elapsed(inside, length))
		add(section, (XlsxFormatPart) {.kind = XLSX_PART_UNIT,.letter = (char) (inside[0] & ~0x20),.count = (int) length});
	else if (length > 1 && inside[0] == '$')
	{
		const char *dash = memchr(inside, '-', length);
		size_t		sign = (size_t) ((dash != NULL ? dash : end) - inside) - 1;

		if (sign > 0)
			add(section, (XlsxFormatPart) {.kind = XLSX_PART_CURRENCY,.text = inside + 1,.length = sign});
	}
	else if (length > 1 && strchr("<>=", inside[0]) != NULL)
	{
		size_t		operator = strspn(inside, "<>=");

		section->has_condition = operator <= 2;
		memcpy(section->condition, inside, operator <= 2 ? operator : 0);
		section->bound = atof(inside + operator);
	}
	return end + 1;
}

/* m is a month elsewhere, but a section is read only for numbers and elapsed times. */
static const char *
read_letters(XlsxSection *section, const char *code)
{
	char		letter = (char) (*code | 0x20);
	int			count = 0;

	if (strchr("hms", letter) == NULL)
	{
		add(section, (XlsxFormatPart) {.kind = XLSX_PART_OTHER});
		return strncasecmp(code, "General", 7) == 0 ? code + 7 : code + 1;
	}
	while ((code[count] | 0x20) == letter)
		count++;
	add(section, (XlsxFormatPart) {.kind = XLSX_PART_UNIT,.letter = letter,.count = count});
	return code + count;
}

/* One character, of UTF-8. */
static const char *
read_plain(XlsxSection *section, const char *code)
{
	size_t		length = 1;

	while (((unsigned char) code[length] & 0xC0) == 0x80)
		length++;
	add_literal(section, code, length);
	return code + length;
}

const char *
xlsx_section_read(XlsxSection *section, const char *code)
{
	const char *end;

	memset(section, 0, sizeof(*section));
	while (*code != '\0' && *code != ';')
	{
		switch (*code)
		{
			case '"':
				end = strchr(code + 1, '"');
				if (end == NULL)
					end = code + strlen(code);
				if (end > code + 1)
					add_literal(section, code + 1, (size_t) (end - code) - 1);
				code = *end == '"' ? end + 1 : end;
				break;
			case '[':
				code = read_brackets(section, code);
				break;
			case '\\':
				code = code[1] != '\0' ? read_plain(section, code + 1) : code + 1;
				break;
			case '_':
			case '*':
				code += code[1] != '\0' ? 2 : 1;
				while (((unsigned char) *code & 0xC0) == 0x80)
					code++;
				break;
			case '0':
			case '#':
			case '?':
				add(section, (XlsxFormatPart) {.kind = XLSX_PART_DIGIT,.letter = *code++});
				break;
			case '.':
				add(section, (XlsxFormatPart) {.kind = XLSX_PART_POINT});
				code++;
				break;
			case ',':
				add(section, (XlsxFormatPart) {.kind = XLSX_PART_COMMA});
				code++;
				break;
			case '%':
				add(section, (XlsxFormatPart) {.kind = XLSX_PART_PERCENT});
				code++;
				break;
			case '/':
			case '@':
				add(section, (XlsxFormatPart) {.kind = XLSX_PART_OTHER});
				code++;
				break;
			default:
				code = (*code | 0x20) >= 'a' && (*code | 0x20) <= 'z' ? read_letters(section, code) : read_plain(section, code);
		}
	}
	return code;
}

bool
xlsx_section_whole(const XlsxSection *section, int *first, int *end)
{
	*first = *end = -1;
	for (int i = 0; i < section->count && section->parts[i].kind != XLSX_PART_POINT; i++)
		if (section->parts[i].kind == XLSX_PART_DIGIT)
		{
			*first = *first < 0 ? i : *first;
			*end = i + 1;
		}
	return *first >= 0;
}

/* ---------- choosing a section ---------- */

static bool
fits(const XlsxSection *section, double value)
{
	const char *condition = section->condition;
	double		bound = section->bound;

	if (strcmp(condition, "<") == 0)
		return value < bound;
	if (strcmp(condition, "<=") == 0)
		return value <= bound;
	if (strcmp(condition, ">") == 0)
		return value > bound;
	if (strcmp(condition, ">=") == 0)
		return value >= bound;
	if (strcmp(condition, "<>") == 0)
		return value != bound;
	return value == bound;
}

void
xlsx_section_choose(const char *code, double value, XlsxSection *section, bool *minus)
{
	const char *starts[3];
	int			count = 0,
				chosen = 0;
	bool		conditions = false;

	for (;;)
	{
		starts[count++] = code;
		code = xlsx_section_read(section, code);
		conditions = conditions || section->has_condition;
		if (*code == '\0' || count == 3)
			break;
		code++;
	}
	if (conditions)
	{
		for (chosen = 0; chosen + 1 < count; chosen++)
		{
			xlsx_section_read(section, starts[chosen]);
			if (!section->has_condition || fits(section, value))
				break;
		}
	}
	else if (value < 0 && count > 1)
		chosen = 1;
	else if (value == 0 && count > 2)
		chosen = 2;
	xlsx_section_read(section, starts[chosen]);
	*minus = value < 0 && (conditions || chosen == 0);
}
