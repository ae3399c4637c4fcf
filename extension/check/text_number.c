/*
 * text_number.c
 *	  Numbers as people write them.
 */
#include "check/text_number.h"

#include "profile/language.h"

typedef struct Affixes
{
	bool		parenthesis;
	bool		sign;			/* one was there */
	bool		negative;
	bool		currency;
	bool		percent;
} Affixes;

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
starts_with(const char *p, const char *end, const char *with)
{
	size_t		length = strlen(with);

	return (size_t) (end - p) >= length && memcmp(p, with, length) == 0 ? length : 0;
}

/* Length of the first of some texts that is here; the list ends with NULL. */
static size_t
any_of(const char *p, const char *end, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (starts_with(p, end, *texts) > 0)
			return strlen(*texts);
	return 0;
}

static size_t
space_at(const char *p, const char *end)
{
	/* no-break, narrow no-break, thin and figure space */
	static const char *const spaces[] = {" ", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x87", NULL};

	return any_of(p, end, spaces);
}

static size_t
apostrophe_at(const char *p, const char *end)
{
	static const char *const apostrophes[] = {"'", "\xE2\x80\x99", NULL};

	return any_of(p, end, apostrophes);
}

static size_t
minus_at(const char *p, const char *end)
{
	static const char *const minuses[] = {"-", "\xE2\x88\x92", NULL};

	return any_of(p, end, minuses);
}

/*
 * Currencies
 */

/* ISO 4217 */
static const char codes[] =
" AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC"
" CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK"
" JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN"
" NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP"
" SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL ";

static size_t
code_at(const char *p, const char *end)
{
	char		code[] = " ??? ";

	if (language_word(p, end) != 3)
		return 0;
	for (int i = 0; i < 3; i++)
		code[1 + i] = (char) pg_toupper((unsigned char) p[i]);
	return strstr(codes, code) != NULL ? 3 : 0;
}

static size_t
currency_at(const char *p, const char *end)
{
	static const char *const signs[] = {"US$", "NZ$", "HK$", "R$", "A$", "C$", "S$", "$", "\xC2\xA3", "\xC2\xA5", "\xC2\xA2", "\xE0\xB8\xBF", NULL};
	static const char *const words[] = {"kr.", "kr", "SFr.", "Fr.", "Fr", "z\xC5\x82", "K\xC4\x8D", "Ft", "lei", NULL};
	size_t		length = any_of(p, end, signs);

	if (length > 0)
		return length;
	/* the block of currency symbols, U+20A0 to U+20CF */
	if (end - p >= 3 && (unsigned char) p[0] == 0xE2 &&
		(((unsigned char) p[1] == 0x82 && (unsigned char) p[2] >= 0xA0) || ((unsigned char) p[1] == 0x83 && (unsigned char) p[2] <= 0x8F)))
		return 3;
	length = any_of(p, end, words);
	if (length > 0 && language_word(p + length, end) == 0)
		return length;
	return code_at(p, end);
}

/*
 * Around the digits
 */

/* What stands before the digits, or behind them; false: something twice. */
static bool
take_affix(const char **p, const char *end, Affixes *affixes, bool before)
{
	size_t		length;

	if ((length = space_at(*p, end)) > 0)
	{
		*p += length;
		return true;
	}
	if ((length = minus_at(*p, end)) > 0 || (before && (length = starts_with(*p, end, "+")) > 0))
	{
		if (affixes->sign || affixes->parenthesis)
			return false;
		affixes->sign = true;
		affixes->negative = **p != '+';
	}
	else if (before && (length = starts_with(*p, end, "(")) > 0)
	{
		if (affixes->sign || affixes->parenthesis)
			return false;
		affixes->parenthesis = affixes->negative = true;
	}
	else if ((length = currency_at(*p, end)) > 0)
	{
		if (affixes->currency)
			return false;
		affixes->currency = true;
	}
	else if (!before && (length = starts_with(*p, end, "%")) > 0)
	{
		if (affixes->percent)
			return false;
		affixes->percent = true;
	}
	else
		return false;
	*p += length;
	return true;
}

/* The digits with their separators, as ASCII -> out; returns their end in the text. "12,-" is 12. */
static const char *
copy_core(const char *p, const char *end, char *out, size_t *length)
{
	char	   *o = out;

	while (p < end)
	{
		size_t		group;
		char		as = ' ';

		if (is_digit(*p) || *p == '.' || *p == ',')
		{
			*o++ = *p++;
			continue;
		}
		group = space_at(p, end);
		if (group == 0)
		{
			group = apostrophe_at(p, end);
			as = '\'';
		}
		if ((*p == 'e' || *p == 'E') && end - p >= 2 && (is_digit(p[1]) || ((p[1] == '+' || p[1] == '-') && end - p >= 3 && is_digit(p[2]))))
		{
			*o++ = *p++;
			*o++ = *p++;
		}
		else if (group > 0 && o > out && p + group < end && is_digit(p[group]))
		{
			*o++ = as;
			p += group;
		}
		else
			break;
	}
	if (o > out && (o[-1] == ',' || o[-1] == '.'))
		for (size_t dash; (dash = minus_at(p, end)) > 0;)
			p += dash;
	*length = (size_t) (o - out);
	return p;
}

/*
 * The digits
 */

/* Digits in groups of three, or of two before the last three as in India; removes the separators. */
static bool
join_groups(char *digits, size_t *length)
{
	char		separator = '\0';
	size_t		count = 0;		/* of the group at hand */
	size_t		inner = 0;		/* of the groups behind the first */
	size_t		kept = 0;
	bool		first = true;

	if (digits[0] == '0')
		return false;
	for (size_t i = 0; i < *length; i++)
	{
		if (is_digit(digits[i]))
		{
			digits[kept++] = digits[i];
			count++;
			continue;
		}
		if ((separator != '\0' && digits[i] != separator) || count == 0 || count > 3 || (!first && inner != 0 && count != inner))
			return false;
		if (!first)
			inner = count;
		separator = digits[i];
		first = false;
		count = 0;
	}
	*length = kept;
	return count == 3 && (inner == 0 || inner == 3 || inner == 2);
}

static size_t
count_digits(const char *p, size_t length)
{
	size_t		count = 0;

	while (count < length && is_digit(p[count]))
		count++;
	return count;
}

/* "1.234,5" in place -> "1234.5"; 0: it does not fit the decimal sign. */
static size_t
join_core(char *core, size_t length, char point)
{
	size_t		whole = strcspn(core, point == ',' ? ",eE" : ".eE");
	size_t		joined = whole;
	size_t		rest = length - whole;
	size_t		fraction = 0;
	char	   *tail = core + whole;

	if (count_digits(core, whole) < whole && !join_groups(core, &joined))
		return 0;
	if (rest > 0 && *tail == point)
	{
		*tail = '.';
		fraction = count_digits(tail + 1, rest - 1);
		if (whole + fraction == 0)
			return 0;
		if (1 + fraction < rest && tail[1 + fraction] != 'e' && tail[1 + fraction] != 'E')
			return 0;
	}
	else if (whole == 0)
		return 0;
	/* an exponent, which cannot stand behind groups */
	if (rest > (fraction > 0 || (rest > 0 && *tail == '.') ? 1 + fraction : 0))
	{
		const char *exponent = tail + (*tail == '.' ? 1 + fraction : 0) + 1;
		size_t		left = length - (size_t) (exponent - core);

		if (joined < whole || left == 0)
			return 0;
		if (*exponent == '+' || *exponent == '-')
			exponent++, left--;
		if (left == 0 || count_digits(exponent, left) < left)
			return 0;
	}
	memmove(core + joined, tail, rest);
	return joined + rest;
}

size_t
text_number_read(const char *text, size_t length, DecimalSign sign, char *out)
{
	const char *p = text;
	const char *end = text + length;
	Affixes		affixes = {0};
	size_t		digits;

	while (p < end && !is_digit(*p) && *p != '.' && *p != ',')
		if (!take_affix(&p, end, &affixes, true))
			return 0;
	p = copy_core(p, end, out + 1, &digits);
	out[1 + digits] = '\0';
	digits = join_core(out + 1, digits, sign == DECIMAL_COMMA ? ',' : '.');
	out[1 + digits] = '\0';
	while (p < end && *p != ')' && digits > 0)
		if (!take_affix(&p, end, &affixes, false))
			return 0;
	if (affixes.parenthesis != (p < end && *p == ')') || p + affixes.parenthesis != end || digits == 0)
		return 0;
	if (affixes.percent && strpbrk(out + 1, "eE") != NULL)
		return 0;
	if (affixes.percent)
	{
		memcpy(out + 1 + digits, "e-2", 3);
		digits += 3;
	}
	if (affixes.negative)
		out[0] = '-';
	else
		memmove(out, out + 1, digits);
	return digits + affixes.negative;
}

bool
text_number_is_plain(const char *text, size_t length)
{
	size_t		sign = length > 0 && text[0] == '-' ? 1 : 0;

	return length > sign && count_digits(text + sign, length - sign) == length - sign;
}

bool
text_number_short(const char *text, size_t length, DecimalSign sign, int64 *digits, int *places)
{
	const char	point = sign == DECIMAL_COMMA ? ',' : '.';
	const char	separator = sign == DECIMAL_COMMA ? '.' : ',';
	bool		negative = length > 0 && *text == '-';
	bool		fraction = false;
	int			count = 0;
	int			group = -1;		/* digits since the last separator; -1: there is none */
	int64		number = 0;

	*places = 0;
	for (size_t i = negative; i < length; i++)
	{
		char		c = text[i];

		if (is_digit(c))
		{
			number = number * 10 + (c - '0');
			count++;
			group += group >= 0 && !fraction;
			*places += fraction;
		}
		else if (c == separator && !fraction && (group < 0 ? count > 0 && count <= 3 && number > 0 && text[negative] != '0' : group == 3))
			group = 0;
		else if (c == point && !fraction && (group < 0 || group == 3))
			fraction = true;
		else
			return false;
	}
	if (count == 0 || count > 15 || (!fraction && group >= 0 && group != 3) || (fraction && *places == 0))
		return false;
	for (; *places > 0 && number % 10 == 0; --*places)
		number /= 10;
	*digits = negative ? -number : number;
	return true;
}
