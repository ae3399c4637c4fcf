/*
 * limits.c
 *	  See limits.h.
 */
#include "limits.h"

#define ENTRY(name, unit, standard, least, most, description) {#name, description, unit, standard, least, most},
const XlsxLimit xlsx_limits[XLSX_LIMIT_COUNT] = {XLSX_LIMITS(ENTRY)};

#define STANDARD(name, unit, standard, least, most, description) .name = (uint64_t) (standard) * (unit),
const XlsxLimits xlsx_default_limits = {{XLSX_LIMITS(STANDARD)}};
