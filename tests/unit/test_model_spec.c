/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "base/line.h"
#include "model/specbuild.h"

static const char *const words[] = { "nginx", "-t" };
static const uint32_t before[] = { 0 };

/* Two services, the second after the first, with a watch each. The caller's, exactly as large as it says. */
static struct spec *make_spec(size_t *ret_size)
{
	struct specbuild build;
	struct spec *spec = NULL;
	long size;

	specbuild_init(&build);
	for (uint32_t s = 0; s < 2; s++) {
		struct spec_list list = specbuild_strs(&build, words, COUNT(words));
		struct spec_list after = specbuild_nums(&build, before, s);
		uint32_t name = specbuild_str(&build, s == 0 ? "php" : "web");
		uint32_t path = specbuild_str(&build, "/etc/nginx");
		struct service_spec *service = specbuild_service(&build);
		struct watch_spec *watch = specbuild_watch(&build);

		service->name = name;
		service->command = list;
		service->after = after;
		service->ready_kind = READY_EXEC;
		service->ready_command = list;
		service->stop_signal = 15;
		service->groups = after;
		watch->service = s;
		watch->path = path;
		watch->stage_base = path;
		watch->keys = list;
		watch->validate = list;
		watch->policy = s == 0 ? POLICY_SIGNAL : POLICY_EXEC;
		watch->signal = 1;
		watch->exec = list;
	}
	size = specbuild_pack(&build, &spec);
	assert_true(size > 0);
	specbuild_finish(&build);
	*ret_size = (size_t)size;
	return spec;
}

static volatile size_t sink; /* what was read is used, so that the reading stays */

static void read_str(const struct spec *spec, uint32_t offset)
{
	sink += strlen(spec_str(spec, offset));
}

static void read_strs(const struct spec *spec, struct spec_list list)
{
	for (uint32_t n = 0; n < list.count; n++)
		read_str(spec, spec_word(spec, list, n));
}

static void read_numbers(const struct spec *spec, struct spec_list list)
{
	for (uint32_t n = 0; n < list.count; n++)
		sink += spec_word(spec, list, n);
}

/* Everything that the program reads through an accessor or as an index into a table. */
static void read_all(const struct spec *spec)
{
	sink += LINE_FORMAT_COUNT - spec->log_format;
	for (uint32_t n = 0; n < SPEECH_COUNT; n++)
		read_str(spec, spec->speech[n]);
	for (uint32_t n = 0; n < SPEC_SIGNALS; n++)
		assert_true(spec->signal_map[n] < SPEC_SIGNALS);
	assert_true(spec->main_service <= spec->service_count && spec->poll_ms > 0);
	for (uint32_t s = 0; s < spec->service_count; s++) {
		const struct service_spec *service = spec_service(spec, s);

		read_str(spec, service->name);
		read_strs(spec, service->command);
		read_numbers(spec, service->after);
		read_numbers(spec, service->groups);
		read_str(spec, service->user_name);
		read_str(spec, service->user_home);
		read_str(spec, service->workdir);
		read_strs(spec, service->pre_start);
		read_strs(spec, service->post_stop);
		read_str(spec, service->ready_target);
		read_strs(spec, service->ready_command);
		sink += strlen(restart_rule_names[service->restart]) + strlen(ready_kind_names[service->ready_kind]);
		assert_true(service->stop_signal >= 1 && service->stop_signal <= 64);
		for (uint32_t n = 0; n < service->after.count; n++)
			assert_true(spec_word(spec, service->after, n) < s);
	}
	for (uint32_t w = 0; w < spec->watch_count; w++) {
		const struct watch_spec *watch = spec_watch(spec, w);

		sink += strlen(spec_str(spec, spec_service(spec, watch->service)->name));
		read_str(spec, watch->path);
		read_str(spec, watch->stage_base);
		read_strs(spec, watch->keys);
		read_strs(spec, watch->validate);
		read_strs(spec, watch->exec);
		sink += strlen(policy_names[watch->policy]);
	}
}

static void a_whole_block_passes(void **state)
{
	struct err err = { 0, "" };
	size_t size;
	struct spec *spec = make_spec(&size);

	(void)state;
	if (spec_check(spec, size, &err) < 0)
		fail_msg("%s", err.msg);
	read_all(spec);
	free(spec);
}

/* Run under a sanitizer or valgrind: a byte read outside the block is a fault. */
static void any_damaged_byte_is_refused_or_harmless(void **state)
{
	static const unsigned char masks[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };
	size_t size, refused = 0;
	struct spec *spec = make_spec(&size);
	unsigned char *bytes = (unsigned char *)spec;

	(void)state;
	for (size_t at = 0; at < size; at++) {
		for (size_t m = 0; m < COUNT(masks); m++) {
			struct err err = { 0, "" };

			bytes[at] ^= masks[m];
			if (spec_check(spec, size, &err) == 0) {
				read_all(spec);
			} else {
				refused++;
				assert_holds(err.msg, "damaged spec: ");
			}
			bytes[at] ^= masks[m];
		}
	}
	assert_true(refused > 1000);
	assert_int_equal(spec_check(spec, size, NULL), 0);
	free(spec);
}

static void a_cut_block_is_refused(void **state)
{
	size_t size;
	struct spec *spec = make_spec(&size);

	(void)state;
	for (size_t len = 0; len < size; len++) {
		char *cut = malloc(len + 1);

		memcpy(cut, spec, len);
		assert_int_equal(spec_check(cut, len, NULL), -EINVAL);
		if (len >= sizeof(*spec)) { /* and with a head that says so */
			((struct spec *)(void *)cut)->size_bytes = (uint32_t)len;
			assert_int_equal(spec_check(cut, len, NULL), -EINVAL);
		}
		free(cut);
	}
	free(spec);
}

static void refuses(struct spec *spec, size_t size, const char *what)
{
	struct err err = { 0, "" };

	assert_int_equal(spec_check(spec, size, &err), -EINVAL);
	assert_holds(err.msg, what);
}

/* Values that no single bit makes. */
static void values_out_of_range_are_refused(void **state)
{
	size_t size;
	struct spec *spec = make_spec(&size);
	struct service_spec *service = (struct service_spec *)(uintptr_t)spec_service(spec, 1);
	struct watch_spec *watch = (struct watch_spec *)(uintptr_t)spec_watch(spec, 1);
	struct spec good = *spec;

	(void)state;
	spec->word_off = (spec->size_bytes + 7) / 8 * 8; /* at the very end, with words beyond it */
	refuses(spec, size, "offsets");
	spec->word_off = good.word_off + 4; /* not aligned */
	spec->word_count--;
	refuses(spec, size, "offsets");
	spec->word_count = good.word_count;
	spec->word_off = good.word_off;
	spec->service_off = 0; /* over the head */
	refuses(spec, size, "offsets");
	spec->service_off = good.service_off;
	spec->service_count = UINT32_MAX / sizeof(*service) + 2; /* a product that would wrap */
	refuses(spec, size, "counts");
	spec->service_count = good.service_count;
	service->after.first = UINT32_MAX;
	service->after.count = 2;
	refuses(spec, size, "strings of a service");
	service->after.first = spec->word_count - 1; /* the first is there, the second not */
	refuses(spec, size, "strings of a service");
	service->after = spec_service(spec, 0)->after;
	service->stop_signal = 0;
	refuses(spec, size, "values of a service");
	service->stop_signal = 65;
	refuses(spec, size, "values of a service");
	service->stop_signal = 15;
	service->stop_timeout_ms = -1;
	refuses(spec, size, "times of a service");
	service->stop_timeout_ms = 0;
	watch->exec.count = 0;
	refuses(spec, size, "policy of a watch");
	watch->exec = watch->keys;
	watch->exit_code = 256;
	refuses(spec, size, "policy of a watch");
	watch->exit_code = 0;
	assert_int_equal(spec_check(spec, size, NULL), 0);
	free(spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_block_passes),
		cmocka_unit_test(any_damaged_byte_is_refused_or_harmless),
		cmocka_unit_test(a_cut_block_is_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
