/* SPDX-License-Identifier: MIT */
#include "config_util.h"

static const struct origin from_file = { .kind = ORIGIN_FILE, .name = "f", .line = 3 };
static const struct origin from_env = { .kind = ORIGIN_ENVIRONMENT, .name = "POLL" };
static const struct origin from_cli = { .kind = ORIGIN_COMMAND_LINE };

static void a_stronger_origin_replaces_a_weaker(void **state)
{
	struct draft draft;
	struct setting *setting = &draft.globals[OPT_POLL];

	(void)state;
	draft_init(&draft);
	draft_put(&draft, setting, from_file, "1", false);
	draft_put(&draft, setting, from_cli, "3", true);
	draft_put(&draft, setting, from_env, "2", true);
	assert_int_equal(setting->count, 1);
	assert_string_equal(setting->values[0], "3");
	assert_int_equal(setting->origin.kind, ORIGIN_COMMAND_LINE);
	draft_finish(&draft);
}

static void the_last_of_equals_holds_unless_they_add_up(void **state)
{
	struct draft draft;
	struct setting *setting = &draft.globals[OPT_POLL];

	(void)state;
	draft_init(&draft);
	draft_put(&draft, setting, from_cli, "1", false);
	draft_put(&draft, setting, from_cli, "2", false);
	assert_int_equal(setting->count, 1);
	assert_string_equal(setting->values[0], "2");
	for (int i = 0; i < 100; i++)
		draft_put(&draft, setting, from_cli, "3", true);
	assert_int_equal(setting->count, 101);
	assert_string_equal(setting->values[0], "2");
	assert_string_equal(setting->values[100], "3");
	draft_finish(&draft);
}

static void texts_of_any_length_are_kept(void **state)
{
	struct draft draft;
	char *big = malloc(100000);
	const char *small, *copy;

	(void)state;
	memset(big, 'x', 100000);
	draft_init(&draft);
	small = draft_text(&draft, "abc", 2);
	copy = draft_text(&draft, big, 100000);
	assert_string_equal(small, "ab");
	assert_int_equal(strlen(copy), 100000);
	assert_string_equal(draft_text(&draft, "", 0), "");
	free(big);
	draft_finish(&draft);
}

static void failed_allocation_is_kept_and_everything_after_is_refused(void **state)
{
	struct draft draft;

	(void)state;
	draft_init(&draft);
	draft.failed = -ENOMEM;
	assert_null(draft_text(&draft, "x", 1));
	assert_null(draft_add_service(&draft, "x", from_file));
	assert_null(draft_add_watch(&draft, &draft.own, "x", from_file));
	draft_put(&draft, &draft.globals[OPT_POLL], from_cli, "1", false);
	assert_int_equal(draft.globals[OPT_POLL].count, 0);
	draft_finish(&draft);
}

static void origins_read_as_a_user_would_say_them(void **state)
{
	struct origin none = { 0 };
	char buf[64];

	(void)state;
	assert_string_equal(origin_format(&from_file, buf, sizeof(buf)), "f:3");
	assert_string_equal(origin_format(&from_env, buf, sizeof(buf)), "environment REINIT_POLL");
	assert_string_equal(origin_format(&from_cli, buf, sizeof(buf)), "command line");
	assert_string_equal(origin_format(&none, buf, sizeof(buf)), "default");
}

static void a_command_alone_has_defaults_of_its_own(void **state)
{
	struct draft draft;
	struct place place = { .draft = &draft, .service = &draft.own };

	(void)state;
	draft_init(&draft);
	draft.command_argv = 1;
	assert_string_equal(draft_find(&place, OPT_RESTART).fallback, "no");
	assert_string_equal(draft_find(&place, OPT_STOP_TIMEOUT).fallback, "0");
	draft.with_files = true;
	assert_string_equal(draft_find(&place, OPT_RESTART).fallback, "no");
	assert_string_equal(draft_find(&place, OPT_STOP_TIMEOUT).fallback, "10s");
	draft_finish(&draft);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stronger_origin_replaces_a_weaker),
		cmocka_unit_test(the_last_of_equals_holds_unless_they_add_up),
		cmocka_unit_test(texts_of_any_length_are_kept),
		cmocka_unit_test(failed_allocation_is_kept_and_everything_after_is_refused),
		cmocka_unit_test(origins_read_as_a_user_would_say_them),
		cmocka_unit_test(a_command_alone_has_defaults_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
