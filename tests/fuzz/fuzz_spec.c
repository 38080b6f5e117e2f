/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a spec block. spec_check refuses them, or every string, list and index that they hold can be followed
 * without leaving the block.
 *
 *	clang -fsanitize=fuzzer,address,undefined -std=gnu11 -DFUZZ_MAIN -g -O1 -Isrc \
 *		tests/fuzz/fuzz_spec.c src/base/?*.c src/model/?*.c -o fuzz_spec
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/spec.h"

int fuzz_spec(const uint8_t *data, size_t size);

static size_t fuzz_spec_strings(const struct spec *spec, struct spec_list list)
{
	size_t sum = 0;

	for (uint32_t n = 0; n < list.count; n++)
		sum += strlen(spec_str(spec, spec_word(spec, list, n)));
	return sum;
}

static size_t fuzz_spec_service(const struct spec *spec, const struct service_spec *service)
{
	const uint32_t strings[] = { service->name, service->ready_target, service->user_name, service->user_home,
				     service->workdir };
	size_t sum = 0;

	for (size_t n = 0; n < sizeof(strings) / sizeof(strings[0]); n++)
		sum += strlen(spec_str(spec, strings[n]));
	for (uint32_t n = 0; n < service->groups.count; n++)
		sum += spec_word(spec, service->groups, n);
	for (uint32_t n = 0; n < service->after.count; n++)
		sum += spec_service(spec, spec_word(spec, service->after, n))->name;
	return sum + fuzz_spec_strings(spec, service->command) + fuzz_spec_strings(spec, service->ready_command) +
	       fuzz_spec_strings(spec, service->pre_start) + fuzz_spec_strings(spec, service->post_stop);
}

static size_t fuzz_spec_watch(const struct spec *spec, const struct watch_spec *watch)
{
	size_t sum = strlen(spec_str(spec, watch->path)) + strlen(spec_str(spec, watch->stage_base));

	if (watch->policy >= POLICY_COUNT)
		abort();
	return sum + spec_service(spec, watch->service)->name + fuzz_spec_strings(spec, watch->keys) +
	       fuzz_spec_strings(spec, watch->validate) + fuzz_spec_strings(spec, watch->exec);
}

/* Returns 1 when the block is accepted. */
int fuzz_spec(const uint8_t *data, size_t size)
{
	/* On the heap and of this very size: a sanitizer sees a step beyond it. */
	void *block = malloc(size > 0 ? size : 1);
	const struct spec *spec = block;
	volatile size_t sum = 0;
	int accepted;

	memcpy(block, data, size);
	accepted = spec_check(block, size, NULL) == 0;
	for (uint32_t i = 0; accepted && i < SPEECH_COUNT; i++)
		sum += strlen(spec_str(spec, spec->speech[i]));
	for (uint32_t i = 0; accepted && i < SPEC_SIGNALS; i++)
		sum += spec->signal_map[spec->signal_map[i]];
	for (uint32_t i = 0; accepted && i < spec->service_count; i++)
		sum += fuzz_spec_service(spec, spec_service(spec, i));
	for (uint32_t i = 0; accepted && i < spec->watch_count; i++)
		sum += fuzz_spec_watch(spec, spec_watch(spec, i));
	(void)sum; /* to have read it all is enough */
	free(block);
	return accepted;
}

#ifdef FUZZ_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_spec(data, size);
	return 0;
}
#endif
