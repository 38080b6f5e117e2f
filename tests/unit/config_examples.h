/* SPDX-License-Identifier: MIT */
/* The configurations that users are shown: those under contrib/examples and in the manual, and one of everything. */
#ifndef REINIT_TESTS_CONFIG_EXAMPLES_H
#define REINIT_TESTS_CONFIG_EXAMPLES_H

#include "config_util.h"

#include <glob.h>

#define EXAMPLES_MAX 32

struct example {
	char name[64];
	char *text;
	size_t len;
};

static struct example examples[EXAMPLES_MAX];
static size_t example_count;

static const char example_of_everything[] =
	"poll = 1.5s // how often\r\n"
	"log-format = \"json\" log-level = 'debug'\n"
	"/* a comment\n   of two lines { \" */\n"
	"service a {\n"
	"\tcommand = {\"a b\", 'c\"d', \"e\\\\\\\"\\x41\\n\",}\n"
	"\tready = \"tcp:[::1]:80\" # { \"\n"
	"\twatch \"/w\" { on-change = exit exit-code = 7 keys = {\"*.a\", b} }\n"
	"\twatch '/v' { validate = \"x -t '%{stage}'\" on-change = \"exec:y ${HOME:-z}\" }\n"
	"}\n"
	"linger = 2s drain = 1s wait-all = yes\n"
	"map-signal = {\"TERM=QUIT\", \"HUP=drop\"} map-exit = {\"TERM=0\"}\n"
	"service \"b\" { command = /bin/b stop-signal = \"RTMIN+3\" essential = no user = \"0:0\" umask = 027\n"
	" pre-start = {mkdir, \"-p\", /x} post-stop = 'rm -r /x' workdir = / signal-group = on no-new-privs = true }\n"
	"retry-max = 70s\n"
	"service 'c' { command = c\n}\n"
	"# the end";

static inline void example_add(const char *name, const char *text, size_t len)
{
	struct example *example = &examples[example_count++];

	assert_true(example_count <= EXAMPLES_MAX);
	(void)snprintf(example->name, sizeof(example->name), "%s", name);
	example->text = malloc(len + 1);
	assert_non_null(example->text);
	memcpy(example->text, text, len);
	example->text[len] = '\0';
	example->len = len;
}

static inline char *example_slurp(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "r");
	char *text = malloc(FILE_MAX_BYTES + 1);

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	*ret_len = fread(text, 1, FILE_MAX_BYTES, file);
	text[*ret_len] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

/* What stands between .Bd -literal and .Ed is shown as it is, but for a backslash, which is written \e. */
static inline void example_add_block(const char *name, const char *block, const char *end)
{
	char *text = malloc((size_t)(end - block) + 1);
	size_t len = 0;

	for (; block < end; block++) {
		if (*block == '\\' && block + 1 < end) {
			text[len++] = '\\';
			block++;
			assert_int_equal(*block, 'e');
		} else {
			text[len++] = *block;
		}
	}
	text[len] = '\0';
	if (!strstr(text, "...")) /* a sketch of where things stand */
		example_add(name, text, len);
	free(text);
}

static inline void examples_of_manual(const char *srcdir)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n", close[] = "\n.Ed\n";
	char path[512], name[64];
	size_t len;
	char *page, *at;

	(void)snprintf(path, sizeof(path), "%s/man/reinit.conf.5", srcdir);
	page = example_slurp(path, &len);
	for (at = strstr(page, begin); at; at = strstr(at, begin)) {
		char *end = strstr(at += sizeof(begin) - 1, close);

		assert_non_null(end);
		(void)snprintf(name, sizeof(name), "reinit.conf.5, byte %zu", (size_t)(at - page));
		example_add_block(name, at, end + 1);
	}
	free(page);
}

/* Group setup: fill examples[]. */
static inline int examples_load(void **state)
{
	const char *srcdir = getenv("srcdir");
	char pattern[512];
	glob_t found;

	(void)state;
	srcdir = srcdir && *srcdir ? srcdir : ".";
	(void)snprintf(pattern, sizeof(pattern), "%s/contrib/examples/*.conf", srcdir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		size_t len;
		char *text = example_slurp(found.gl_pathv[i], &len);

		example_add(strrchr(found.gl_pathv[i], '/') + 1, text, len);
		free(text);
	}
	assert_true(found.gl_pathc >= 2);
	globfree(&found);
	examples_of_manual(srcdir);
	assert_true(example_count >= 4);
	example_add("everything", example_of_everything, sizeof(example_of_everything) - 1);
	return 0;
}

static inline int examples_drop(void **state)
{
	(void)state;
	while (example_count > 0)
		free(examples[--example_count].text);
	return 0;
}

#endif
