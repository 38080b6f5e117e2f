/* SPDX-License-Identifier: MIT */
#include "base_util.h"

#include <limits.h>

#include "base/line.h"

static struct line line;

static const char *text(void)
{
	static char copy[LINE_SIZE + 1];

	line_end(&line);
	memcpy(copy, line.buf, line.len);
	copy[line.len] = '\0';
	return copy;
}

static void logfmt_quotes_only_what_needs_it(void **state)
{
	(void)state;
	line_begin(&line, LINE_LOGFMT, LINE_INFO, 1795530031123, "service started");
	line_str(&line, "service", "web");
	line_str(&line, "empty", "");
	line_str(&line, "odd", "a=b \"c\" \\ \n\r\t\x01\x7f");
	line_int(&line, "pid", -7);
	assert_string_equal(text(),
			    "time=2026-11-24T14:20:31.123Z level=info msg=\"service started\" service=web empty=\"\" "
			    "odd=\"a=b \\\"c\\\" \\\\ \\n\\r\\t\\x01\\x7f\" pid=-7\n");
}

static void json_escapes_by_its_own_rules(void **state)
{
	(void)state;
	line_begin(&line, LINE_JSON, LINE_ERROR, 0, "x");
	line_str(&line, "odd", "a=b \"c\" \\ \n\r\t\x01\x7f");
	line_int(&line, "n", INT64_MIN);
	assert_string_equal(text(), "{\"level\":\"error\",\"msg\":\"x\",\"odd\":\"a=b \\\"c\\\" \\\\ "
				    "\\n\\r\\t\\u0001\\u007f\",\"n\":-9223372036854775808}\n");
}

static void utf8_passes_and_what_is_none_does_not(void **state)
{
	/* ok: é € 😀; not: lone, overlong, surrogate, beyond, cut, and the control character U+009B (CSI) */
	static const char odd[] =
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|\x80|\xc0\xaf|\xed\xa0\x80|\xf5\x80\x80\x80|\xc2\x9b|\xe2\x82";

	(void)state;
	line_begin(&line, LINE_LOGFMT, LINE_INFO, 0, "x");
	line_str(&line, "v", odd);
	assert_string_equal(text(), "level=info msg=x v=\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|\\x80|\\xc0\\xaf|"
				    "\\xed\\xa0\\x80|\\xf5\\x80\\x80\\x80|\\xc2\\x9b|\\xe2\\x82\"\n");
	line_begin(&line, LINE_JSON, LINE_INFO, 0, "x");
	line_bytes(&line, "v", "\xff\xc2\x9b", 3);
	assert_string_equal(text(), "{\"level\":\"info\",\"msg\":\"x\",\"v\":\"\\ufffd\\ufffd\\ufffd\"}\n");
}

/* The end of the string that begins at at, or NULL when it is none of RFC 8259. */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u' && strspn(at + 1, "0123456789abcdef") >= 4)
			at += 4;
		else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL)
			return NULL;
	}
	return at + 1;
}

/* Is it the one kind of JSON that is written: a flat object of strings, numbers and true? */
static bool is_json(const char *at)
{
	char separator = '{';

	while (*at == separator && at[1] == '"') {
		at = skip_string(at + 1);
		if (at == NULL || *at++ != ':')
			return false;
		if (*at == '"')
			at = skip_string(at);
		else
			at += strncmp(at, "true", 4) == 0 ? 4 : (*at == '-') + strspn(at + (*at == '-'), "0123456789");
		if (at == NULL)
			return false;
		separator = ',';
	}
	return separator == ',' && strcmp(at, "}\n") == 0;
}

/* A text without control characters, and UTF-8 throughout: mbstowcs would need a locale, so by hand. */
static bool is_clean(const char *at)
{
	for (; *at != '\0'; at++) {
		unsigned char c = (unsigned char)*at;

		if ((c < 0x20 && !(c == '\n' && at[1] == '\0')) || c == 0x7f)
			return false;
		if (c == 0xc2 && (unsigned char)at[1] < 0xa0)
			return false;
	}
	return true;
}

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void any_bytes_give_one_whole_line(void **state)
{
	static const size_t lengths[] = { 0, 1, 7, 30, 300, 1900, 1960, 2000, 5000 };

	(void)state;
	for (int round = 0; round < 20000; round++) {
		enum line_format format = round % 2 == 0 ? LINE_JSON : LINE_LOGFMT;
		const char *out;

		line_begin(&line, format, LINE_WARN, any(2) * 1795530031123, "any bytes");
		for (uint32_t fields = any(6); fields > 0; fields--) {
			static char value[5000];
			size_t len = lengths[any(COUNT(lengths))];

			len = len == 0 ? 0 : any((uint32_t)len);
			for (size_t n = 0; n < len; n++)
				value[n] = (char)(any(3) == 0 ? any(256) : 'a' + any(26));
			if (any(4) == 0)
				line_int(&line, "number", (int64_t)any(UINT_MAX) << any(40));
			else
				line_bytes(&line, "key", value, len);
		}
		out = text();
		assert_true(line.len <= LINE_SIZE && LINE_SIZE <= PIPE_BUF);
		assert_int_equal(strlen(out), line.len); /* no NUL came through */
		if ((format == LINE_JSON && !is_json(out)) || !is_clean(out))
			fail_msg("round %d: %s", round, out);
	}
}

static void what_does_not_fit_is_cut_and_says_so(void **state)
{
	static char value[LINE_SIZE * 2];

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	for (size_t format = 0; format < LINE_FORMAT_COUNT; format++) {
		const char *out;

		line_begin(&line, (enum line_format)format, LINE_INFO, 0, "x");
		line_str(&line, "long", value);
		line_int(&line, "late", 12345);
		out = text();
		assert_true(line.len > LINE_SIZE - 64);
		assert_holds(out, "v\xe2\x80\xa6");
		assert_holds(out, format == LINE_JSON ? ",\"cut\":true}\n" : " cut=true\n");
		assert_null(strstr(out, "late"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logfmt_quotes_only_what_needs_it),
		cmocka_unit_test(json_escapes_by_its_own_rules),
		cmocka_unit_test(utf8_passes_and_what_is_none_does_not),
		cmocka_unit_test(any_bytes_give_one_whole_line),
		cmocka_unit_test(what_does_not_fit_is_cut_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
