/* SPDX-License-Identifier: MIT */
/*
 * Typed values of settings. Each function looks the option up at its place, reads the text by the
 * option's type and bounds, and adds a fault when it cannot; then it returns the default, so that checking goes on.
 */
#ifndef REINIT_CONFIG_VALUE_H
#define REINIT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/draft.h"
#include "config/faults.h"
#include "model/specbuild.h"

struct value_reader {
	struct faults *faults;
	struct specbuild *build; /* takes strings and word lists */
};

/* Whether it is yes, true or on. */
bool value_bool(struct value_reader *reader, const struct place *place, enum option_id id);
/* A duration in ms, a size in bytes or a plain number, by the type of the option. */
int64_t value_number(struct value_reader *reader, const struct place *place, enum option_id id);
int32_t value_signal(struct value_reader *reader, const struct place *place, enum option_id id);
/* The place of the word among the option's choices. */
uint32_t value_choice(struct value_reader *reader, const struct place *place, enum option_id id);
/* The only text of a setting ("" when there is none and no default). */
const char *value_text(struct value_reader *reader, const struct place *place, enum option_id id);
/* An absolute path without needless slashes, in the pool; 0 when not given or faulty. */
uint32_t value_path(struct value_reader *reader, const struct place *place, enum option_id id);
/* A list of strings as it stands. */
struct spec_list value_strings(struct value_reader *reader, const struct place *place, enum option_id id);
/* A command: several words as they are, one string split. placeholders: %{…} is checked. */
struct spec_list value_words(struct value_reader *reader, const struct place *place, enum option_id id,
			     bool placeholders);

/* The same from a text that is part of a value ("exec:nginx -s reload"); id is only named in faults. */
struct spec_list value_split(struct value_reader *reader, const struct place *place, enum option_id id,
			     const char *text, bool placeholders);
int32_t value_signal_text(struct value_reader *reader, const struct place *place, enum option_id id, const char *text);
int64_t value_number_text(struct value_reader *reader, const struct place *place, enum option_id id, enum option_id as,
			  const char *text);

/*
 * Tidy an absolute path: no doubled or trailing slash, no "." part. "PATH must be absolute" and ".." are
 * faults. Returns false after a fault; out holds PATH_MAX bytes.
 */
bool value_tidy_path(struct value_reader *reader, const struct place *place, enum option_id id, const char *text,
		     char *out);

/* "; did you mean 'x'?" into buf when the word before a colon in text is near to one of names, else "". */
const char *value_hint(const char *text, const char *const *names, size_t count, char *buf, size_t size);

#endif
