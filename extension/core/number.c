/*
 * number.c
 *	  See number.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Decimal
{
	bool		negative;
	bool		exact;			/* digits holds all of them */
	uint64_t	digits;			/* at most 19 digits */
	int			exponent;		/* value = digits * 10 ^ exponent */
} Decimal;

static inline bool
is_digit(char c)
{
	return (unsigned char) (c - '0') <= 9;
}

/* A run of digits; those behind a point move the exponent. */
static const char *
take_digits(const char *p, const char *end, bool behind_point, Decimal *decimal, int *significant)
{
	for (; p < end && is_digit(*p); p++)
	{
		if (*significant == 19)
		{
			decimal->exact &= *p == '0';
			decimal->exponent += !behind_point;
			continue;
		}
		decimal->digits = decimal->digits * 10 + (uint64_t) (*p - '0');
		*significant += decimal->digits != 0;
		decimal->exponent -= behind_point;
	}
	return p;
}

/* The exponent behind "e"; NULL when there is none. */
static const char *
take_exponent(const char *p, const char *end, Decimal *decimal)
{
	bool		negative = false;
	int			value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p < end && is_digit(*p); p++)
		if (value < 100000)
			value = value * 10 + (*p - '0');
	decimal->exponent += negative ? -value : value;
	return p;
}

static bool
read_decimal(const char *p, const char *end, Decimal *decimal)
{
	int			significant = 0;
	const char *start;

	memset(decimal, 0, sizeof(*decimal));
	decimal->exact = true;
	if (p < end && (*p == '-' || *p == '+'))
		decimal->negative = *p++ == '-';
	start = p;
	p = take_digits(p, end, false, decimal, &significant);
	if (p < end && *p == '.')
	{
		p++;
		p = take_digits(p, end, true, decimal, &significant);
		if (p - start == 1)
			return false;		/* the point alone */
	}
	if (p == start)
		return false;
	if (p < end && (*p == 'e' || *p == 'E'))
		p = take_exponent(p + 1, end, decimal);
	return p == end;
}

#if defined(__SIZEOF_INT128__) && !defined(XLSX_PORTABLE)
typedef unsigned __int128 uint128;

static const uint64_t powers_of_5[] = {
	UINT64_C(1), UINT64_C(5), UINT64_C(25), UINT64_C(125), UINT64_C(625), UINT64_C(3125), UINT64_C(15625),
	UINT64_C(78125), UINT64_C(390625), UINT64_C(1953125), UINT64_C(9765625), UINT64_C(48828125),
	UINT64_C(244140625), UINT64_C(1220703125), UINT64_C(6103515625), UINT64_C(30517578125),
	UINT64_C(152587890625), UINT64_C(762939453125), UINT64_C(3814697265625), UINT64_C(19073486328125),
	UINT64_C(95367431640625), UINT64_C(476837158203125), UINT64_C(2384185791015625),
	UINT64_C(11920928955078125), UINT64_C(59604644775390625), UINT64_C(298023223876953125),
	UINT64_C(1490116119384765625), UINT64_C(7450580596923828125)
};

/* The double nearest to (value + something below 1 if sticky) * 2 ^ exponent, value not 0, ties to even. */
static double
round_binary(uint128 value, bool sticky, int exponent)
{
	uint64_t	high = (uint64_t) (value >> 64);
	int			bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t) value);
	int			drop = bits - 53;
	uint64_t	mantissa,
				image;
	double		result;

	if (drop <= 0)
		mantissa = (uint64_t) value << -drop;
	else
	{
		uint128		half = (uint128) 1 << (drop - 1);
		uint128		rest = value & ((half << 1) - 1);

		mantissa = (uint64_t) (value >> drop);
		if (rest > half || (rest == half && (sticky || (mantissa & 1))))
			mantissa++;
	}
	exponent += drop;
	if (mantissa >> 53)
	{
		mantissa >>= 1;
		exponent++;
	}
	image = (uint64_t) (exponent + 52 + 1023) << 52 | (mantissa & ((UINT64_C(1) << 52) - 1));
	memcpy(&result, &image, sizeof(result));
	return result;
}

/* 10 ^ 27 is the last power whose factor 5 ^ 27 fits 63 bits: product and quotient are then exact. */
static bool
scale_exactly(const Decimal *decimal, double *value)
{
	int			shift;
	uint128		numerator;
	uint64_t	divisor;

	if (decimal->exponent > 27 || decimal->exponent < -27)
		return false;
	if (decimal->exponent >= 0)
	{
		*value = round_binary((uint128) decimal->digits * powers_of_5[decimal->exponent], false, decimal->exponent);
		return true;
	}
	shift = __builtin_clzll(decimal->digits);
	numerator = (uint128) (decimal->digits << shift) << 63;
	divisor = powers_of_5[-decimal->exponent];
	*value = round_binary(numerator / divisor, numerator % divisor != 0, decimal->exponent - 63 - shift);
	return true;
}
#else
static bool
scale_exactly(const Decimal *decimal, double *value)
{
	(void) decimal;
	(void) value;
	return false;
}
#endif

/* Powers of ten that a double holds exactly. */
static const double powers_of_10[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* Both operands exact, so that the one operation rounds right (Clinger). */
static bool
scale_small(const Decimal *decimal, double *value)
{
	if (decimal->digits > (UINT64_C(1) << 53) || decimal->exponent > 22 || decimal->exponent < -22)
		return false;
	if (decimal->exponent < 0)
		*value = (double) decimal->digits / powers_of_10[-decimal->exponent];
	else
		*value = (double) decimal->digits * powers_of_10[decimal->exponent];
	return true;
}

/* The C library, held to the C locale. The text has been checked; no program writes longer ones than copy takes. */
static bool
parse_slowly(const char *text, size_t length, double *value)
{
	char		copy[512];
	locale_t	c_locale;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t) 0);
	*value = c_locale != (locale_t) 0 ? strtod_l(copy, NULL, c_locale) : HUGE_VAL;
	if (c_locale != (locale_t) 0)
		freelocale(c_locale);
	return isfinite(*value);
}

bool
xlsx_number_parse(const char *text, size_t length, double *value)
{
	Decimal		decimal;

	if (!read_decimal(text, text + length, &decimal))
		return false;
	if (decimal.digits == 0)
		*value = 0;
	else if (!decimal.exact || !(scale_small(&decimal, value) || scale_exactly(&decimal, value)))
		return parse_slowly(text, length, value);
	if (decimal.negative)
		*value = -*value;
	return true;
}

/*
 * The digits of "d.ddde+xx" without trailing zeros, and the place of the
 * point; the locale decides only what stands behind the first digit.
 */
static size_t
printed_digits(const char *printed, char *digits, int *point)
{
	size_t		count = 0;

	for (; *printed != 'e'; printed++)
		if (is_digit(*printed))
			digits[count++] = *printed;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	digits[count] = '\0';
	*point = atoi(printed + 1) + 1;
	return count;
}

/* The fewest digits that read back as value, which is positive. */
static size_t
shortest_digits(double value, char *digits, int *point)
{
	char		printed[64];
	char		check[64];
	double		again;
	size_t		count = 0;
	int			precision;

	/* Below the normal numbers few digits are enough, else 15 always survive. */
	for (precision = value < 1e-300 ? 1 : 15; precision <= 17; precision++)
	{
		snprintf(printed, sizeof(printed), "%.*e", precision - 1, value);
		count = printed_digits(printed, digits, point);
		if (precision == 17)
			break;
		snprintf(check, sizeof(check), "%se%d", digits, *point - (int) count);
		if (xlsx_number_parse(check, strlen(check), &again) && again == value)
			break;
	}
	return count;
}

/* ECMA-262, Number::toString, for digits with the point behind the given place. */
static size_t
lay_out(const char *digits, size_t count, int point, char *buffer, size_t size)
{
	size_t		length = 0;
	int			i;

	if (point > 21 || point <= -6)
		return (size_t) snprintf(buffer, size, "%c%s%se%+d", digits[0], count > 1 ? "." : "", digits + 1, point - 1);
	if (point <= 0)
	{
		buffer[length++] = '0';
		buffer[length++] = '.';
		for (i = point; i < 0; i++)
			buffer[length++] = '0';
	}
	for (i = 0; i < (int) count; i++)
	{
		if (i == point && point > 0)
			buffer[length++] = '.';
		buffer[length++] = digits[i];
	}
	for (; i < point; i++)
		buffer[length++] = '0';
	buffer[length] = '\0';
	return length;
}

/*
 * Both digits and the power are exact doubles, so their quotient is the double
 * nearest to the decimal; no two decimals of 15 digits have the same one.
 */
bool
xlsx_number_decimal(double value, int64_t *digits, int *places)
{
	static const double powers[XLSX_MOST_PLACES + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

	for (*places = 0; *places <= XLSX_MOST_PLACES; ++*places)
	{
		double		scaled = value * powers[*places];

		if (!(scaled > -1e15 && scaled < 1e15))
			return false;
		*digits = (int64_t) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
		if ((double) *digits / powers[*places] == value)
			return true;
	}
	return false;
}

/* digits / 10^places, not negative; returns the length. */
static size_t
lay_out_decimal(int64_t digits, int places, char *buffer)
{
	char		backwards[24];
	size_t		count = 0,
				i;

	while (digits > 0 || places >= 0)
	{
		backwards[count++] = (char) ('0' + digits % 10);
		digits /= 10;
		if (--places == 0)
			backwards[count++] = '.';
	}
	for (i = 0; i < count; i++)
		buffer[i] = backwards[count - 1 - i];
	buffer[count] = '\0';
	return count;
}

size_t
xlsx_number_fifteen(double value, char *buffer, size_t size)
{
	char		printed[64];
	char		digits[32];
	size_t		count,
				sign = value < 0;
	int64_t		decimal;
	int			point;

	if (value == trunc(value) || value >= 1e15 || value <= -1e15 || xlsx_number_decimal(value, &decimal, &point))
		return xlsx_number_format(value, buffer, size);
	snprintf(printed, sizeof(printed), "%.14e", sign ? -value : value);
	count = printed_digits(printed, digits, &point);
	if (sign)
		buffer[0] = '-';
	return sign + lay_out(digits, count, point, buffer + sign, size - sign);
}

size_t
xlsx_number_format(double value, char *buffer, size_t size)
{
	char		digits[32];
	size_t		count;
	int64_t		decimal;
	int			point;
	size_t		sign = 0;

	if (value == 0)
		return (size_t) snprintf(buffer, size, "0");
	if (value < 0)
	{
		buffer[sign++] = '-';
		value = -value;
	}
	if (value >= 1e-6 && xlsx_number_decimal(value, &decimal, &point))
		return sign + lay_out_decimal(decimal, point, buffer + sign);
	count = shortest_digits(value, digits, &point);
	return sign + lay_out(digits, count, point, buffer + sign, size - sign);
}
