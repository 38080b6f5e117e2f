/* SPDX-License-Identifier: MIT */
/* What every unit test includes. */
#ifndef REINIT_TESTS_BASE_UTIL_H
#define REINIT_TESTS_BASE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fails with both texts when `text` does not hold `part`. */
#define assert_holds(text, part) \
	do { \
		if (strstr((text), (part)) == NULL) \
			fail_msg("'%s' is not in '%s'", (part), (text)); \
	} while (0)

#endif
