/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"

#define SENTENCE 1024

static struct voice voice;

static const char *filled(const char *template, struct voice_words words)
{
	static char text[SENTENCE];
	size_t len = voice_fill(template, words, 99, text, sizeof(text));

	assert_int_equal(len, strlen(text));
	return text;
}

static void every_placeholder_has_its_value(void **state)
{
	const struct voice_words words = {
		.pid = 7, .signal = SIGTERM, .to = SIGQUIT, .code = 5, .error = ENOENT, .command = "/bin/x"
	};
	static const struct {
		const char *template, *expected;
	} cases[] = {
		{ "1{self}", "99" },	    { "1{pid}", "7" },
		{ "1{signal}", "15" },	    { "1{signame}", "Terminated" },
		{ "1{to}", "3" },	    { "1{code}", "5" },
		{ "1{command}", "/bin/x" }, { "1{error}", "No such file or directory" },
		{ "1{errno}", "2" },	    { "2[{pid}] {signal}->{to}{code}.", "[7] 15->35." },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(filled(cases[n].template, words), cases[n].expected);
	assert_string_equal(filled("1<{command}>", (struct voice_words){ 0 }), "<>");
}

static void other_braces_are_text(void **state)
{
	(void)state;
	assert_string_equal(filled("1{who} {} {pid {pid}} }{", (struct voice_words){ .pid = 7 }),
			    "{who} {} {pid 7} }{");
	assert_string_equal(filled("1", (struct voice_words){ 0 }), "");
}

/* A value is put in as it is: what looks like a placeholder inside it is none. */
static void a_value_is_not_read_again(void **state)
{
	(void)state;
	assert_string_equal(filled("1{command}", (struct voice_words){ .command = "{pid}" }), "{pid}");
}

static void a_long_word_leaves_room_for_the_sentence(void **state)
{
	char word[4000], expected[SENTENCE];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	(void)snprintf(expected, sizeof(expected), "run %.*s: failed\n", SENTENCE / 2, word);
	assert_string_equal(filled("1run {command}: failed\n", (struct voice_words){ .command = word }), expected);
}

static void a_long_sentence_is_cut(void **state)
{
	char template[4000], word[SENTENCE];

	(void)state;
	memset(template, 'x', sizeof(template) - 1);
	template[sizeof(template) - 1] = '\0';
	assert_int_equal(strlen(filled(template, (struct voice_words){ 0 })), SENTENCE - 1);
	/* … and in the middle of a word, be it the last one that fits or one for which there is no room at all */
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(strlen(filled("1{command}.{command}.{command}", (struct voice_words){ .command = word })),
			 SENTENCE - 1);
}

static void the_first_byte_is_where_it_goes(void **state)
{
	int out[2], err[2];
	char text[64] = "";

	(void)state;
	spec = make_services(&(struct services){
		.speech = { [SPEECH_SPAWNED] = "1spawned {pid}\n", [SPEECH_NO_FORK] = "2{error}\n" } });
	assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC | O_NONBLOCK), 0);
	voice_init(&voice, spec, out[1], err[1]);
	voice_say(&voice, SPEECH_SPAWNED, (struct voice_words){ .pid = 7 });
	assert_int_equal(read(err[0], text, sizeof(text)), -1);
	assert_int_equal(read(out[0], text, sizeof(text)), 10);
	assert_memory_equal(text, "spawned 7\n", 10);
	voice_say(&voice, SPEECH_NO_FORK, (struct voice_words){ .error = EAGAIN });
	assert_int_equal(read(out[0], text, sizeof(text)), -1);
	assert_int_equal(read(err[0], text, sizeof(text)), 33);
	assert_memory_equal(text, "Resource temporarily unavailable\n", 33);
	for (int n = 0; n < 2; n++) {
		(void)close(out[n]);
		(void)close(err[n]);
	}
	free(spec);
}

static void without_a_sentence_or_a_descriptor_there_is_no_call(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT);
	spec = make_services(&(struct services){ .speech = { [SPEECH_SPAWNED] = "1x", [SPEECH_NO_FORK] = "2y" } });
	voice_init(&voice, spec, 1, -1);
	for (int what = 0; what < SPEECH_COUNT; what++)
		if (what != SPEECH_SPAWNED)
			voice_say(&voice, (enum speech)what, (struct voice_words){ 0 });
	fake_expect("write_nowait 1", 1);
	voice_say(&voice, SPEECH_SPAWNED, (struct voice_words){ 0 });
	fake_end();
	free(spec);
}

static void children_are_told_when_any_sentence_is_of_them(void **state)
{
	(void)state;
	for (int what = 0; what < SPEECH_COUNT; what++) {
		struct services want = { 0 };

		want.speech[what] = "1x";
		spec = make_services(&want);
		assert_int_equal(voice_tells_children(spec), what == SPEECH_REAPED || what == SPEECH_REAPED_EXITED ||
								     what == SPEECH_REAPED_KILLED ||
								     what == SPEECH_ORPHAN);
		free(spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_placeholder_has_its_value),
		cmocka_unit_test(other_braces_are_text),
		cmocka_unit_test(a_value_is_not_read_again),
		cmocka_unit_test(a_long_word_leaves_room_for_the_sentence),
		cmocka_unit_test(a_long_sentence_is_cut),
		cmocka_unit_test(the_first_byte_is_where_it_goes),
		cmocka_unit_test(without_a_sentence_or_a_descriptor_there_is_no_call),
		cmocka_unit_test(children_are_told_when_any_sentence_is_of_them),
	};

	fake_begin(FAKE_REAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
