/*
 * decimal.c
 *	  Decimal numbers as text.
 */
#include "pg/decimal.h"

#include "common/int.h"

/* A larger exponent only means "too large". */
#define EXPONENT_LIMIT 1000000

typedef struct Decimal
{
	const char *digits;			/* mantissa, with the point in it */
	const char *digits_end;
	bool		negative;
	int			exponent;
} Decimal;

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
split_exponent(const char *at, const char *end, int *exponent)
{
	bool		negative = false;
	int			value = 0;

	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	if (at == end)
		return false;
	for (; at < end; at++)
	{
		if (!is_digit(*at))
			return false;
		value = Min(value * 10 + (*at - '0'), EXPONENT_LIMIT);
	}
	*exponent = negative ? -value : value;
	return true;
}

static bool
split(const char *text, size_t length, Decimal *decimal)
{
	const char *end = text + length;
	int			digits = 0;
	int			points = 0;

	*decimal = (Decimal){0};
	if (text < end && (*text == '+' || *text == '-'))
		decimal->negative = *text++ == '-';
	decimal->digits = text;
	for (; text < end && (is_digit(*text) || *text == '.'); text++)
		*text == '.' ? points++ : digits++;
	decimal->digits_end = text;
	if (digits == 0 || points > 1)
		return false;
	return text == end || ((*text == 'e' || *text == 'E') && split_exponent(text + 1, end, &decimal->exponent));
}

bool
decimal_parse(const char *text, size_t length, DecimalShape *shape)
{
	Decimal		decimal;
	int			position = 0;	/* digits before the point */
	int			first = -1;		/* indexes of the first and the last digit that is not 0 */
	int			last = -1;
	int			index = 0;
	bool		point = false;

	if (!split(text, length, &decimal))
		return false;
	for (const char *c = decimal.digits; c < decimal.digits_end; c++)
	{
		if (*c == '.')
		{
			point = true;
			continue;
		}
		if (*c != '0')
		{
			first = first < 0 ? index : first;
			last = index;
		}
		index++;
		position += !point;
	}
	position += decimal.exponent;
	shape->integer_digits = first < 0 ? 0 : Max(position - first, 0);
	shape->fraction_digits = last < 0 ? 0 : Max(last + 1 - position, 0);
	return true;
}

bool
decimal_to_int64(const char *text, size_t length, int64 *value)
{
	Decimal		decimal;
	DecimalShape shape;
	int			position = 0;
	int			index = 0;
	int64		result = 0;

	if (!decimal_parse(text, length, &shape) || !split(text, length, &decimal) || shape.integer_digits > 19)
		return false;
	for (const char *c = decimal.digits; c < decimal.digits_end && *c != '.'; c++)
		position++;
	position += decimal.exponent;	/* digits of the integer, with zeros at its end */
	for (const char *c = decimal.digits; index < position; c++)
	{
		int			digit;

		if (c < decimal.digits_end && *c == '.')
			continue;
		digit = c < decimal.digits_end ? *c - '0' : 0;
		if (shape.integer_digits == 0)
			break;
		if (pg_mul_s64_overflow(result, 10, &result) || pg_sub_s64_overflow(result, digit, &result))
			return false;
		index++;
	}
	if (!decimal.negative && result == PG_INT64_MIN)
		return false;
	*value = decimal.negative ? result : -result;
	return true;
}

/* Adds one to a whole number of digits; returns the carry. */
static bool
increment(char *digits, int count)
{
	for (int i = count - 1; i >= 0; i--)
	{
		if (digits[i] != '9')
		{
			digits[i]++;
			return false;
		}
		digits[i] = '0';
	}
	return true;
}

static bool
rounds_up(const char *digits, int count, int keep, bool half_even)
{
	if (keep < 0 || keep >= count || digits[keep] < '5')
		return false;
	if (!half_even || digits[keep] > '5' || (int) strspn(digits + keep + 1, "0") < count - keep - 1)
		return true;
	return keep > 0 && (digits[keep - 1] - '0') % 2 == 1;
}

char *
decimal_round(const char *text, size_t length, int decimals, bool half_even)
{
	Decimal		decimal;
	DecimalShape shape;
	char	   *digits = palloc0(length + 2);
	int			count = 0;
	int			keep;
	bool		started = false;
	StringInfoData result;

	if (!split(text, length, &decimal) || !decimal_parse(text, length, &shape))
		return pnstrdup(text, length);
	/* The digits as 0.00123, counted from the first that is not 0; those before the point come first. */
	for (const char *c = decimal.digits; c < decimal.digits_end; c++)
		if (*c != '.' && (started = started || *c != '0'))
			digits[1 + count++] = *c;
	keep = shape.integer_digits + decimals;
	if (shape.integer_digits == 0)
	{
		/* zeros behind the point before the first digit */
		int			first = decimal.exponent;

		for (const char *c = decimal.digits; c < decimal.digits_end && *c != '.'; c++)
			first++;
		for (const char *c = decimal.digits; c < decimal.digits_end && (*c == '0' || *c == '.'); c++)
			first -= *c == '0';
		keep = decimals + first;
	}
	if (keep < 0)
		return pstrdup("0");
	digits[0] = '0';
	if (rounds_up(digits + 1, count, keep, half_even))
		(void) increment(digits, 1 + keep);
	/* digits[0 .. keep] over 10 ^ decimals */
	initStringInfo(&result);
	appendStringInfo(&result, "%s%.*se%d", decimal.negative ? "-" : "", 1 + Min(keep, count), digits, keep - Min(keep, count) - decimals);
	return result.data;
}
