/* SPDX-License-Identifier: MIT */
/*
 * The fuzz targets on examples that are mutated by a fixed sequence of random numbers: the same on every machine.
 * REINIT_FUZZ_SEED and REINIT_FUZZ_ROUNDS (a factor) ask for others and for more of them.
 */
#include "config_examples.h"

#include "fuzz/fuzz_file.c"
#include "fuzz/fuzz_spec.c"
#include "fuzz/fuzz_words.c"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define MUTANT_MAX 8192

static uint64_t number_state;

static void seed(void)
{
	const char *asked = getenv("REINIT_FUZZ_SEED");

	number_state = 0x9e3779b97f4a7c15u + (asked ? strtoull(asked, NULL, 10) : 0);
}

static size_t rounds(size_t count)
{
	const char *asked = getenv("REINIT_FUZZ_ROUNDS");

	/* Valgrind takes thirty times as long. */
	return count * (asked ? strtoul(asked, NULL, 10) : 1) / (RUNNING_ON_VALGRIND ? 10 : 1);
}

/* xorshift64*, below limit. */
static size_t number(size_t limit)
{
	number_state ^= number_state >> 12;
	number_state ^= number_state << 25;
	number_state ^= number_state >> 27;
	return limit > 0 ? (size_t)((number_state * 0x2545f4914f6cdd1du) >> 33) % limit : 0;
}

struct mutant {
	uint8_t bytes[MUTANT_MAX];
	size_t len;
};

/* Put len bytes in the place of gone at at; what does not fit is left. */
static void splice(struct mutant *mutant, size_t at, size_t gone, const void *bytes, size_t len)
{
	uint8_t copy[MUTANT_MAX];
	size_t rest = mutant->len - at - gone;

	if (at + len + rest > MUTANT_MAX)
		return;
	memcpy(copy, bytes, len);
	memmove(mutant->bytes + at + len, mutant->bytes + at + gone, rest);
	memcpy(mutant->bytes + at, copy, len);
	mutant->len = at + len + rest;
}

static void mutate(struct mutant *mutant, const char *const *words, size_t word_count)
{
	size_t at = number(mutant->len + 1), span = number(number(4) ? 12 : 200), left = mutant->len - at;
	const char *word = words[number(word_count)];
	uint8_t byte = (uint8_t)number(256);

	span = span < left ? span : left;
	switch (number(6)) {
	case 0: /* a byte is another */
		splice(mutant, at, left > 0, &byte, 1);
		break;
	case 1: /* a bit */
		if (left > 0)
			mutant->bytes[at] ^= (uint8_t)(1u << number(8));
		break;
	case 2: /* something is missing */
		splice(mutant, at, span, "", 0);
		break;
	case 3: /* something stands twice */
		splice(mutant, number(mutant->len + 1), 0, mutant->bytes + at, span);
		break;
	case 4: /* a word of the language comes in */
		splice(mutant, at, 0, word, strlen(word));
		break;
	case 5: /* or replaces something */
		splice(mutant, at, span, word, strlen(word));
		break;
	}
}

static void files(void **state)
{
	static const char *const words[] = {
		"{",
		"}",
		"=",
		",",
		"\"",
		"'",
		"\\",
		"\n",
		"#",
		"//",
		"/*",
		"*/",
		"${",
		"${HOME}",
		"${X:-y}",
		"%{stage}",
		"%{",
		"service ",
		"service \"x\" { command = x }\n",
		"watch \"/x\" { }\n",
		"watch ",
		"command = ",
		"after = {\"php\"}\n",
		"on-change = ",
		"exec:x y",
		"signal:HUP",
		"exit:3",
		"ready = ",
		"tcp:[::1]:1",
		"unix:/x",
		"exec = ",
		"keys = {a}\n",
		"yes",
		"no",
		"0",
		"-1",
		"99999999999999999999",
		"1.5h",
		"10ms",
		"RTMIN+1",
		"|",
		"+=",
		"\\x00",
		"\\0",
		"\r\n",
		"\t",
		"include(\"x\")",
		"stage-base = /\n",
		"poll = 1\n",
		"essential = yes ",
		"\xc3\xa4",
		"\xff",
		";",
		"(",
		"'a b' ",
	};
	static struct mutant mutant;
	size_t accepted = 0, count = rounds(6000);

	(void)state;
	seed();
	for (size_t i = 0; i < count; i++) {
		const struct example *example = &examples[number(example_count)];

		mutant.len = example->len;
		memcpy(mutant.bytes, example->text, example->len);
		for (size_t n = 1 + number(4); n > 0; n--)
			mutate(&mutant, words, sizeof(words) / sizeof(words[0]));
		accepted += (size_t)fuzz_file(mutant.bytes, mutant.len);
	}
	print_message("files: %zu of %zu accepted\n", accepted, count);
	/* Were nearly all refused, or none, not much would be tried. */
	assert_in_range(accepted, count / 20, count / 2);
}

/* Every byte of an example as each of those that mean something. */
static void damaged_bytes(void **state)
{
	static const char bytes[] = { '\0', '"', '\'', '{', '}', '=', '#', '$', '\\', '\n', ',', '%', '\xff' };
	const struct example *example = &examples[example_count - 1];
	char *text = strdup(example->text);

	(void)state;
	for (size_t at = 0; at < example->len; at += RUNNING_ON_VALGRIND ? 10 : 1) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			text[at] = bytes[i];
			(void)fuzz_file((const uint8_t *)text, example->len);
		}
		text[at] = example->text[at];
	}
	free(text);
}

static void commands(void **state)
{
	static const char *const seeds[] = { "nginx -t -p '%{stage}' -c \"a b\"", "sh -c 'a; \"b\"' \\\"x\\ y", "a",
					     "" };
	static const char *const words[] = { "'",  "\"", "\\", " ", "\t", "\n", "$", "$(",
					     "${", "`",	 "|",  ";", "&",  ">",	"a", "''" };
	static struct mutant mutant;
	size_t accepted = 0, count = rounds(100000);

	(void)state;
	seed();
	for (size_t i = 0; i < count; i++) {
		const char *text = seeds[number(sizeof(seeds) / sizeof(seeds[0]))];

		mutant.len = strlen(text);
		memcpy(mutant.bytes, text, mutant.len);
		for (size_t n = 1 + number(6); n > 0; n--)
			mutate(&mutant, words, sizeof(words) / sizeof(words[0]));
		accepted += fuzz_words(mutant.bytes, mutant.len) >= 0;
	}
	print_message("commands: %zu of %zu accepted\n", accepted, count);
	assert_in_range(accepted, count / 20, count - count / 20);
}

/* Like mutate, but a block keeps its size, and its numbers are 32 bits wide. */
static void damage(struct mutant *mutant)
{
	static const uint32_t values[] = { 0, 1, 2, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	size_t at = number(number(2) ? mutant->len / 4 : 24) * 4;
	uint32_t value = values[number(sizeof(values) / sizeof(values[0]))], there;

	memcpy(&there, mutant->bytes + at, sizeof(there));
	if (number(2))
		value += there;
	if (number(3))
		memcpy(mutant->bytes + at, &value, sizeof(value));
	else
		mutant->bytes[at] ^= (uint8_t)(1u << number(8));
}

static void blocks(void **state)
{
	static struct mutant mutant;
	struct judged judged;
	size_t accepted = 0, count = rounds(100000);

	(void)state;
	seed();
	judge_file(&judged, example_of_everything, WORDS("--config", "f"));
	assert_non_null(judged.spec);
	assert_true(judged.size <= MUTANT_MAX);
	for (size_t i = 0; i < count; i++) {
		mutant.len = (size_t)judged.size;
		memcpy(mutant.bytes, judged.spec, mutant.len);
		for (size_t n = 1 + number(3); n > 0; n--)
			damage(&mutant);
		accepted += (size_t)fuzz_spec(mutant.bytes, mutant.len);
	}
	for (size_t len = 0; len < (size_t)judged.size; len++)
		assert_int_equal(fuzz_spec((const uint8_t *)judged.spec, len), 0);
	print_message("blocks: %zu of %zu accepted\n", accepted, count);
	assert_in_range(accepted, count / 20, count - count / 20);
	judged_finish(&judged);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(damaged_bytes),
		cmocka_unit_test(commands),
		cmocka_unit_test(blocks),
	};

	return cmocka_run_group_tests(tests, examples_load, examples_drop);
}
