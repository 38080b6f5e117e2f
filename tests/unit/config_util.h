/* SPDX-License-Identifier: MIT */
/* What the tests of config share: argv → draft → spec, with the faults as text. */
#ifndef REINIT_TESTS_CONFIG_UTIL_H
#define REINIT_TESTS_CONFIG_UTIL_H

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

#include "config/check.h"
#include "config/cli.h"
#include "config/file.h"

#define WORDS(...) ((char *[]){ "reinit", __VA_ARGS__, NULL })
#define NO_ENV ((char *[]){ NULL })

struct judged {
	struct cli cli;
	struct faults faults;
	struct spec *spec; /* NULL after faults */
	long size;
};

static inline int words_count(char **words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

/* Judge a draft that is complete. */
static inline void judge_draft(struct judged *judged)
{
	struct specbuild build;
	int r;

	specbuild_init(&build);
	faults_init(&judged->faults);
	judged->spec = NULL;
	r = check_draft(&judged->cli.draft, &judged->faults, &build);
	if (r == 0) {
		struct err err = { 0 };

		judged->size = specbuild_pack(&build, &judged->spec);
		assert_true(judged->size > 0);
		if (spec_check(judged->spec, (size_t)judged->size, &err) < 0)
			fail_msg("spec_check: %s", err.msg);
	} else {
		assert_int_equal(r, -EINVAL);
		assert_non_null(judged->faults.text);
	}
	specbuild_finish(&build);
}

static inline void judge_env(struct judged *judged, char **argv, char **envp)
{
	struct err err = { 0 };

	if (cli_parse(words_count(argv), argv, envp, &judged->cli, &err) < 0)
		fail_msg("cli_parse: %s", err.msg);
	judge_draft(judged);
}

static inline void judge(struct judged *judged, char **argv)
{
	judge_env(judged, argv, NO_ENV);
}

/* Judge the text of a file called "f", beside an optional command line. */
static inline void judge_file(struct judged *judged, const char *text, char **argv)
{
	struct err err = { 0 };

	if (cli_parse(words_count(argv), argv, NO_ENV, &judged->cli, &err) < 0)
		fail_msg("cli_parse: %s", err.msg);
	if (file_parse("f", text, strlen(text), &judged->cli.draft, &err) < 0)
		fail_msg("file_parse: %s", err.msg);
	judge_draft(judged);
}

static inline void judged_finish(struct judged *judged)
{
	free(judged->spec);
	faults_finish(&judged->faults);
	draft_finish(&judged->cli.draft);
}

/* What the spec holds at an offset, and the n-th word of a list. */
static inline const char *judged_text(const struct judged *judged, uint32_t offset)
{
	return spec_str(judged->spec, offset);
}

static inline const char *judged_word(const struct judged *judged, struct spec_list list, uint32_t n)
{
	return spec_str(judged->spec, spec_word(judged->spec, list, n));
}

#define assert_has(text, part) \
	do { \
		const char *text_ = (text); \
		if (!text_ || !strstr(text_, (part))) \
			fail_msg("'%s' is not in: %s", (part), text_ ? text_ : "(null)"); \
	} while (0)
#define assert_has_not(text, part) \
	do { \
		const char *text_ = (text); \
		if (text_ && strstr(text_, (part))) \
			fail_msg("'%s' is in: %s", (part), text_); \
	} while (0)

/* The command line must be judged faulty with this sentence in the faults. */
#define assert_fault(argv, part) \
	do { \
		struct judged judged_; \
		judge(&judged_, argv); \
		assert_null(judged_.spec); \
		assert_has(judged_.faults.text, part); \
		judged_finish(&judged_); \
	} while (0)

#define assert_file_fault(source, part) \
	do { \
		struct judged judged_; \
		judge_file(&judged_, source, WORDS("--config", "f")); \
		assert_null(judged_.spec); \
		assert_has(judged_.faults.text, part); \
		judged_finish(&judged_); \
	} while (0)

#endif
