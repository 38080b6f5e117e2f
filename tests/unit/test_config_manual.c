/* SPDX-License-Identifier: MIT */
/* What reinit.conf(5) says of each setting is so: its place, its default, and the line that shows it. */
#include "config_examples.h"

/* "\(dq" and the like as what they mean. */
static void unescape(char *text)
{
	static const struct {
		const char *from, *to;
	} signs[] = { { "\\(dq", "\"" }, { "\\e", "\\" }, { "\\-", "-" }, { "\\&", "" } };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t from = strlen(signs[i].from), to = strlen(signs[i].to);

		for (char *at = strstr(text, signs[i].from); at; at = strstr(at + to, signs[i].from)) {
			memcpy(at, signs[i].to, to);
			memmove(at + to, at + from, strlen(at + from) + 1);
		}
	}
}

/* The rest of the line behind the next key between from and to, in buf; false when there is none. */
static bool line_behind(const char *from, const char *to, const char *key, char *buf, size_t size)
{
	const char *at = strstr(from, key);

	if (!at || at >= to)
		return false;
	at += strlen(key);
	(void)snprintf(buf, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

/* What the setting needs beside it to mean something. */
static const char *beside(enum option_id id)
{
	switch (id) {
	case OPT_SIGNAL:
		return "on-change = signal";
	case OPT_EXEC:
		return "on-change = exec";
	case OPT_EXEC_TIMEOUT:
		return "on-change = exec exec = x";
	case OPT_EXIT_CODE:
		return "on-change = exit";
	case OPT_STAGE_BASE:
		return "validate = x";
	default:
		return "";
	}
}

static void check_shown(enum option_id id, const char *line)
{
	const char *command = id == OPT_COMMAND ? "" : "command = x";
	char text[1024];
	struct judged judged;

	if (option_scope(id) == SCOPE_GLOBAL)
		(void)snprintf(text, sizeof(text), "%s\nservice a { command = x }\n", line);
	else if (option_scope(id) == SCOPE_SERVICE)
		(void)snprintf(text, sizeof(text),
			       "service php { command = x }\nservice migrate { command = x }\n"
			       "service a { %s\n%s }\n",
			       line, command);
	else
		(void)snprintf(text, sizeof(text), "service a { command = x watch /etc/nginx/conf.d { %s\n%s } }\n",
			       line, beside(id));
	/* Names of users are those of the machine. */
	if (id == OPT_USER || id == OPT_GROUP)
		return;
	judge_file(&judged, text, WORDS("--config", "f"));
	if (!judged.spec)
		fail_msg("%s: %s", line, judged.faults.text);
	judged_finish(&judged);
}

/* From ".It Ic NAME" up to the next item. */
static void check_item(const char *page, enum option_id id)
{
	const struct option_form *form = &option_forms[id];
	char key[128], line[256];
	const char *item, *end;

	(void)snprintf(key, sizeof(key), "\n.It Ic %s Li =", form->name);
	item = strstr(page, key);
	if (!item)
		fail_msg("'%s' is not described", form->name);
	end = strstr(item, "\n.Dl ");
	assert_non_null(end);
	if (strstr(item + 1, "\n.It ") && strstr(item + 1, "\n.It ") < end)
		fail_msg("'%s' is not shown", form->name);
	if (*form->fallback != '\0') {
		(void)snprintf(key, sizeof(key), "%s.", form->fallback);
		if (!line_behind(item, end + 1, "\nDefault: ", line, sizeof(line)) || strcmp(line, key) != 0)
			fail_msg("'%s': the default is %s and not '%s'", form->name, form->fallback, line);
	}
	assert_true(line_behind(end, end + 6, "\n.Dl ", line, sizeof(line)));
	unescape(line);
	assert_int_equal(strncmp(line, form->name, strlen(form->name)), 0);
	check_shown(id, line);
}

static void every_setting_is_described_and_shown(void **state)
{
	const char *srcdir = getenv("srcdir"), *at;
	char path[512];
	size_t len;
	char *page;
	uint32_t described = 0, settings = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/man/reinit.conf.5", srcdir && *srcdir ? srcdir : ".");
	page = example_slurp(path, &len);
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		if (!(option_forms[i].where & OPTION_FILE))
			continue;
		check_item(page, (enum option_id)i);
		settings++;
	}
	for (at = strstr(page, "\n.It Ic "); at; at = strstr(at + 1, "\n.It Ic "))
		described++;
	assert_int_equal(described, settings);
	free(page);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_is_described_and_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
