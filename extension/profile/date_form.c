/*
 * date_form.c
 *	  The option "format" of a column.
 */
#include "profile/date_form.h"

typedef enum FormPart
{
	PART_YEAR, PART_YEAR_SHORT, PART_MONTH_NAME, PART_MONTH, PART_DAY, PART_HOUR, PART_HOUR_12, PART_MINUTE, PART_SECOND,
	PART_FRACTION, PART_HALF, PART_ZONE, PART_LITERAL, PART_SPACE, PART_WRONG
} FormPart;

static const struct
{
	const char *word;
	FormPart	part;
}			words[] = {
	/* the longer of two that begin alike comes first */
	{"YYYY", PART_YEAR}, {"YY", PART_YEAR_SHORT}, {"MONTH", PART_MONTH_NAME}, {"MMMM", PART_MONTH_NAME}, {"MON", PART_MONTH_NAME},
	{"MMM", PART_MONTH_NAME}, {"MM", PART_MONTH}, {"MI", PART_MINUTE}, {"MS", PART_FRACTION}, {"M", PART_MONTH}, {"DD", PART_DAY},
	{"D", PART_DAY}, {"HH24", PART_HOUR}, {"HH12", PART_HOUR_12}, {"HH", PART_HOUR}, {"H", PART_HOUR}, {"SS", PART_SECOND},
	{"US", PART_FRACTION}, {"AM", PART_HALF}, {"PM", PART_HALF}, {"TZ", PART_ZONE}
};

/* The part at the start of the form -> its length, the literal character. quoted: state of the double quotes. */
static FormPart
next_part(const char *form, bool *quoted, bool time, size_t *length)
{
	*length = 1;
	if (*form == '"')
	{
		*quoted = !*quoted;
		*length = 1;
		return PART_SPACE;
	}
	if (*quoted)
		return PART_LITERAL;
	for (size_t i = 0; i < lengthof(words); i++)
	{
		*length = strlen(words[i].word);
		if (pg_strncasecmp(form, words[i].word, *length) == 0)
			return words[i].part == PART_MONTH && time ? PART_MINUTE : words[i].part;
	}
	*length = 1;
	if ((*form >= 'A' && *form <= 'Z') || (*form >= 'a' && *form <= 'z'))
		return *form == 'T' || *form == 't' ? PART_LITERAL : PART_WRONG;
	return *form == ' ' ? PART_SPACE : PART_LITERAL;
}

static void
refuse(const char *form, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a format of dates", form),
			 errdetail("%s", detail),
			 errhint("Write it of YYYY, MM, DD and what stands between them, such as DD.MM.YYYY or D MONTH YYYY HH24:MI.")));
}

void
date_form_check(const char *form)
{
	int			seen[PART_WRONG + 1] = {0};
	bool		quoted = false;
	bool		time = false;
	size_t		length;

	for (const char *p = form; *p != '\0'; p += length)
	{
		FormPart	part = next_part(p, &quoted, time, &length);

		if (part == PART_WRONG)
			refuse(form, psprintf("It has no part \"%c\"; letters that stand for themselves are in double quotes.", *p));
		seen[part]++;
		time = part == PART_HOUR || part == PART_HOUR_12 || (time && part == PART_LITERAL);
		if (part < PART_LITERAL && seen[part] > 1)
			refuse(form, psprintf("It has the part \"%.*s\" twice.", (int) length, p));
	}
	if (quoted)
		refuse(form, "A double quote is not closed.");
	if (seen[PART_YEAR] + seen[PART_YEAR_SHORT] != 1 || seen[PART_MONTH] + seen[PART_MONTH_NAME] != 1 || seen[PART_DAY] != 1)
		refuse(form, "It must have one year, one month and one day.");
	if (seen[PART_HOUR] + seen[PART_HOUR_12] > 1 || (seen[PART_MINUTE] > 0) != (seen[PART_HOUR] + seen[PART_HOUR_12] > 0) ||
		(seen[PART_SECOND] > 0 && seen[PART_MINUTE] == 0) || (seen[PART_HOUR_12] > 0 && seen[PART_HALF] == 0))
		refuse(form, "A time of day has an hour and a minute; an hour of twelve needs AM.");
}

/*
 * Reading
 */

typedef struct FormReader
{
	const Language *language;
	TextMoment *moment;
	bool		afternoon;
	bool		half;			/* AM or PM was there */
} FormReader;

static const char *
read_fraction(const char *p, const char *end, int *microsecond)
{
	int			unit = 100000;
	const char *start = p;

	for (*microsecond = 0; p < end && *p >= '0' && *p <= '9'; p++, unit /= 10)
		*microsecond += (*p - '0') * unit;
	return p > start ? p : NULL;
}

static const char *
read_name(FormReader *reader, const char *p, const char *end)
{
	size_t		length = language_word(p, end);

	reader->moment->month = language_month(reader->language != NULL ? reader->language : language_of("en"), p, length);
	p += length;
	/* "Sept." where the form has no point */
	return reader->moment->month > 0 ? p : NULL;
}

static const char *
read_half(FormReader *reader, const char *p, const char *end)
{
	if (end - p < 2 || ((p[0] | 0x20) != 'a' && (p[0] | 0x20) != 'p') || (p[1] | 0x20) != 'm')
		return NULL;
	reader->half = true;
	reader->afternoon = (p[0] | 0x20) == 'p';
	return p + 2;
}

static const char *
read_zone(FormReader *reader, const char *p, const char *end)
{
	const char *stop = p;

	while (stop < end && *stop != ' ' && *stop != ')' && *stop != ']')
		stop++;
	return moment_read_zone(p, stop, reader->moment) ? stop : NULL;
}

static const char *
read_year(const char *p, const char *end, int digits, int *year)
{
	const char *behind = moment_digits(p, end, digits, year);

	if (behind == NULL || behind - p != digits)
		return NULL;
	if (digits == 2)
		*year = moment_year(*year);
	return behind;
}

static const char *
read_part(FormReader *reader, FormPart part, char literal, const char *p, const char *end)
{
	TextMoment *moment = reader->moment;

	switch (part)
	{
		case PART_YEAR:
			return read_year(p, end, 4, &moment->year);
		case PART_YEAR_SHORT:
			return read_year(p, end, 2, &moment->year);
		case PART_MONTH_NAME:
			return read_name(reader, p, end);
		case PART_MONTH:
			return moment_digits(p, end, 2, &moment->month);
		case PART_DAY:
			return moment_digits(p, end, 2, &moment->day);
		case PART_HOUR:
		case PART_HOUR_12:
			moment->has_time = true;
			return moment_digits(p, end, 2, &moment->hour);
		case PART_MINUTE:
			return moment_digits(p, end, 2, &moment->minute);
		case PART_SECOND:
			return moment_digits(p, end, 2, &moment->second);
		case PART_FRACTION:
			return read_fraction(p, end, &moment->microsecond);
		case PART_HALF:
			return read_half(reader, p, end);
		case PART_ZONE:
			return read_zone(reader, p, end);
		case PART_SPACE:
			return moment_skip_spaces(p, end);
		default:
			return p < end && pg_ascii_tolower((unsigned char) *p) == pg_ascii_tolower((unsigned char) literal) ? p + 1 : NULL;
	}
}

static bool
is_possible(FormReader *reader)
{
	TextMoment *moment = reader->moment;

	if (reader->half)
	{
		if (moment->hour < 1 || moment->hour > 12)
			return false;
		moment->hour = moment->hour % 12 + (reader->afternoon ? 12 : 0);
	}
	return moment_is_day(moment->year, moment->month, moment->day) && moment->hour <= 23 && moment->minute <= 59 &&
		moment->second <= 60;
}

bool
date_form_read(const char *form, const char *text, size_t length, const Language *language, TextMoment *moment)
{
	FormReader	reader = {language, moment};
	const char *p = text;
	const char *end = text + length;
	bool		quoted = false;
	bool		time = false;
	size_t		step;

	*moment = (TextMoment) {0};
	for (; *form != '\0'; form += step)
	{
		FormPart	part = next_part(form, &quoted, time, &step);

		time = part == PART_HOUR || part == PART_HOUR_12 || (time && part == PART_LITERAL);
		p = read_part(&reader, part, *form, p, end);
		if (p == NULL)
			return false;
	}
	return p == end && is_possible(&reader);
}
