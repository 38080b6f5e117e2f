/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define DURATION_MAX_MS (366LL * 24 * 3600 * 1000)
#define CLOSEST_MAX 32 /* longer words are not compared */

int str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (size == 0)
		return -ENOSPC;
	if (len >= size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -ENOSPC;
	}
	memcpy(dst, src, len + 1);
	return 0;
}

int str_append(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(dst, size);

	if (len == size)
		return -ENOSPC;
	return str_copy(dst + len, size - len, src);
}

/* Read decimal digits at *s; advances *s. -EINVAL without a digit, -ERANGE beyond limit. */
static int read_digits(const char **s, int64_t limit, int64_t *ret)
{
	int64_t value = 0;

	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	for (; isdigit((unsigned char)**s); (*s)++) {
		int digit = **s - '0';

		if (value > (limit - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

int str_int(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t value;
	int rc;

	if (negative)
		s++;
	rc = read_digits(&s, INT64_MAX, &value);
	if (rc == -EINVAL || (rc == 0 && *s != '\0'))
		return -EINVAL;
	if (rc < 0)
		return rc;
	if (negative)
		value = -value;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

/* Milliseconds of a unit; 0 when it is none. */
static int64_t unit_ms(const char *unit)
{
	if (strcmp(unit, "") == 0 || strcmp(unit, "s") == 0)
		return 1000;
	if (strcmp(unit, "ms") == 0)
		return 1;
	if (strcmp(unit, "m") == 0)
		return 60 * 1000;
	if (strcmp(unit, "h") == 0)
		return 3600 * 1000;
	return 0;
}

int str_duration_ms(const char *s, int64_t *ret_ms)
{
	int64_t whole, factor, part_ms = 0, scale = 1, fraction = 0;
	int rc = read_digits(&s, DURATION_MAX_MS, &whole);

	if (rc < 0)
		return rc;
	if (*s == '.') {
		s++;
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		/* Digits beyond the sixth are below a microsecond of the smallest unit that is of use: dropped. */
		for (; isdigit((unsigned char)*s); s++) {
			if (scale < 1000000) {
				fraction = fraction * 10 + (*s - '0');
				scale *= 10;
			}
		}
	}
	factor = unit_ms(s);
	if (factor == 0)
		return -EINVAL;
	part_ms = fraction * factor / scale;
	if (whole > (DURATION_MAX_MS - part_ms) / factor)
		return -ERANGE;
	*ret_ms = whole * factor + part_ms;
	return 0;
}

int str_size_bytes(const char *s, int64_t *ret_bytes)
{
	int64_t value, factor = 1;
	int rc = read_digits(&s, INT64_MAX, &value);

	if (rc < 0)
		return rc;
	if (*s == 'k' || *s == 'K')
		factor = 1 << 10;
	else if (*s == 'M')
		factor = 1 << 20;
	else if (*s == 'G')
		factor = 1 << 30;
	if (factor > 1)
		s++;
	if (*s != '\0')
		return -EINVAL;
	if (value > INT64_MAX / factor)
		return -ERANGE;
	*ret_bytes = value * factor;
	return 0;
}

/* Edit distance (optimal string alignment: a swap of neighbours is one edit), case ignored. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][CLOSEST_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		above[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
			size_t best = above[j - 1] + (x != y);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == y && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[width];
}

const char *str_closest(const char *word, const char *const *names, size_t count)
{
	size_t len = strlen(word), limit = len / 3 > 1 ? len / 3 : 1, best = limit + 1;
	const char *found = NULL;

	if (len == 0 || len > CLOSEST_MAX)
		return NULL;
	for (size_t n = 0; n < count; n++) {
		size_t here;

		if (strlen(names[n]) > CLOSEST_MAX)
			continue;
		here = distance(word, names[n]);
		if (here < best) {
			best = here;
			found = names[n];
		}
	}
	return found;
}
