/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration file. It is refused with a message, or it makes a block that passes spec_check, and
 * what --explain prints of it is a file of the same meaning.
 *
 * tests/unit/test_config_fuzz.c runs it on mutated examples. With libFuzzer, for as long as one likes:
 *
 *	clang -fsanitize=fuzzer,address,undefined -std=gnu11 -D_GNU_SOURCE -DFUZZ_MAIN -g -O1 -Isrc \
 *		tests/fuzz/fuzz_file.c src/base/?*.c src/model/?*.c src/config/?*.c -lconfuse -o fuzz_file
 *	./fuzz_file -detect_leaks=0 -max_len=4096 CORPUS contrib/examples
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/cli.h"
#include "config/explain.h"
#include "config/file.h"

int fuzz_file(const uint8_t *data, size_t size);

static void fuzz_file_fail(const char *what, const char *more)
{
	fprintf(stderr, "fuzz_file: %s: %s\n", what, more);
	abort();
}

/* One text: its block (NULL when it is refused) and what is explained of it. */
static struct spec *fuzz_file_judge(const char *text, size_t len, struct text *explained, long *ret_size)
{
	char *argv[] = { "reinit", "--config", "f", NULL }, *envp[] = { NULL };
	struct specbuild build;
	struct faults faults;
	struct cli cli;
	struct spec *spec = NULL;
	struct err err = { 0 };

	if (cli_parse(3, argv, envp, &cli, &err) < 0)
		fuzz_file_fail("cli_parse", err.msg);
	specbuild_init(&build);
	faults_init(&faults);
	if (file_parse("f", text, len, &cli.draft, &err) < 0) {
		if (strncmp(err.msg, "f:", 2) != 0)
			fuzz_file_fail("a message without file and line", err.msg);
	} else if (check_draft(&cli.draft, &faults, &build) == 0) {
		explain_plan(&cli.draft, explained);
		*ret_size = specbuild_pack(&build, &spec);
	} else if (!faults.text && build.failed != -E2BIG) {
		fuzz_file_fail("refused", "without a word");
	}
	specbuild_finish(&build);
	faults_finish(&faults);
	draft_finish(&cli.draft);
	return spec;
}

/* Cut every line at its last '#': behind it stands where the value comes from, and that differs. */
static void fuzz_file_strip(struct text *text)
{
	char *to = text->data, *hash = NULL;

	for (const char *from = text->data; from && *from != '\0'; from++) {
		if (*from == '#')
			hash = to;
		if (*from == '\n' && hash) {
			to = hash;
			hash = NULL;
		}
		*to++ = *from;
	}
	if (to)
		*to = '\0';
}

/* Returns 1 when the text is accepted, 0 when it is refused; ends the process when a promise is broken. */
int fuzz_file(const uint8_t *data, size_t size)
{
	struct text once = { 0 }, twice = { 0 };
	struct spec *spec, *again = NULL;
	struct err err = { 0 };
	long len = 0;

	spec = fuzz_file_judge((const char *)data, size, &once, &len);
	if (spec && spec_check(spec, (size_t)len, &err) < 0)
		fuzz_file_fail("spec_check", err.msg);
	if (spec) {
		again = fuzz_file_judge(once.data, once.len, &twice, &len);
		if (!again)
			fuzz_file_fail("what was explained is refused", once.data);
		fuzz_file_strip(&once);
		fuzz_file_strip(&twice);
		if (strcmp(once.data, twice.data) != 0)
			fuzz_file_fail("what was explained means something else", once.data);
	}
	text_finish(&once);
	text_finish(&twice);
	free(again);
	free(spec);
	return spec ? 1 : 0;
}

#ifdef FUZZ_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_file(data, size);
	return 0;
}
#endif
