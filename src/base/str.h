/* SPDX-License-Identifier: MIT */
/* Bounded strings, numbers with units, and the nearest name for a misspelt one. */
#ifndef REINIT_BASE_STR_H
#define REINIT_BASE_STR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copy src into dst of size bytes, always terminated when size > 0.
 * Returns 0, or -ENOSPC when it was cut.
 */
int str_copy(char *dst, size_t size, const char *src);

/* Append src to the terminated string in dst of size bytes. Returns 0, or -ENOSPC when it was cut. */
int str_append(char *dst, size_t size, const char *src);

/*
 * Read a whole decimal number from min to max, nothing before or after it.
 * Returns 0, -EINVAL (not a number) or -ERANGE; *ret is untouched on failure.
 */
int str_int(const char *s, int64_t min, int64_t max, int64_t *ret);

/*
 * Read a duration: a decimal number (a fraction is allowed: "1.5s") with ms, s, m or h; without a
 * unit it means seconds. The result is in milliseconds, at most 366 days.
 * Returns 0, -EINVAL or -ERANGE; *ret_ms is untouched on failure.
 */
int str_duration_ms(const char *s, int64_t *ret_ms);

/* Read a size: a decimal number, alone (bytes) or with k, M or G (powers of 1024). Returns as str_int. */
int str_size_bytes(const char *s, int64_t *ret_bytes);

/*
 * The entry of names[0..count) that is nearest to word by edit distance, for "did you mean".
 * Case is ignored. NULL when nothing is near (distance above one third of the length, at least 1).
 */
const char *str_closest(const char *word, const char *const *names, size_t count);

#endif
