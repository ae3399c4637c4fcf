/*
 * language.c
 *	  How people of a locale write dates, numbers and truth.
 */
#include "profile/language.h"

#include "profile/words.h"

#define NONE (-1)

/* Longer words are no months. */
#define MOST_WORD 32

/* Lists of words in lower case, each between two bars. */
struct Language
{
	const char *code;
	int			date_order;
	int			decimal;
	const char *months[12];
	const char *yes;
	const char *no;
};

static const Language languages[] = {
	{"en", NONE, DECIMAL_POINT,
		{"|january|jan|", "|february|feb|", "|march|mar|", "|april|apr|", "|may|", "|june|jun|", "|july|jul|", "|august|aug|",
		"|september|sept|sep|", "|october|oct|", "|november|nov|", "|december|dec|"},
	"|yes|true|y|t|x|✓|✔|", "|no|false|n|f|"},
	{"de", DATE_ORDER_DMY, DECIMAL_COMMA,
		{"|januar|jänner|jan|jän|", "|februar|feber|feb|", "|märz|maerz|mär|mrz|mar|", "|april|apr|", "|mai|", "|juni|jun|", "|juli|jul|",
		"|august|aug|", "|september|sept|sep|", "|oktober|okt|", "|november|nov|", "|dezember|dez|"},
	"|ja|wahr|j|x|✓|✔|", "|nein|falsch|n|"},
	{"fr", DATE_ORDER_DMY, DECIMAL_COMMA,
		{"|janvier|janv|jan|", "|février|fevrier|févr|fevr|fév|", "|mars|mar|", "|avril|avr|", "|mai|", "|juin|", "|juillet|juil|",
		"|août|aout|", "|septembre|sept|sep|", "|octobre|oct|", "|novembre|nov|", "|décembre|decembre|déc|dec|"},
	"|oui|vrai|o|v|x|✓|✔|", "|non|faux|n|f|"},
	{"es", DATE_ORDER_DMY, DECIMAL_COMMA,
		{"|enero|ene|", "|febrero|feb|", "|marzo|mar|", "|abril|abr|", "|mayo|may|", "|junio|jun|", "|julio|jul|", "|agosto|ago|",
		"|septiembre|setiembre|sept|sep|set|", "|octubre|oct|", "|noviembre|nov|", "|diciembre|dic|"},
	"|sí|si|verdadero|s|v|x|✓|✔|", "|no|falso|n|f|"},
	{"pt", DATE_ORDER_DMY, DECIMAL_COMMA,
		{"|janeiro|jan|", "|fevereiro|fev|", "|março|marco|mar|", "|abril|abr|", "|maio|mai|", "|junho|jun|", "|julho|jul|", "|agosto|ago|",
		"|setembro|set|", "|outubro|out|", "|novembro|nov|", "|dezembro|dez|"},
	"|sim|verdadeiro|s|v|x|✓|✔|", "|não|nao|falso|n|f|"},
};

static const char weekdays[] =
"|monday|mon|tuesday|tue|tues|wednesday|wed|thursday|thu|thur|thurs|friday|fri|saturday|sat|sunday|sun"
"|montag|mo|dienstag|di|mittwoch|mi|donnerstag|do|freitag|fr|samstag|sonnabend|sa|sonntag|so"
"|lundi|lun|mardi|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim"
"|lunes|martes|miércoles|mié|jueves|jue|viernes|vie|sábado|sáb|domingo|dom"
"|segunda-feira|segunda|seg|terça-feira|terça|ter|quarta-feira|quarta|qua|quinta-feira|quinta|qui|sexta-feira|sexta|sex|";

/* Regions whose people write otherwise than their language says. */
typedef struct Region
{
	const char *locale;
	int			date_order;		/* NONE: as the language */
	int			decimal;
} Region;

static const Region regions[] = {
	{"en-US", DATE_ORDER_MDY, NONE}, {"en-PH", DATE_ORDER_MDY, NONE}, {"en-CA", NONE, NONE}, {"en-GB", DATE_ORDER_DMY, NONE},
	{"en-IE", DATE_ORDER_DMY, NONE}, {"en-AU", DATE_ORDER_DMY, NONE}, {"en-NZ", DATE_ORDER_DMY, NONE}, {"en-IN", DATE_ORDER_DMY, NONE},
	{"en-SG", DATE_ORDER_DMY, NONE}, {"en-ZA", DATE_ORDER_YMD, DECIMAL_COMMA}, {"de-CH", NONE, DECIMAL_POINT}, {"de-LI", NONE, DECIMAL_POINT},
	{"fr-CA", DATE_ORDER_YMD, NONE}, {"es-MX", NONE, DECIMAL_POINT}, {"es-US", DATE_ORDER_MDY, DECIMAL_POINT},
	{"es-PR", DATE_ORDER_MDY, DECIMAL_POINT}, {"es-GT", NONE, DECIMAL_POINT}, {"es-HN", NONE, DECIMAL_POINT}, {"es-NI", NONE, DECIMAL_POINT},
	{"es-PA", NONE, DECIMAL_POINT}, {"es-SV", NONE, DECIMAL_POINT}, {"es-DO", NONE, DECIMAL_POINT}, {"es-PE", NONE, DECIMAL_POINT},
};

const Language *
language_of(const char *locale)
{
	size_t		length = locale != NULL ? strcspn(locale, "-_.@") : 0;

	for (size_t i = 0; i < lengthof(languages); i++)
		if (length == 2 && pg_strncasecmp(locale, languages[i].code, 2) == 0)
			return &languages[i];
	return NULL;
}

int
language_number(const Language *language)
{
	return language != NULL ? (int) (language - languages) + 1 : 0;
}

const Language *
language_numbered(int number)
{
	return number > 0 ? &languages[number - 1] : NULL;
}

/* NULL if the locale's region is not one of those. */
static const Region *
region_of(const char *locale)
{
	char		name[6];

	if (locale == NULL || strlen(locale) < 5 || (locale[5] != '\0' && locale[5] != '.' && locale[5] != '@'))
		return NULL;
	memcpy(name, locale, 5);
	name[2] = name[2] == '_' ? '-' : name[2];
	name[5] = '\0';
	for (size_t i = 0; i < lengthof(regions); i++)
		if (pg_strcasecmp(name, regions[i].locale) == 0)
			return &regions[i];
	return NULL;
}

int
language_date_order(const char *locale)
{
	const Language *language = language_of(locale);
	const Region *region = region_of(locale);

	if (region != NULL && region->date_order != NONE)
		return region->date_order;
	return language != NULL ? language->date_order : NONE;
}

int
language_decimal(const char *locale)
{
	const Language *language = language_of(locale);
	const Region *region = region_of(locale);

	if (region != NULL && region->decimal != NONE)
		return region->decimal;
	return language != NULL ? language->decimal : NONE;
}

/* The word in lower case between two bars; knows the letters of these languages. */
static bool
put_between_bars(const char *word, size_t length, char *out)
{
	if (length == 0 || length > MOST_WORD || memchr(word, '|', length) != NULL)
		return false;
	*out++ = '|';
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) word[i];
		bool		capital = (c >= 'A' && c <= 'Z') ||
			(i > 0 && (unsigned char) word[i - 1] == 0xC3 && c >= 0x80 && c <= 0x9E && c != 0x97);

		*out++ = (char) (capital ? c + 0x20 : c);
	}
	*out++ = '|';
	*out = '\0';
	return true;
}

static int
month_in(const Language *language, const char *barred)
{
	for (int i = 0; i < 12; i++)
		if (strstr(language->months[i], barred) != NULL)
			return i + 1;
	return 0;
}

int
language_month(const Language *language, const char *word, size_t length)
{
	char		barred[MOST_WORD + 3];
	int			month = 0;

	if (!put_between_bars(word, length, barred))
		return 0;
	if (language != NULL)
		month = month_in(language, barred);
	for (size_t i = 0; month == 0 && i < (language != NULL ? 1 : lengthof(languages)); i++)
		month = month_in(&languages[i], barred);
	return month;
}

bool
language_is_weekday(const char *word, size_t length)
{
	char		barred[MOST_WORD + 3];

	return put_between_bars(word, length, barred) && strstr(weekdays, barred) != NULL;
}

bool
language_truth(const Language *language, const char *word, size_t length, bool *truth)
{
	char		barred[MOST_WORD + 3];

	if (language == NULL || !put_between_bars(word, length, barred))
		return false;
	*truth = strstr(language->yes, barred) != NULL;
	return *truth || strstr(language->no, barred) != NULL;
}

size_t
language_word(const char *text, const char *end)
{
	const char *p = text;

	/* A no-break space is no letter. */
	while (p < end && ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
					   ((unsigned char) *p >= 0x80 && !(end - p >= 2 && (unsigned char) p[0] == 0xC2) && (unsigned char) *p != 0xE2)))
		p++;
	return (size_t) (p - text);
}
