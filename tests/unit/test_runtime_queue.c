/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include "runtime/queue.h"

static struct queue queue;

static void put(uint32_t seq)
{
	queue_post(&queue, (struct event){ .kind = EV_TICK, .seq = seq });
}

static uint32_t taken(void)
{
	struct event event = { 0 };

	assert_true(queue_take(&queue, &event));
	return event.seq;
}

static void first_in_is_first_out_over_any_number_of_rounds(void **state)
{
	uint32_t in = 0, out = 0;

	(void)state;
	assert_int_equal(queue_init(&queue, 5), 0);
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t n = 0; n < round % 6; n++)
			put(in++);
		for (uint32_t n = 0; n < round % 6; n++)
			assert_int_equal(taken(), out++);
	}
	assert_true(in > 100);
	free(queue.ring);
}

static void a_full_queue_keeps_what_it_has(void **state)
{
	struct event untouched = { .seq = 77 };

	(void)state;
	assert_int_equal(queue_init(&queue, 3), 0);
	put(0);
	assert_int_equal(taken(), 0); /* so that it is full across the end of the ring */
	for (uint32_t n = 1; n < 6; n++)
		put(n);
	for (uint32_t n = 1; n < 4; n++)
		assert_int_equal(taken(), n);
	assert_false(queue_take(&queue, &untouched));
	assert_int_equal(untouched.seq, 77);
	free(queue.ring);
}

static void an_answer_names_its_question(void **state)
{
	const struct effect effect = { .kind = FX_PROBE, .service = 3, .watch = 4, .seq = 5, .value = 6 };
	struct event event;

	(void)state;
	assert_int_equal(queue_init(&queue, 1), 0);
	queue_answer(&queue, EV_PROBED, &effect, 1);
	assert_true(queue_take(&queue, &event));
	assert_int_equal(event.kind, EV_PROBED);
	assert_int_equal(event.service, 3);
	assert_int_equal(event.seq, 5);
	assert_int_equal(event.value, 1);
	free(queue.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_is_first_out_over_any_number_of_rounds),
		cmocka_unit_test(a_full_queue_keeps_what_it_has),
		cmocka_unit_test(an_answer_names_its_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
