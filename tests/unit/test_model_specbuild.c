/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "model/specbuild.h"

static const char *const words[] = { "nginx", "-g", "daemon off;" };

static void a_block_holds_what_was_put_in(void **state)
{
	static const uint32_t numbers[] = { 7, 8 };
	struct specbuild build;
	struct service_spec *service;
	struct watch_spec *watch;
	struct spec *spec = NULL;
	struct err err = { 0, "" };
	uint32_t name, path;
	struct spec_list command, groups;
	long size;

	(void)state;
	specbuild_init(&build);
	name = specbuild_str(&build, "web");
	path = specbuild_str(&build, "/etc/nginx");
	command = specbuild_strs(&build, words, COUNT(words));
	groups = specbuild_nums(&build, numbers, COUNT(numbers));
	service = specbuild_service(&build);
	service->name = name;
	service->command = command;
	service->groups = groups;
	service->stop_signal = 15;
	watch = specbuild_watch(&build);
	watch->path = path;
	size = specbuild_pack(&build, &spec);
	assert_true(size > 0);
	specbuild_finish(&build);
	if (spec_check(spec, (size_t)size, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(spec->size_bytes, size);
	assert_string_equal(spec_str(spec, spec_service(spec, 0)->name), "web");
	assert_string_equal(spec_str(spec, spec_watch(spec, 0)->path), "/etc/nginx");
	assert_int_equal(spec_service(spec, 0)->command.count, 3);
	assert_string_equal(spec_str(spec, spec_word(spec, spec_service(spec, 0)->command, 2)), "daemon off;");
	assert_int_equal(spec_word(spec, spec_service(spec, 0)->groups, 1), 8);
	assert_int_equal(spec->poll_ms, 30000);
	free(spec);
}

static void the_empty_string_is_offset_zero(void **state)
{
	struct specbuild build;
	struct spec *spec = NULL;

	(void)state;
	specbuild_init(&build);
	assert_int_equal(specbuild_str(&build, ""), 0);
	assert_int_equal(specbuild_str(&build, NULL), 0);
	assert_int_equal(specbuild_nums(&build, NULL, 0).count, 0);
	assert_true(specbuild_pack(&build, &spec) > 0);
	assert_string_equal(spec_str(spec, 0), "");
	free(spec);
	specbuild_finish(&build);
}

static void a_limit_fails_once_and_for_all(void **state)
{
	struct specbuild build;
	struct spec *spec = NULL;

	(void)state;
	specbuild_init(&build);
	for (uint32_t n = 0; n < SPEC_MAX_WATCHES; n++)
		assert_non_null(specbuild_watch(&build));
	assert_null(specbuild_watch(&build));
	assert_null(specbuild_service(&build));
	assert_int_equal(specbuild_str(&build, "late"), 0);
	assert_int_equal(specbuild_strs(&build, words, COUNT(words)).count, 0);
	assert_int_equal(specbuild_pack(&build, &spec), -E2BIG);
	assert_null(spec);
	specbuild_finish(&build);
}

static void a_block_beyond_its_limit_is_refused(void **state)
{
	struct specbuild build;
	struct spec *spec = NULL;
	char *text = malloc(SPEC_MAX_BYTES);

	(void)state;
	memset(text, 'x', SPEC_MAX_BYTES);
	text[SPEC_MAX_BYTES - 64] = '\0';
	specbuild_init(&build);
	assert_int_not_equal(specbuild_str(&build, text), 0);
	assert_int_equal(specbuild_pack(&build, &spec), -E2BIG); /* the pool fits, the head beside it does not */
	specbuild_finish(&build);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_holds_what_was_put_in),
		cmocka_unit_test(the_empty_string_is_offset_zero),
		cmocka_unit_test(a_limit_fails_once_and_for_all),
		cmocka_unit_test(a_block_beyond_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
