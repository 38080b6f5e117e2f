/* SPDX-License-Identifier: MIT */
#include "config/precheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/spec.h"

#define SECTIONS_MAX (SPEC_MAX_SERVICES + SPEC_MAX_WATCHES) /* the library compares each title with all others */
#define DEPTH_MAX 8					    /* service, watch, list: three are enough */
#define NAMES_MAX 64					    /* options seen in one block; there are fewer that exist */
#define VARIABLE_MAX 256

enum token { TOKEN_NONE, TOKEN_WORD, TOKEN_STRING, TOKEN_EQUALS, TOKEN_OTHER };

struct name {
	const char *at;
	size_t len;
	uint32_t line;
};

/* One open brace; level 0 is the file itself. */
struct block {
	uint32_t line;
	bool list;
	uint32_t name_count;
	struct name names[NAMES_MAX];
};

struct scan {
	const char *file;
	const char *at, *end;
	char *clean; /* of the same length, written beside */
	const char *start;
	uint32_t line;
	enum token last;
	struct name head;    /* the first word of a setting or section */
	uint32_t head_words; /* words so far, up to its '=' or '{'; 0: the next one is a head */
	uint32_t depth;
	struct block blocks[DEPTH_MAX];
	struct precheck *out;
	struct err *err;
};

#define FAULT(scan, number, ...) (err_set((scan)->err, EINVAL, __VA_ARGS__), fault_at(scan, number))

/* Put "file:line: " before the sentence. */
static int fault_at(struct scan *scan, uint32_t line)
{
	(void)err_wrap(scan->err, "%s:%u", scan->file, line);
	return -EINVAL;
}

static int peek(const struct scan *scan, size_t ahead)
{
	return (size_t)(scan->end - scan->at) > ahead ? (unsigned char)scan->at[ahead] : -1;
}

/* Blank len bytes of the clean copy, but keep its newlines; go on behind them. */
static void blank_out(struct scan *scan, size_t len)
{
	for (; len > 0; len--, scan->at++) {
		if (*scan->at == '\n')
			scan->line++;
		else
			scan->clean[scan->at - scan->start] = ' ';
	}
}

static void skip_line_comment(struct scan *scan)
{
	const char *newline = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));

	blank_out(scan, (size_t)((newline ? newline : scan->end) - scan->at));
}

static int skip_block_comment(struct scan *scan)
{
	const char *close = memmem(scan->at + 2, (size_t)(scan->end - scan->at - 2), "*/", 2);

	if (!close)
		return FAULT(scan, scan->line,
			     "the comment that begins here is never closed; a pattern with * must be quoted");
	blank_out(scan, (size_t)(close + 2 - scan->at));
	return 0;
}

/* Every word outside of lists and values begins or goes on with a setting or section; in a list commas divide them. */
static int take_word(struct scan *scan, enum token kind, struct name word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	enum token last = scan->last;
	size_t odd = 0;

	scan->last = kind;
	if (scan->blocks[scan->depth].list) {
		if (last == TOKEN_WORD || last == TOKEN_STRING)
			return FAULT(scan, word.line,
				     "a comma is missing before this word, or a '}' that ends the list of line %u",
				     scan->blocks[scan->depth].line);
		return 0;
	}
	if (last == TOKEN_EQUALS || scan->head_words++ > 0)
		return 0;
	/* In a name the library takes '|' for a way into another block. */
	while (odd < word.len && memchr(plain, word.at[odd], sizeof(plain) - 1))
		odd++;
	if (odd < word.len && (unsigned char)word.at[odd] < 0x80)
		return FAULT(scan, word.line,
			     "a name is expected here, and it has no '%c': is an '=' or a quote missing before it?",
			     word.at[odd]);
	scan->head = word;
	return 0;
}

/* Nothing may follow a head that has neither got its value nor its block. */
static int check_no_head(struct scan *scan)
{
	if (scan->head_words == 0)
		return 0;
	return FAULT(scan, scan->head.line,
		     "'%.*s' has no value: a setting is name = VALUE, several words are {\"a\", \"b\"}",
		     (int)scan->head.len, scan->head.at);
}

/*
 * At a backslash in double quotes. What the library does not know loses its backslash in silence, and a zero ends the
 * word.
 */
static int check_escape(struct scan *scan)
{
	size_t digits = 0;
	bool zero = true;
	int c = peek(scan, 1);

	if (c == 'x')
		while (digits < 2 && peek(scan, digits + 2) > 0 &&
		       strchr("0123456789abcdefABCDEF", peek(scan, digits + 2)))
			zero &= peek(scan, ++digits + 1) == '0';
	else
		while (peek(scan, digits + 1) >= '0' && peek(scan, digits + 1) <= '9')
			zero &= peek(scan, ++digits) == '0';
	if (digits > 0)
		return zero ? FAULT(scan, scan->line, "this escape is a NUL byte, which would end the word") : 0;
	if (c < 0 || strchr("\"\\$\nnrtabefv", c))
		return 0;
	return FAULT(scan, scan->line, "'\\%c' is no escape: write '\\\\' for a backslash, or use single quotes",
		     c > ' ' && c < 127 ? c : '?');
}

/* At "${": it must be closed on this line, and what it names must be set, or it would silently become empty. */
static int check_variable(struct scan *scan, char quote)
{
	char name[VARIABLE_MAX];
	const char *from = scan->at + 2, *to = from, *colon;
	size_t len;

	while (to < scan->end && *to != '}' && *to != '\n' && *to != quote)
		to++;
	if (to == scan->end || *to != '}')
		return FAULT(scan, scan->line, "'${' is never closed; as plain text write '\\${' or use single quotes");
	len = (size_t)(to - from);
	colon = memchr(from, ':', len);
	if (colon && colon + 1 < to && colon[1] == '-') {
		scan->at = to + 1;
		return 0;
	}
	if (len >= sizeof(name))
		return FAULT(scan, scan->line, "the name in '${…}' is too long");
	memcpy(name, from, len);
	name[len] = '\0';
	if (!getenv(name))
		return FAULT(scan, scan->line,
			     "the environment variable '%s' is not set, so '${%s}' would be empty; set it, "
			     "write '${%s:-default}', use single quotes, or %%{…} for a placeholder of reinit",
			     name, name, name);
	scan->at = to + 1;
	return 0;
}

/* From an opening quote to behind the closing one. */
static int scan_string(struct scan *scan)
{
	struct name word = { .at = scan->at, .len = 1, .line = scan->line };
	char quote = *scan->at++;

	while (scan->at < scan->end && *scan->at != quote) {
		if (*scan->at == '\n')
			break;
		if (quote == '"' && *scan->at == '$' && peek(scan, 1) == '{') {
			int r = check_variable(scan, quote);

			if (r < 0)
				return r;
			continue;
		}
		if (quote == '"' && *scan->at == '\\') {
			int r = check_escape(scan);

			if (r < 0)
				return r;
		}
		if (*scan->at == '\\' && scan->at + 1 < scan->end && *++scan->at == '\n')
			scan->line++;
		scan->at++;
	}
	if (scan->at == scan->end || *scan->at != quote)
		return FAULT(scan, word.line, "the quote %c is not closed at the end of its line", quote);
	scan->at++;
	if (peek(scan, 0) > 0 && !strchr(" \t\r\n={}(),;#/", *scan->at))
		return FAULT(scan, scan->line, "a word goes on behind its closing quote: quote it as a whole");
	return take_word(scan, TOKEN_STRING, word);
}

static bool ends_word(int c)
{
	return c < 0 || strchr(" \t\r\n={},", c);
}

/* A word without quotes. What the library would drop or misread in one is named here. */
static int scan_word(struct scan *scan)
{
	struct name word = { .at = scan->at, .line = scan->line };

	for (; !ends_word(peek(scan, 0)); scan->at++) {
		int c = peek(scan, 0);

		if (c == '#')
			return FAULT(scan, scan->line,
				     "'#' behind a word begins a comment: quote the word, or put a blank before '#'");
		if (c == '"' || c == '\'')
			return FAULT(scan, scan->line, "a quote stands inside a word: quote it as a whole");
		if (c == ';')
			return FAULT(scan, scan->line, "';' does not belong here: settings end with their line");
		if (strchr("*+()", c))
			return FAULT(scan, scan->line, "'%c' must be quoted: write \"%.*s…\"", c,
				     (int)(scan->at - word.at + 1), word.at);
		if (c < ' ' || c == 127)
			return FAULT(scan, scan->line, "control character 0x%02x", (unsigned int)c);
	}
	word.len = (size_t)(scan->at - word.at);
	if (word.at[word.len - 1] == '$' && peek(scan, 0) == '{')
		return FAULT(scan, scan->line, "'${' inside a word must be quoted");
	if (scan->at == scan->end && scan->depth == 0)
		return FAULT(scan, scan->line,
			     "the file ends in the middle of a line; was it cut? end it with a newline");
	return take_word(scan, TOKEN_WORD, word);
}

/* At '=': the word before it names an option, once in its block. */
static int scan_equals(struct scan *scan)
{
	struct block *block = &scan->blocks[scan->depth];

	if (block->list)
		return FAULT(scan, scan->line,
			     "'=' stands inside a list: quote the word it belongs to, or close the list "
			     "of line %u with '}'",
			     block->line);
	if (scan->last == TOKEN_EQUALS)
		return FAULT(scan, scan->line, "a value is missing behind '='");
	if (scan->head_words == 0)
		return FAULT(scan, scan->line, "'=' without a name before it");
	if (scan->head_words > 1)
		return FAULT(scan, scan->head.line, "'=' is missing behind '%.*s'", (int)scan->head.len, scan->head.at);
	for (uint32_t i = 0; i < block->name_count; i++)
		if (block->names[i].len == scan->head.len &&
		    memcmp(block->names[i].at, scan->head.at, scan->head.len) == 0)
			return FAULT(scan, scan->head.line, "'%.*s' is given twice, first in line %u",
				     (int)scan->head.len, scan->head.at, block->names[i].line);
	if (block->name_count < NAMES_MAX)
		block->names[block->name_count++] = scan->head;
	scan->last = TOKEN_EQUALS;
	scan->head_words = 0;
	scan->at++;
	return 0;
}

static int note_section(struct scan *scan)
{
	struct precheck *out = scan->out;

	if (scan->head_words == 0)
		return FAULT(scan, scan->line, "'{' without a name before it");
	if (scan->head_words == 1)
		return FAULT(scan, scan->line, "a name is missing between '%.*s' and '{'", (int)scan->head.len,
			     scan->head.at);
	if (scan->head_words > 2)
		return FAULT(scan, scan->head.line,
			     "'%.*s' takes one name and then '{'; or is an '=' missing behind it?", (int)scan->head.len,
			     scan->head.at);
	if (out->section_count == SECTIONS_MAX)
		return FAULT(scan, scan->line, "more than %u blocks", SECTIONS_MAX);
	if (out->section_count == out->section_room) {
		uint32_t room = out->section_room ? out->section_room * 2 : 16;
		uint32_t *grown = realloc(out->sections, room * sizeof(*grown));

		if (!grown)
			return err_set(scan->err, ENOMEM, "out of memory");
		out->sections = grown;
		out->section_room = room;
	}
	out->sections[out->section_count++] = scan->line;
	return 0;
}

static int open_block(struct scan *scan)
{
	struct block *block;

	if (scan->depth + 1 == DEPTH_MAX)
		return FAULT(scan, scan->line, "blocks are nested too deeply: is a '}' missing above?");
	if (scan->blocks[scan->depth].list)
		return FAULT(scan, scan->line, "'{' stands inside the list of line %u", scan->blocks[scan->depth].line);
	if (scan->last == TOKEN_EQUALS) {
		block = &scan->blocks[++scan->depth];
		block->list = true;
	} else {
		int r = note_section(scan);

		if (r < 0)
			return r;
		block = &scan->blocks[++scan->depth];
		block->list = false;
	}
	block->line = scan->line;
	block->name_count = 0;
	scan->head_words = 0;
	scan->last = TOKEN_NONE;
	scan->at++;
	return 0;
}

static int close_block(struct scan *scan)
{
	int r = check_no_head(scan);

	if (r < 0)
		return r;
	if (scan->depth == 0)
		return FAULT(scan, scan->line, "'}' without a '{' that it would close");
	if (scan->last == TOKEN_EQUALS)
		return FAULT(scan, scan->line, "a value is missing behind '='");
	if (scan->blocks[scan->depth].list && scan->last == TOKEN_NONE)
		return FAULT(scan, scan->line, "the list is empty: leave the setting out");
	scan->depth--;
	scan->last = TOKEN_OTHER;
	scan->at++;
	return 0;
}

static int take_comma(struct scan *scan)
{
	if (!scan->blocks[scan->depth].list)
		return FAULT(scan, scan->line, "',' outside of a list: several words are written {a, b}");
	if (scan->last != TOKEN_WORD && scan->last != TOKEN_STRING)
		return FAULT(scan, scan->line, "a word is missing before ','");
	scan->last = TOKEN_OTHER;
	scan->at++;
	return 0;
}

/* An unquoted "${NAME}" is a word by itself. */
static int scan_variable(struct scan *scan)
{
	struct name word = { .at = scan->at, .len = 1, .line = scan->line };
	int r = check_variable(scan, '\n');

	return r < 0 ? r : take_word(scan, TOKEN_STRING, word);
}

static bool at_comment(const struct scan *scan, int first, int second)
{
	return peek(scan, 0) == first && (second == 0 || peek(scan, 1) == second);
}

/* One token, blank or comment. */
static int scan_one(struct scan *scan)
{
	int c = peek(scan, 0);

	if (strchr(" \t\r\n", c)) {
		blank_out(scan, 1);
		return 0;
	}
	if (at_comment(scan, '#', 0) || at_comment(scan, '/', '/')) {
		skip_line_comment(scan);
		return 0;
	}
	if (at_comment(scan, '/', '*'))
		return skip_block_comment(scan);
	if (c == '+' && peek(scan, 1) == '=')
		return FAULT(scan, scan->line, "'+=' is not known here: write one list");
	if (c == '"' || c == '\'')
		return scan_string(scan);
	if (c == '=')
		return scan_equals(scan);
	if (c == '{')
		return open_block(scan);
	if (c == '}')
		return close_block(scan);
	if (c == ',')
		return take_comma(scan);
	if (c == '$' && peek(scan, 1) == '{')
		return scan_variable(scan);
	return scan_word(scan);
}

static int check_bytes(struct scan *scan)
{
	const char *nul = memchr(scan->at, '\0', (size_t)(scan->end - scan->at));
	uint32_t line = 1;

	if (nul) {
		for (const char *p = scan->at; p < nul; p++)
			line += *p == '\n';
		return FAULT(scan, line, "a NUL byte: this is not a text file, or it was cut and filled up");
	}
	if (scan->end - scan->at >= 3 && memcmp(scan->at, "\xef\xbb\xbf", 3) == 0)
		return FAULT(scan, 1, "the file begins with a byte order mark: save it as UTF-8 without one");
	return 0;
}

static int scan_all(struct scan *scan)
{
	int r = check_bytes(scan);

	while (r == 0 && scan->at < scan->end)
		r = scan_one(scan);
	if (r == 0 && scan->depth > 0)
		return FAULT(scan, scan->blocks[scan->depth].line,
			     "the '{' in this line is never closed; was the file cut?");
	if (r == 0 && scan->last == TOKEN_EQUALS)
		return FAULT(scan, scan->line, "a value is missing behind '='; was the file cut?");
	return r < 0 ? r : check_no_head(scan);
}

int precheck_run(const char *name, const char *text, size_t len, struct precheck *ret, struct err *err)
{
	struct precheck out = { .clean = malloc(len + 2) };
	struct scan *scan = calloc(1, sizeof(*scan));
	struct err local = { 0 };
	int r = -ENOMEM;

	if (!out.clean || !scan) {
		err_set(err, ENOMEM, "out of memory");
	} else {
		if (len > 0)
			memcpy(out.clean, text, len);
		memcpy(out.clean + len, "\n", 2);
		*scan = (struct scan){ .file = name,
				       .at = text,
				       .end = text + len,
				       .start = text,
				       .line = 1,
				       .clean = out.clean,
				       .out = &out,
				       .err = err ? err : &local };
		r = scan_all(scan);
	}
	free(scan);
	if (r < 0) {
		precheck_finish(&out);
		return r;
	}
	*ret = out;
	return 0;
}

void precheck_finish(struct precheck *precheck)
{
	free(precheck->clean);
	free(precheck->sections);
	memset(precheck, 0, sizeof(*precheck));
}
