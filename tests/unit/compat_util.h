/* SPDX-License-Identifier: MIT */
/* What the tests of compat share: words and environment → plan and spec. */
#ifndef REINIT_TESTS_COMPAT_UTIL_H
#define REINIT_TESTS_COMPAT_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compat/common.h"

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })
#define NO_ENV ((char *[]){ NULL })

struct made {
	struct personality_plan plan;
	struct spec *spec; /* NULL when the plan is to leave */
};

static inline int count_words(char **words)
{
	int count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static inline void make_plan(struct made *made, personality_fn fn, char **argv, char **envp)
{
	struct personality_input input = { count_words(argv), argv, envp, 77 };
	struct specbuild build;
	struct err err = { 0 };

	memset(made, 0, sizeof(*made));
	specbuild_init(&build);
	fn(&input, &build, &made->plan);
	if (made->plan.run) {
		long size = specbuild_pack(&build, &made->spec);

		assert_true(size > 0);
		if (spec_check(made->spec, (size_t)size, &err) < 0)
			fail_msg("spec_check: %s", err.msg);
	}
	specbuild_finish(&build);
}

/* The plan must be to leave with code, after a text on fd that has part in it. */
static inline void expect_text(personality_fn fn, char **argv, int fd, int code, const char *part)
{
	struct made made;

	make_plan(&made, fn, argv, NO_ENV);
	assert_false(made.plan.run);
	assert_int_equal(made.plan.fd, fd);
	assert_int_equal(made.plan.exit_code, code);
	if (strstr(made.plan.text, part) == NULL)
		fail_msg("'%s' is not in: %s", part, made.plan.text);
}

/* The plan must be to run; the caller frees made->spec. Returns its one service. */
static inline const struct service_spec *expect_run(struct made *made, personality_fn fn, char **argv, char **envp)
{
	make_plan(made, fn, argv, envp);
	if (!made->plan.run)
		fail_msg("not to run: %s", made->plan.text);
	assert_int_equal(made->spec->service_count, 1);
	assert_int_equal(made->spec->main_service, 0);
	return spec_service(made->spec, 0);
}

static inline const char *sentence(const struct made *made, enum speech what)
{
	return spec_str(made->spec, made->spec->speech[what]);
}

#endif
