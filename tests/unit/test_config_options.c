/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <errno.h>

#include "base/line.h"
#include "base/signame.h"
#include "base/str.h"
#include "config/options.h"

static void every_option_is_whole(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_form *form = &option_forms[i];

		assert_non_null(form->name);
		assert_true(form->where & OPTION_ALL);
		assert_true(strlen(form->help) > 10);
		assert_true(form->low <= form->high);
		if (form->where & OPTION_CLI && form->type != OPTION_ACTION && form->type != OPTION_BOOL)
			assert_true(*form->value);
	}
}

static void names_are_found_once(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		const char *name = option_forms[i].name;

		assert_int_equal(option_find(name, strlen(name), option_forms[i].where), i);
	}
	assert_int_equal(option_find("pol", 3, OPTION_ALL), OPTION_COUNT);
	assert_int_equal(option_find("polls", 5, OPTION_ALL), OPTION_COUNT);
	assert_int_equal(option_find("", 0, OPTION_ALL), OPTION_COUNT);
}

static void an_option_is_found_only_where_it_may_stand(void **state)
{
	(void)state;
	assert_int_equal(option_find("command", 7, OPTION_CLI), OPTION_COUNT);
	assert_int_equal(option_find("command", 7, OPTION_FILE), OPT_COMMAND);
	assert_int_equal(option_find("help", 4, OPTION_FILE), OPTION_COUNT);
	assert_int_equal(option_find("watch", 5, OPTION_FILE), OPTION_COUNT);
}

static void environment_names_are_capitals_with_underscores(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(option_env_name(OPT_ON_CHANGE, buf, sizeof(buf)), "ON_CHANGE");
	assert_int_equal(option_find_env("ON_CHANGE", 9), OPT_ON_CHANGE);
	assert_int_equal(option_find_env("on_change", 9), OPTION_COUNT);
	assert_int_equal(option_find_env("ON-CHANGE", 9), OPTION_COUNT);
	assert_int_equal(option_find_env("HELP", 4), OPTION_COUNT);
	assert_string_equal(option_env_name(OPT_ON_CHANGE, buf, 4), "ON_");
}

static void scopes_follow_one_another(void **state)
{
	(void)state;
	assert_int_equal(option_scope(OPT_CONFIG), SCOPE_GLOBAL);
	assert_int_equal(option_scope(OPT_HELP), SCOPE_GLOBAL);
	assert_int_equal(option_scope(OPT_COMMAND), SCOPE_SERVICE);
	assert_int_equal(option_scope(OPT_START_ON_REFUSED), SCOPE_SERVICE);
	assert_int_equal(option_scope(OPT_WATCH), SCOPE_WATCH);
	assert_int_equal(option_scope(OPT_ALLOW_EMPTY), SCOPE_WATCH);
	assert_int_equal(option_place(OPT_COMMAND), 0);
	assert_int_equal(option_place(OPT_ALLOW_EMPTY), OPTION_WATCH_COUNT - 1);
}

/* The numbers of choices go into the spec as they are. */
static void choices_stand_in_the_order_of_their_enums(void **state)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };

	(void)state;
	for (int i = 0; i < LINE_LEVEL_COUNT; i++)
		assert_int_equal(option_choice(option_forms[OPT_LOG_LEVEL].choices, levels[i]), i);
	assert_int_equal(LINE_ERROR, 0);
	assert_int_equal(LINE_DEBUG, 3);
	assert_int_equal(option_choice(option_forms[OPT_LOG_FORMAT].choices, "logfmt"), LINE_LOGFMT);
	assert_int_equal(option_choice(option_forms[OPT_LOG_FORMAT].choices, "json"), LINE_JSON);
	for (int i = 0; i < RESTART_RULE_COUNT; i++)
		assert_int_equal(option_choice(option_forms[OPT_RESTART].choices, restart_rule_names[i]), i);
	assert_int_equal(option_choice("a|b", "a|b"), -1);
	assert_int_equal(option_choice("a|b", ""), -1);
}

static void every_default_is_a_value_of_its_option(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_form *form = &option_forms[i];
		int64_t value = -1;

		if (form->type == OPTION_DURATION)
			assert_int_equal(str_duration_ms(form->fallback, &value), 0);
		else if (form->type == OPTION_SIZE)
			assert_int_equal(str_size_bytes(form->fallback, &value), 0);
		else if (form->type == OPTION_NUMBER)
			assert_int_equal(str_int(form->fallback, 0, INT64_MAX, &value), 0);
		else if (form->type == OPTION_SIGNAL && *form->fallback)
			assert_true(signame_parse(form->fallback, NULL) > 0);
		else if (form->type == OPTION_CHOICE && *form->fallback)
			assert_true(option_choice(form->choices, form->fallback) >= 0);
		else
			continue;
		if (form->type != OPTION_SIGNAL && form->type != OPTION_CHOICE)
			assert_true(value >= form->low && value <= form->high);
	}
}

static void letters_stand_for_their_options(void **state)
{
	(void)state;
	assert_int_equal(option_find_letter('t'), OPT_TEST_CONFIG);
	assert_int_equal(option_find_letter('x'), OPTION_COUNT);
	assert_int_equal(option_letter(OPT_VERSION), 'V');
	assert_int_equal(option_letter(OPT_POLL), 0);
}

static void a_misspelt_name_finds_its_neighbour(void **state)
{
	(void)state;
	assert_string_equal(option_closest("wach", OPTION_CLI), "watch");
	assert_string_equal(option_closest("STOP_TIMOUT", OPTION_ENV), "stop-timeout");
	assert_null(option_closest("entirely-different", OPTION_ALL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_whole),
		cmocka_unit_test(names_are_found_once),
		cmocka_unit_test(an_option_is_found_only_where_it_may_stand),
		cmocka_unit_test(environment_names_are_capitals_with_underscores),
		cmocka_unit_test(scopes_follow_one_another),
		cmocka_unit_test(choices_stand_in_the_order_of_their_enums),
		cmocka_unit_test(every_default_is_a_value_of_its_option),
		cmocka_unit_test(letters_stand_for_their_options),
		cmocka_unit_test(a_misspelt_name_finds_its_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
