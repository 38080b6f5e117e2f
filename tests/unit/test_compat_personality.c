/* SPDX-License-Identifier: MIT */
#include "compat_util.h"

#include "compat/catatonit.h"
#include "compat/dumbinit.h"
#include "compat/tini.h"

static void the_last_element_of_the_path_decides(void **state)
{
	(void)state;
	assert_ptr_equal(personality_find("tini"), tini_plan);
	assert_ptr_equal(personality_find("/usr/bin/tini-static"), tini_plan);
	assert_ptr_equal(personality_find("/sbin/docker-init"), tini_plan);
	assert_ptr_equal(personality_find("./dumb-init"), dumbinit_plan);
	assert_ptr_equal(personality_find("catatonit"), catatonit_plan);
	assert_ptr_equal(personality_find("/run/podman-init"), catatonit_plan);
}

static void other_names_are_our_own(void **state)
{
	static const char *const names[] = { "reinit", "/tini/reinit", "tini2", "TINI", "xtini", "tini/", "" };

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		assert_null(personality_find(names[n]));
	assert_null(personality_find(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_element_of_the_path_decides),
		cmocka_unit_test(other_names_are_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
