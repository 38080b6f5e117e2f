/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "model/effect.h"
#include "model/event.h"
#include "model/message.h"
#include "model/spec.h"

static void check_names(const char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		assert_non_null(names[n]);
		assert_true(names[n][0] != '\0');
		for (size_t m = 0; m < n; m++)
			assert_string_not_equal(names[n], names[m]);
	}
}

static void every_name_is_there_once(void **state)
{
	(void)state;
	check_names(policy_names, POLICY_COUNT);
	check_names(restart_rule_names, RESTART_RULE_COUNT);
	check_names(ready_kind_names, READY_KIND_COUNT);
	check_names(event_names, EVENT_COUNT);
	check_names(effect_names, EFFECT_COUNT);
	assert_string_equal(policy_names[POLICY_EXIT], "exit");
	assert_string_equal(restart_rule_names[RESTART_ON_FAILURE], "on-failure");
	assert_string_equal(ready_kind_names[READY_UNIX], "unix");
	assert_string_equal(event_names[EV_TICK], "TICK");
	assert_string_equal(effect_names[FX_EXIT], "EXIT");
}

static void every_message_has_its_form(void **state)
{
	(void)state;
	for (size_t n = 0; n < MESSAGE_COUNT; n++) {
		const struct message_form *form = &message_forms[n];

		assert_true(form->level < LINE_LEVEL_COUNT);
		assert_true(form->name[0] != '\0' && form->text[0] != '\0');
		/* A sentence of the log: no newline, and short enough that fields still fit behind it. */
		assert_null(strchr(form->text, '\n'));
		assert_true(strlen(form->text) < 256);
		assert_non_null(form->value_key);
		assert_non_null(form->amount_key);
	}
	assert_string_equal(message_forms[MSG_NO_OP].name, "NO_OP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_there_once),
		cmocka_unit_test(every_message_has_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
