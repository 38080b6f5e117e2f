/* SPDX-License-Identifier: MIT */
#include "config/faults.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_LINE_SIZE 1536

void faults_init(struct faults *faults)
{
	memset(faults, 0, sizeof(*faults));
}

void faults_finish(struct faults *faults)
{
	free(faults->text);
	faults_init(faults);
}

static void append_line(struct faults *faults, const char *line)
{
	size_t len = strlen(line);

	if (faults->len + len + 2 > faults->room) {
		size_t room = faults->room * 2 > faults->len + len + 2 ? faults->room * 2 : faults->len + len + 512;
		char *grown = realloc(faults->text, room);

		if (!grown) {
			faults->failed = -ENOMEM;
			return;
		}
		faults->text = grown;
		faults->room = room;
	}
	for (size_t i = 0; i < len; i++)
		faults->text[faults->len++] = (unsigned char)line[i] < ' ' || line[i] == 127 ? '?' : line[i];
	faults->text[faults->len++] = '\n';
	faults->text[faults->len] = '\0';
}

/* snprintf onto the end of line; what does not fit is cut. */
static void __attribute__((format(printf, 2, 3))) add_part(char *line, const char *fmt, ...)
{
	size_t len = strlen(line);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line + len, FAULT_LINE_SIZE - len, fmt, args);
	va_end(args);
}

static void __attribute__((format(printf, 6, 0)))
add_fault(struct faults *faults, const struct origin *origin, const char *service, const char *watch,
	  const char *option, const char *fmt, va_list args)
{
	char line[FAULT_LINE_SIZE];
	size_t len;

	if (!origin || origin->kind < ORIGIN_ENVIRONMENT)
		faults->elsewhere = true;
	if (faults->count++ >= FAULTS_MAX)
		return;
	line[0] = '\0';
	if (origin) {
		origin_format(origin, line, sizeof(line) / 2);
		add_part(line, ": ");
	}
	if (service)
		add_part(line, "service '%s': ", service);
	if (watch)
		add_part(line, "watch '%s': ", watch);
	if (option)
		add_part(line, "%s: ", option);
	len = strlen(line);
	(void)vsnprintf(line + len, sizeof(line) - len, fmt, args);
	append_line(faults, line);
}

void faults_add(struct faults *faults, const struct origin *origin, const char *service, const char *watch,
		const char *option, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_fault(faults, origin, service, watch, option, fmt, args);
	va_end(args);
}

void faults_at(struct faults *faults, const struct place *place, enum option_id id, const char *fmt, ...)
{
	struct found found = draft_find(place, id);
	const struct origin *origin = found.setting    ? &found.setting->origin
				      : place->watch   ? &place->watch->origin
				      : place->service ? &place->service->origin
						       : &(const struct origin){ .kind = ORIGIN_DEFAULT };
	/* A service of the command line alone needs no name: there is no other. */
	bool named = place->service && (place->service != &place->draft->own || place->draft->with_files);
	va_list args;

	va_start(args, fmt);
	add_fault(faults, origin, named ? place->service->name : NULL, place->watch ? place->watch->path : NULL,
		  place->watch && id == OPT_WATCH ? NULL : option_forms[id].name, fmt, args);
	va_end(args);
}

void faults_end(struct faults *faults)
{
	char line[64];

	if (faults->count <= FAULTS_MAX)
		return;
	(void)snprintf(line, sizeof(line), "and %u more", faults->count - FAULTS_MAX);
	append_line(faults, line);
}
