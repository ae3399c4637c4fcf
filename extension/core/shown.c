/*
 * shown.c
 *	  See shown.h.
 */
#include "shown.h"

#include <stdio.h>
#include <string.h>

#include "datetime.h"
#include "format_section.h"
#include "number.h"

#define MOST_DIGITS	320

/* ---------- what it shows ---------- */

/* Is a literal more than the look of a number? Signs and spaces before it and spaces between its groups are not. */
static bool
says_something(const XlsxFormatPart *part, bool between)
{
	const char *look = between ? " '" : " -+(";

	if (part->kind != XLSX_PART_LITERAL)
		return false;
	for (size_t i = 0; i < part->length; i++)
	{
		/* a no-break space */
		if ((unsigned char) part->text[i] == 0xC2 && i + 1 < part->length && (unsigned char) part->text[i + 1] == 0xA0)
			i++;
		else if (strchr(look, part->text[i]) == NULL)
			return true;
	}
	return false;
}

static XlsxShows
section_shows(const XlsxSection *section)
{
	int			first,
				end,
				zeros = 0;
	bool		literal = false;
	bool		percent = false;

	if (section->too_long || !xlsx_section_whole(section, &first, &end))
		return XLSX_SHOWS_NUMBER;
	for (int i = 0; i < section->count; i++)
	{
		const XlsxFormatPart *part = &section->parts[i];

		if (part->kind == XLSX_PART_OTHER || part->kind == XLSX_PART_UNIT)
			return XLSX_SHOWS_NUMBER;
		percent = percent || part->kind == XLSX_PART_PERCENT;
		zeros += i < end && part->kind == XLSX_PART_DIGIT && part->letter == '0';
		literal = literal || (i < end && says_something(part, i > first));
	}
	if (percent)
		return XLSX_SHOWS_PERCENT;
	return zeros > 1 || literal ? XLSX_SHOWS_DIGITS : XLSX_SHOWS_NUMBER;
}

XlsxShows
xlsx_shows(const char *code)
{
	XlsxSection		section;

	xlsx_section_read(&section, code);
	return section_shows(&section);
}

/* ---------- digits ---------- */

typedef struct Digits
{
	char		text[MOST_DIGITS];
	int			count;
	int			point;			/* digits before the point; may be negative */
} Digits;

/* Without leading zeros. */
static bool
take_digits(Digits *digits, double value, const char *stored, size_t stored_length)
{
	char		plain[64];
	size_t		length = stored_length;
	const char *text = stored;

	if (length > 0 && (*text == '-' || *text == '+'))
		text++, length--;
	if (length <= 15 || length >= MOST_DIGITS / 2 || strspn(text, "0123456789") < length)
	{
		length = xlsx_number_fifteen(value < 0 ? -value : value, plain, sizeof(plain));
		text = plain;
	}
	digits->count = 0;
	digits->point = -1;
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '.')
			digits->point = digits->count;
		else if (text[i] < '0' || text[i] > '9')
			return false;		/* an exponent */
		else
			digits->text[digits->count++] = text[i];
	}
	if (digits->point < 0)
		digits->point = digits->count;
	while (digits->count > 0 && digits->text[0] == '0')
	{
		memmove(digits->text, digits->text + 1, (size_t) --digits->count);
		digits->point--;
	}
	return true;
}

/* To so many decimals, halves away from zero. */
static void
round_digits(Digits *digits, int decimals)
{
	int			keep = digits->point + decimals;
	bool		up = keep >= 0 && keep < digits->count && digits->text[keep] >= '5';

	if (keep >= digits->count)
		return;
	digits->count = keep > 0 ? keep : 0;
	for (int i = digits->count - 1; up && i >= 0; i--)
	{
		up = digits->text[i] == '9';
		digits->text[i] = up ? '0' : (char) (digits->text[i] + 1);
	}
	if (up)
	{
		memmove(digits->text + 1, digits->text, (size_t) digits->count++);
		digits->text[0] = '1';
		digits->point++;
	}
}

/* The digit so many places before the point (0: the last one), or behind it (-1: the first). */
static char
digit_at(const Digits *digits, int place)
{
	int			i = digits->point - 1 - place;

	return i >= 0 && i < digits->count ? digits->text[i] : '0';
}

/* ---------- writing ---------- */

typedef struct Writer
{
	char	   *buffer;
	size_t		size;
	size_t		length;
} Writer;

static void
put(Writer *writer, const char *text, size_t length)
{
	if (writer->length + length < writer->size)
		memcpy(writer->buffer + writer->length, text, length);
	writer->length += length;
}

static size_t
finish(Writer *writer)
{
	if (writer->length >= writer->size)
		return 0;
	writer->buffer[writer->length] = '\0';
	return writer->length;
}

/* What the section says of the number's form. */
typedef struct Form
{
	int			first,			/* digits before the point, as xlsx_section_whole */
				end;
	int			places;			/* of them, placeholders */
	int			decimals;
	int			shift;			/* powers of ten for percent and scaling */
	bool		thousands;
} Form;

static void
take_form(const XlsxSection *section, Form *form)
{
	bool		point = false;
	int			last = -1;

	memset(form, 0, sizeof(*form));
	xlsx_section_whole(section, &form->first, &form->end);
	for (int i = 0; i < section->count; i++)
	{
		const XlsxFormatPart *part = &section->parts[i];

		if (part->kind == XLSX_PART_DIGIT)
			last = i;
	}
	for (int i = 0; i < section->count; i++)
	{
		const XlsxFormatPart *part = &section->parts[i];

		if (part->kind == XLSX_PART_POINT)
			point = true;
		else if (part->kind == XLSX_PART_DIGIT)
			point ? form->decimals++ : form->places++;
		else if (part->kind == XLSX_PART_PERCENT)
			form->shift += 2;
		else if (part->kind == XLSX_PART_COMMA && i > last)
			form->shift -= 3;
		else if (part->kind == XLSX_PART_COMMA && i > form->first && i < form->end)
			form->thousands = true;
	}
}

static void
put_digit(Writer *writer, const Digits *digits, const Form *form, int place)
{
	char		digit = digit_at(digits, place);

	put(writer, &digit, 1);
	if (form->thousands && place > 0 && place % 3 == 0)
		put(writer, ",", 1);
}

/* A placeholder before the point; the first also takes the digits for which there are no places. */
static void
put_whole(Writer *writer, const Digits *digits, const Form *form, char letter, int place)
{
	if (place == form->places - 1)
		for (int extra = digits->point - 1; extra > place; extra--)
			put_digit(writer, digits, form, extra);
	if (letter == '0' || place < digits->point)
		put_digit(writer, digits, form, place);
}

/* Is there a digit behind the point that must be shown from this one on? */
static bool
needs_decimal(const XlsxSection *section, const Digits *digits, int part, int decimal)
{
	for (; part < section->count; part++)
	{
		if (section->parts[part].kind != XLSX_PART_DIGIT)
			continue;
		if (section->parts[part].letter == '0' || digit_at(digits, -decimal) != '0')
			return true;
		decimal++;
	}
	return false;
}

static void
put_section(Writer *writer, const XlsxSection *section, const Form *form, const Digits *digits)
{
	int			place = form->places;
	int			decimal = 0;
	bool		point = false;

	for (int i = 0; i < section->count; i++)
	{
		const XlsxFormatPart *part = &section->parts[i];
		char		digit;

		switch (part->kind)
		{
			case XLSX_PART_DIGIT:
				if (!point)
					put_whole(writer, digits, form, part->letter, --place);
				else if (needs_decimal(section, digits, i, ++decimal))
				{
					digit = digit_at(digits, -decimal);
					put(writer, &digit, 1);
				}
				break;
			case XLSX_PART_POINT:
				if (!point && needs_decimal(section, digits, i, 1))
					put(writer, ".", 1);
				point = true;
				break;
			case XLSX_PART_PERCENT:
				put(writer, "%", 1);
				break;
			case XLSX_PART_LITERAL:
			case XLSX_PART_CURRENCY:
				put(writer, part->text, part->length);
				break;
			default:
				break;
		}
	}
}

size_t
xlsx_shown_number(const char *code, double value, const char *stored, size_t stored_length, char *buffer, size_t size)
{
	XlsxSection		section;
	Form		form;
	Digits		digits;
	Writer		writer = {buffer, size, 0};
	bool		minus;

	xlsx_section_choose(code, value, &section, &minus);
	take_form(&section, &form);
	if (section.too_long || form.first < 0 || !take_digits(&digits, value, stored, stored_length))
		return 0;
	for (int i = 0; i < section.count; i++)
		if (section.parts[i].kind == XLSX_PART_OTHER || section.parts[i].kind == XLSX_PART_UNIT)
			return 0;
	digits.point += digits.count > 0 ? form.shift : 0;
	round_digits(&digits, form.decimals);
	if (digits.count == 0)
		digits.point = 0;
	if (minus && digits.count > 0)
		put(&writer, "-", 1);
	put_section(&writer, &section, &form, &digits);
	return finish(&writer);
}

/* ---------- elapsed time ---------- */

/* Digits of a fraction of a second that are shown; -1: seconds are not. */
static int
shown_decimals(const XlsxSection *section)
{
	int			decimals = -1;

	for (int i = 0; i < section->count; i++)
	{
		const XlsxFormatPart *part = &section->parts[i];

		if (part->kind == XLSX_PART_UNIT && (part->letter | 0x20) == 's')
			decimals = 0;
		else if (part->kind == XLSX_PART_DIGIT && decimals >= 0)
			decimals++;
	}
	return decimals;
}

static void
put_unit(Writer *writer, const XlsxFormatPart *part, int64_t milliseconds)
{
	char		text[32];
	int64_t		number = 0;

	switch (part->letter)
	{
		case 'H':
			number = milliseconds / 3600000;
			break;
		case 'M':
			number = milliseconds / 60000;
			break;
		case 'S':
			number = milliseconds / 1000;
			break;
		case 'h':
			number = milliseconds / 3600000 % 24;
			break;
		case 'm':
			number = milliseconds / 60000 % 60;
			break;
		case 's':
			number = milliseconds / 1000 % 60;
			break;
	}
	put(writer, text, (size_t) snprintf(text, sizeof(text), "%0*lld", part->count > 9 ? 9 : part->count, (long long) number));
}

size_t
xlsx_shown_elapsed(const char *code, double serial, char *buffer, size_t size)
{
	static const int64_t steps[] = {1000, 100, 10, 1};
	XlsxSection		section;
	Writer		writer = {buffer, size, 0};
	int64_t		milliseconds;
	int64_t		step;
	int			decimals,
				shown = 0;
	bool		ignored;

	xlsx_section_choose(code, serial, &section, &ignored);
	decimals = shown_decimals(&section);
	if (section.too_long || decimals > 3 || !xlsx_serial_to_milliseconds(serial < 0 ? -serial : serial, &milliseconds))
		return 0;
	step = steps[decimals > 0 ? decimals : 0];
	if (decimals >= 0)
		milliseconds = (milliseconds + step / 2) / step * step;
	if (serial < 0 && milliseconds > 0)
		put(&writer, "-", 1);
	for (int i = 0; i < section.count; i++)
	{
		const XlsxFormatPart *part = &section.parts[i];
		char		digit = (char) ('0' + milliseconds % 1000 / (shown == 0 ? 100 : shown == 1 ? 10 : 1) % 10);

		if (part->kind == XLSX_PART_OTHER)
			return 0;
		if (part->kind == XLSX_PART_UNIT)
			put_unit(&writer, part, milliseconds);
		else if (part->kind == XLSX_PART_POINT)
			put(&writer, ".", 1);
		else if (part->kind == XLSX_PART_DIGIT)
		{
			put(&writer, &digit, 1);
			shown++;
		}
		else if (part->kind == XLSX_PART_LITERAL)
			put(&writer, part->text, part->length);
	}
	return finish(&writer);
}
