/* SPDX-License-Identifier: MIT */
/*
 * A file that was cut off must not pass for another configuration. Every example is cut at every byte. What is still
 * accepted must have been cut between whole parts: each service and each setting that is there is there in full,
 * equal to the whole file's.
 */
#include "config_examples.h"

/* Where a text ends, found without the code under test. */
enum ending { END_BETWEEN, END_IN_BLOCK, END_IN_QUOTE, END_IN_COMMENT };

static const char *skip_quote(const char *at)
{
	char quote = *at++;

	for (; *at != '\0' && *at != quote; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
	return *at == '\0' ? NULL : at + 1;
}

static enum ending ending_of(const char *at)
{
	int depth = 0;

	while (at && *at != '\0') {
		if (*at == '"' || *at == '\'') {
			at = skip_quote(at);
			if (!at)
				return END_IN_QUOTE;
		} else if (strncmp(at, "/*", 2) == 0) {
			at = strstr(at + 2, "*/");
			if (!at)
				return END_IN_COMMENT;
			at += 2;
		} else if (*at == '#' || (strncmp(at, "//", 2) == 0)) {
			at += strcspn(at, "\n");
		} else {
			depth += (*at == '{') - (*at == '}');
			at++;
		}
	}
	return depth > 0 ? END_IN_BLOCK : END_BETWEEN;
}

static bool same_settings(const struct setting *a, const struct setting *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (a[i].origin.kind != b[i].origin.kind || a[i].origin.line != b[i].origin.line ||
		    a[i].count != b[i].count)
			return false;
		for (uint32_t v = 0; v < a[i].count; v++)
			if (strcmp(a[i].values[v], b[i].values[v]) != 0)
				return false;
	}
	return true;
}

static bool same_service(const struct draft_service *a, const struct draft_service *b)
{
	if (strcmp(a->name, b->name) != 0 || a->watch_count != b->watch_count ||
	    !same_settings(a->settings, b->settings, OPTION_SERVICE_COUNT))
		return false;
	for (uint32_t w = 0; w < a->watch_count; w++)
		if (strcmp(a->watches[w].path, b->watches[w].path) != 0 ||
		    !same_settings(a->watches[w].settings, b->watches[w].settings, OPTION_WATCH_COUNT))
			return false;
	return true;
}

/* The first services of the whole, and some of its global settings, each in full. */
static bool is_part_of(const struct draft *part, const struct draft *whole)
{
	if (part->service_count > whole->service_count)
		return false;
	for (uint32_t i = 0; i < part->service_count; i++)
		if (!same_service(&part->services[i], &whole->services[i]))
			return false;
	for (uint32_t i = 0; i < OPTION_GLOBAL_COUNT; i++)
		if (part->globals[i].origin.kind == ORIGIN_FILE &&
		    !same_settings(&part->globals[i], &whole->globals[i], 1))
			return false;
	return true;
}

/* Is the text accepted by all that judges it? Its draft stays in judged then. */
static bool accepts(struct judged *judged, const char *text, size_t len)
{
	/* As long as the text and no longer, so that a sanitizer sees a step beyond it. */
	char *exact = malloc(len > 0 ? len : 1);
	int r;

	memcpy(exact, text, len);
	assert_int_equal(cli_parse(3, WORDS("--config", "f"), NO_ENV, &judged->cli, NULL), 0);
	faults_init(&judged->faults);
	judged->spec = NULL;
	r = file_parse("f", exact, len, &judged->cli.draft, NULL);
	free(exact);
	if (r == 0)
		judge_draft(judged);
	if (judged->spec)
		return true;
	judged_finish(judged);
	return false;
}

static void cut_everywhere(const struct example *example)
{
	struct judged whole, part;
	size_t accepted = 0;

	if (!accepts(&whole, example->text, example->len))
		fail_msg("%s: the whole is refused", example->name);
	for (size_t cut = 0; cut < example->len; cut++) {
		char *text = strndup(example->text, cut);
		enum ending ending = ending_of(text);

		if (accepts(&part, text, cut)) {
			if (ending != END_BETWEEN)
				fail_msg("%s, cut after %zu bytes: accepted, though inside a %s", example->name, cut,
					 ending == END_IN_BLOCK	  ? "block"
					 : ending == END_IN_QUOTE ? "quote"
								  : "comment");
			if (!is_part_of(&part.cli.draft, &whole.cli.draft))
				fail_msg("%s, cut after %zu bytes: accepted with another meaning", example->name, cut);
			judged_finish(&part);
			accepted++;
		}
		free(text);
	}
	print_message("%s: %zu prefixes, %zu accepted\n", example->name, example->len, accepted);
	assert_true(accepted < example->len / 2);
	judged_finish(&whole);
}

static void every_example_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < example_count; i++)
		cut_everywhere(&examples[i]);
}

/* A number that lost its last digits would be another number: a line counts when its end is there. */
static void a_cut_word_is_never_a_word(void **state)
{
	static const char text[] = "service a { command = x }\npoll = 300s\n";
	struct judged judged;

	(void)state;
	for (size_t cut = 27; cut < sizeof(text) - 2; cut++)
		assert_false(accepts(&judged, text, cut));
	assert_true(accepts(&judged, text, sizeof(text) - 1));
	judged_finish(&judged);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_cut_at_every_byte),
		cmocka_unit_test(a_cut_word_is_never_a_word),
	};

	return cmocka_run_group_tests(tests, examples_load, examples_drop);
}
