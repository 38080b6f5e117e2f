/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include "config/order.h"

/* Services as words, "NAME: AFTER AFTER…" each, and the order that comes of them. */
struct ordered {
	struct draft draft;
	struct faults faults;
	struct order order;
	char text[8192]; /* the words, cut up */
	size_t used;
};

static struct ordered *order_begin(void)
{
	struct ordered *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	draft_init(&o->draft);
	o->draft.with_files = true;
	return o;
}

static void order_add(struct ordered *o, const char *line)
{
	struct origin origin = { ORIGIN_FILE, o->draft.service_count + 1, "f" };
	char *at = strcpy(o->text + o->used, line);
	struct draft_service *service;

	o->used += strlen(line) + 1;
	assert_true(o->used <= sizeof(o->text));
	service = draft_add_service(&o->draft, strsep(&at, ":"), origin);
	for (const char *word; (word = strsep(&at, " ")) != NULL;)
		if (*word != '\0')
			draft_put(&o->draft, &service->settings[option_place(OPT_AFTER)], origin, word, true);
}

static void order_end(struct ordered *o)
{
	faults_init(&o->faults);
	assert_int_equal(o->draft.failed, 0);
	assert_int_equal(order_init(&o->order, &o->draft, &o->faults), 0);
	/* Whatever was wrong: position and sequence are a permutation and its reverse. */
	for (uint32_t n = 0; n < o->order.count; n++) {
		assert_true(o->order.sequence[n] < o->order.count);
		assert_int_equal(o->order.position[o->order.sequence[n]], n);
	}
}

static void order_drop(struct ordered *o)
{
	order_finish(&o->order);
	faults_finish(&o->faults);
	draft_finish(&o->draft);
	free(o);
}

static struct ordered *ordered(const char *const *lines)
{
	struct ordered *o = order_begin();

	for (; *lines; lines++)
		order_add(o, *lines);
	order_end(o);
	return o;
}

/* The services must come in this order, with this said about them (NULL: nothing). */
static void expect_order(const char *const *lines, const char *names, const char *faults)
{
	struct ordered *o = ordered(lines);
	char got[256] = "";

	for (uint32_t n = 0; n < o->order.count; n++) {
		strcat(got, n > 0 ? " " : "");
		strcat(got, o->order.services[o->order.sequence[n]]->name);
	}
	assert_string_equal(got, names);
	if (faults)
		assert_string_equal(o->faults.text, faults);
	else
		assert_null(o->faults.text);
	order_drop(o);
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_service_stands_behind_all_it_waits_for_and_no_further(void **state)
{
	(void)state;
	expect_order(LINES("z:", "b:", "m:"), "z b m", NULL);
	expect_order(LINES("a:", "b: a", "c: b"), "a b c", NULL);
	expect_order(LINES("c: b", "b: a", "a:"), "a b c", NULL);
	expect_order(LINES("x:", "web: db cache", "y:", "cache:", "db: cache", "z:"), "x cache db web y z", NULL);
	expect_order(LINES("top: l r", "l: base", "r: base", "base:"), "base l r top", NULL);
}

static void a_name_that_is_given_twice_is_waited_for_once(void **state)
{
	struct ordered *o = ordered(LINES("a: b b c b", "b:", "c:"));

	(void)state;
	assert_int_equal(o->order.after_count[0], 2);
	assert_int_equal(o->order.after[0][0], 1);
	assert_int_equal(o->order.after[0][1], 2);
	assert_int_equal(o->order.after_count[1], 0);
	assert_null(o->faults.text);
	order_drop(o);
}

static void a_chain_of_many_is_turned_around(void **state)
{
	struct ordered *o = order_begin();
	char line[32];

	(void)state;
	for (int n = 0; n < 60; n++) {
		(void)snprintf(line, sizeof(line), n < 59 ? "s%d: s%d" : "s%d:", n, n + 1);
		order_add(o, line);
	}
	order_end(o);
	for (uint32_t n = 0; n < 60; n++)
		assert_int_equal(o->order.sequence[n], 59 - n);
	assert_null(o->faults.text);
	order_drop(o);
}

static void a_circle_names_its_members_alone_and_the_order_stays(void **state)
{
	(void)state;
	expect_order(LINES("d: a", "c: a", "a: b", "b: c"), "d c a b",
		     "f:3: service 'a': after: the services wait for each other: a -> b -> c -> a\n");
	expect_order(LINES("y: x", "x:", "a: a"), "y x a",
		     "f:3: service 'a': after: the services wait for each other: a -> a\n");
	expect_order(LINES("a: b", "b: a", "c: d", "d: c"), "a b c d",
		     "f:1: service 'a': after: the services wait for each other: a -> b -> a\n"
		     "f:3: service 'c': after: the services wait for each other: c -> d -> c\n");
}

/* Names of 64 bytes: the sentence ends in an ellipsis, and every service is still there. */
static void a_circle_too_long_to_show_is_cut(void **state)
{
	struct ordered *o = order_begin();
	char line[160];

	(void)state;
	for (int n = 0; n < 20; n++) {
		(void)snprintf(line, sizeof(line), "%064d: %064d", n, (n + 1) % 20);
		order_add(o, line);
	}
	order_end(o);
	assert_int_equal(o->faults.count, 1);
	assert_has(o->faults.text, "the services wait for each other: 0000");
	assert_has(o->faults.text, "...\n");
	order_drop(o);
}

static void unknown_names_are_told_with_the_nearest_that_is_another(void **state)
{
	(void)state;
	expect_order(LINES("php:", "nginx: phpp"), "php nginx",
		     "f:2: service 'nginx': after: unknown service 'phpp'; did you mean 'php'?\n");
	expect_order(LINES("nginx: zzzzz nowhere"), "nginx",
		     "f:1: service 'nginx': after: unknown service 'zzzzz'\n"
		     "f:1: service 'nginx': after: unknown service 'nowhere'\n");
	/* To wait for itself is no help. */
	expect_order(LINES("nginx: ngimx"), "nginx", "f:1: service 'nginx': after: unknown service 'ngimx'\n");
	/* What is known holds. */
	expect_order(LINES("a: gone b", "b:"), "b a", "f:1: service 'a': after: unknown service 'gone'\n");
}

static void a_name_is_taken_once(void **state)
{
	(void)state;
	expect_order(LINES("web:", "db:", "web:", "web:"), "web db web web",
		     "f:3: service 'web': the name is taken already, in f:1\n"
		     "f:4: service 'web': the name is taken already, in f:1\n");
}

static void no_service_is_an_order_too(void **state)
{
	(void)state;
	expect_order((const char *const[]){ NULL }, "", NULL);
}

static void a_command_alone_has_nothing_to_wait_for(void **state)
{
	(void)state;
	assert_fault(WORDS("--after", "php", "app"), "after: unknown service 'php'");
}

static void a_name_may_not_come_from_two_files(void **state)
{
	struct judged judged;
	struct err err = { 0 };
	static const char text[] = "\nservice web { command = x }\n";
	char **argv = WORDS("--config", "x");

	(void)state;
	assert_int_equal(cli_parse(3, argv, NO_ENV, &judged.cli, &err), 0);
	assert_int_equal(file_parse("one", text, sizeof(text) - 1, &judged.cli.draft, &err), 0);
	assert_int_equal(file_parse("two", text, sizeof(text) - 1, &judged.cli.draft, &err), 0);
	judge_draft(&judged);
	assert_has(judged.faults.text, "two:2: service 'web': the name is taken already, in one:2");
	judged_finish(&judged);
}

static void a_file_may_not_take_the_name_main_beside_a_command(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service main { command = x }\n", WORDS("--config", "f", "app"));
	assert_has(judged.faults.text, "f:1: service 'main': the name belongs to the command");
	judged_finish(&judged);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_stands_behind_all_it_waits_for_and_no_further),
		cmocka_unit_test(a_name_that_is_given_twice_is_waited_for_once),
		cmocka_unit_test(a_chain_of_many_is_turned_around),
		cmocka_unit_test(a_circle_names_its_members_alone_and_the_order_stays),
		cmocka_unit_test(a_circle_too_long_to_show_is_cut),
		cmocka_unit_test(unknown_names_are_told_with_the_nearest_that_is_another),
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(no_service_is_an_order_too),
		cmocka_unit_test(a_command_alone_has_nothing_to_wait_for),
		cmocka_unit_test(a_name_may_not_come_from_two_files),
		cmocka_unit_test(a_file_may_not_take_the_name_main_beside_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
