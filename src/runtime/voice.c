/* SPDX-License-Identifier: MIT */
#include "runtime/voice.h"

#include <stdio.h>
#include <string.h>

#include "base/line.h"
#include "base/str.h"
#include "runtime/sys.h"

#define SENTENCE_SIZE 1024

void voice_init(struct voice *voice, const struct spec *spec, int out_fd, int err_fd)
{
	voice->spec = spec;
	logsink_init(&voice->out, out_fd, LINE_LOGFMT, LINE_DEBUG);
	logsink_init(&voice->err, err_fd, LINE_LOGFMT, LINE_DEBUG);
}

/* The value of the placeholder at text, and its length with the braces in *ret_len; NULL: it is plain text. */
static const char *value_of(const char *text, const struct voice_words *words, pid_t self, char number[16],
			    size_t *ret_len)
{
	const struct {
		const char *name;
		const char *word; /* NULL: the number */
		int number;
	} known[] = {
		{ "{self}", NULL, (int)self },
		{ "{pid}", NULL, (int)words->pid },
		{ "{signal}", NULL, words->signal },
		{ "{signame}", strsignal(words->signal), 0 },
		{ "{to}", NULL, words->to },
		{ "{code}", NULL, words->code },
		{ "{command}", words->command == NULL ? "" : words->command, 0 },
		{ "{error}", strerror(words->error), 0 },
		{ "{errno}", NULL, words->error },
	};

	for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++) {
		*ret_len = strlen(known[n].name);
		if (strncmp(text, known[n].name, *ret_len) != 0)
			continue;
		(void)snprintf(number, 16, "%d", known[n].number);
		return known[n].word == NULL ? number : known[n].word;
	}
	return NULL;
}

size_t voice_fill(const char *template, struct voice_words words, pid_t self, char *buf, size_t size)
{
	size_t len = 0;

	for (const char *at = template + 1; *at != '\0';) {
		char number[16];
		size_t taken = 1, bytes = 1;
		const char *value = *at == '{' ? value_of(at, &words, self, number, &taken) : NULL;

		if (value == NULL) {
			value = at;
			taken = 1;
		} else {
			bytes = strnlen(value, size / 2); /* a long word must not take the rest of the sentence away */
		}
		if (bytes > size - 1 - len)
			bytes = size - 1 - len;
		memcpy(buf + len, value, bytes);
		len += bytes;
		at += taken;
	}
	buf[len] = '\0';
	return len;
}

void voice_say(struct voice *voice, enum speech what, struct voice_words words)
{
	char text[SENTENCE_SIZE];
	const char *template;

	if (voice->spec->speech[what] == 0)
		return;
	template = spec_str(voice->spec, voice->spec->speech[what]);
	logsink_text(template[0] == '1' ? &voice->out : &voice->err, text,
		     voice_fill(template, words, sys_getpid(), text, sizeof(text)));
}

bool voice_tells_children(const struct spec *spec)
{
	return spec->speech[SPEECH_REAPED] != 0 || spec->speech[SPEECH_REAPED_EXITED] != 0 ||
	       spec->speech[SPEECH_REAPED_KILLED] != 0 || spec->speech[SPEECH_ORPHAN] != 0;
}
