/* SPDX-License-Identifier: MIT */
#include "runtime/helperjob.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/line.h"
#include "base/str.h"
#include "runtime/command.h"
#include "runtime/snapshot.h"
#include "runtime/stage.h"
#include "runtime/sys.h"

#define PATH_SIZE 4096

static const struct snapshot_limits child_limits = { 1ull << 30, 100000 };

/* The answer is on its way or it is not: a torn one is taken for a death. */
static void answer(const struct helper_result *result, int fd) __attribute__((noreturn));
static void answer(const struct helper_result *result, int fd)
{
	const char *at = (const char *)result;
	size_t left = sizeof(*result);

	while (left > 0) {
		ssize_t done = sys_write(fd, at, left);

		if (done <= 0)
			sys_exit(1);
		at += done;
		left -= (size_t)done;
	}
	sys_exit(0);
}

static void set_env(const struct spec *spec, const struct helper_result *result, pid_t service_pid, const char *stage)
{
	char text[40];

	if (result->service < spec->service_count)
		(void)setenv("REINIT_SERVICE", spec_str(spec, spec_service(spec, result->service)->name), 1);
	if (result->watch < spec->watch_count) {
		(void)setenv("REINIT_PATH", spec_str(spec, spec_watch(spec, result->watch)->path), 1);
		(void)snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long)result->digest.high,
			       (unsigned long long)result->digest.low);
		(void)setenv("REINIT_DIGEST", text, 1);
	}
	if (service_pid > 0) {
		(void)snprintf(text, sizeof(text), "%d", (int)service_pid);
		(void)setenv("REINIT_PID", text, 1);
	}
	if (stage != NULL)
		(void)setenv("REINIT_STAGE", stage, 1);
}

/* Room for a word with its placeholders filled in: each begins with a '%'. */
static size_t room_for(const char *word, size_t longest)
{
	size_t room = strlen(word) + 1;

	for (; *word != '\0'; word++)
		room += *word == '%' ? longest : 0;
	return room;
}

/* The words of a command with their placeholders filled in. This process ends soon: nothing is freed. */
static char **expand_words(const struct spec *spec, struct spec_list words, const char *stage, const char *path,
			   const char *service)
{
	char **argv = calloc(words.count + 1, sizeof(*argv));
	size_t longest = strlen(stage) + strlen(path) + strlen(service);

	for (uint32_t n = 0; argv != NULL && n < words.count; n++) {
		const char *word = spec_str(spec, spec_word(spec, words, n));
		size_t room = room_for(word, longest);

		argv[n] = malloc(room);
		if (argv[n] == NULL || stage_expand(word, stage, path, service, argv[n], room) < 0)
			return NULL;
	}
	return argv;
}

/* Cut a first line that is not whole: the output is the end of something longer. */
static void trim_output(struct helper_result *result, size_t len)
{
	const char *newline = len < HELPER_OUTPUT_SIZE / 2 ? NULL : memchr(result->output, '\n', len);
	size_t skip =
		newline == NULL || newline + 1 == result->output + len ? 0 : (size_t)(newline + 1 - result->output);

	memmove(result->output, result->output + skip, len - skip);
	result->output_len = (uint32_t)(len - skip);
}

struct limits {
	int64_t timeout_ms;
	int64_t memory_bytes;
};

static void run_words(const struct spec *spec, const struct spawn_inherited *inherited, struct helper_result *result,
		      struct spec_list words, struct limits limits, const char *stage)
{
	const char *service =
		result->service < spec->service_count ? spec_str(spec, spec_service(spec, result->service)->name) : "";
	const struct watch_spec *watch = result->watch < spec->watch_count ? spec_watch(spec, result->watch) : NULL;
	const char *path = watch != NULL ? spec_str(spec, watch->path) : "";
	const char *live = watch != NULL && watch->stage_base != 0 ? spec_str(spec, watch->stage_base) : path;
	struct command command = { .argv = expand_words(spec, words, stage != NULL ? stage : live, path, service),
				   .timeout_ms = limits.timeout_ms,
				   .memory_bytes = limits.memory_bytes,
				   .name = service,
				   .json = spec->log_format == LINE_JSON,
				   .output = result->output,
				   .output_size = sizeof(result->output) };
	int rc = command.argv == NULL ? -ENOMEM : command_run(&command, inherited);

	result->error = -rc;
	result->status = command.status;
	result->timed_out = command.timed_out;
	trim_output(result, command.output_len);
}

static bool succeeded(const struct helper_result *result)
{
	return result->error == 0 && !result->timed_out && result->status == 0;
}

/* The content was another one than was asked about, or changed under the validation: the answer means nothing. */
static bool has_moved(const struct helper_result *expected, enum content content, struct digest digest)
{
	return (content != CONTENT_PRESENT && content != CONTENT_PARTLY && content != CONTENT_EMPTY) ||
	       !digest_equal(expected->digest, digest);
}

static bool live_moved(const struct spec *spec, const struct helper_result *result)
{
	enum content content = CONTENT_MISSING;
	struct digest digest = { 0, 0 };
	int unreadable;

	return snapshot_digest(spec, spec_watch(spec, result->watch), &child_limits, &content, &digest, &unreadable) <
		       0 ||
	       has_moved(result, content, digest);
}

static struct limits validate_limits(const struct watch_spec *watch)
{
	return (struct limits){ watch->validate_timeout_ms, watch->validate_memory_bytes };
}

static void validate_live(const struct spec *spec, const struct spawn_inherited *inherited,
			  struct helper_result *result)
{
	const struct watch_spec *watch = spec_watch(spec, result->watch);

	if (live_moved(spec, result)) {
		result->verdict = VERDICT_MOVED;
		return;
	}
	run_words(spec, inherited, result, watch->validate, validate_limits(watch), NULL);
	if (live_moved(spec, result))
		result->verdict = VERDICT_MOVED;
	else
		result->verdict = succeeded(result) ? VERDICT_OK : VERDICT_REFUSED;
}

static void validate_staged(const struct spec *spec, const struct spawn_inherited *inherited,
			    struct helper_result *result, pid_t service_pid)
{
	const struct watch_spec *watch = spec_watch(spec, result->watch);
	char stage[PATH_SIZE];
	enum content content = CONTENT_MISSING;
	struct digest digest = { 0, 0 };
	struct err err = { 0, "" };
	int rc = stage_build(spec, watch, stage, sizeof(stage), &content, &digest, &err);

	if (rc == -EROFS || rc == -EPERM) {
		(void)str_copy(result->note, sizeof(result->note), "validated on the live path: ");
		(void)str_append(result->note, sizeof(result->note), err.msg);
		validate_live(spec, inherited, result);
		return;
	}
	if (rc < 0) {
		(void)str_copy(result->note, sizeof(result->note), err.msg);
		result->error = -rc;
		result->verdict = VERDICT_REFUSED;
		return;
	}
	if (has_moved(result, content, digest)) {
		result->verdict = VERDICT_MOVED;
	} else {
		set_env(spec, result, service_pid, stage);
		run_words(spec, inherited, result, watch->validate, validate_limits(watch), stage);
		result->verdict = succeeded(result) ? VERDICT_OK : VERDICT_REFUSED;
	}
	stage_remove(stage);
}

static void digest_all(const struct spec *spec, struct helper_result *result)
{
	int unreadable;
	int rc = snapshot_digest(spec, spec_watch(spec, result->watch), &child_limits, &result->content,
				 &result->digest, &unreadable);

	if (rc < 0) {
		result->content = CONTENT_UNREADABLE;
		result->error = -rc;
	}
}

/* As the wait status of a command: 0 for ready. */
static void probe(const struct spec *spec, const struct spawn_inherited *inherited, struct helper_result *result)
{
	const struct service_spec *service = spec_service(spec, result->service);
	const char *target = spec_str(spec, service->ready_target);
	struct stat unused;
	bool ready;

	if (service->ready_kind == READY_EXEC) {
		run_words(spec, inherited, result, service->ready_command,
			  (struct limits){ HELPERJOB_PROBE_LIMIT_MS, 0 }, NULL);
		return;
	}
	ready = service->ready_kind == READY_FILE ? sys_stat(target, &unused) == 0 : sys_connect_unix(target) == 1;
	result->status = ready ? 0 : 1 << 8;
}

void helperjob_run(const struct spec *spec, const struct spawn_inherited *inherited, struct helper_result *result,
		   pid_t service_pid, int fd)
{
	int64_t start_ms = sys_now_ms();

	(void)sys_setpgid(0, 0); /* so that it can be killed with all that it starts before it makes sessions */
	set_env(spec, result, service_pid, NULL);
	switch (result->job) {
	case HELPER_DIGEST:
		digest_all(spec, result);
		break;
	case HELPER_VALIDATE:
		if (stage_wanted(spec, spec_watch(spec, result->watch)))
			validate_staged(spec, inherited, result, service_pid);
		else
			validate_live(spec, inherited, result);
		break;
	case HELPER_HOOK:
		run_words(spec, inherited, result, spec_watch(spec, result->watch)->exec,
			  (struct limits){ spec_watch(spec, result->watch)->exec_timeout_ms, 0 }, NULL);
		break;
	case HELPER_PROBE:
		probe(spec, inherited, result);
		break;
	case HELPER_POST_STOP:
		run_words(spec, inherited, result, spec_service(spec, result->service)->post_stop,
			  (struct limits){ spec_service(spec, result->service)->post_stop_timeout_ms, 0 }, NULL);
		break;
	}
	result->took_ms = sys_now_ms() - start_ms;
	answer(result, fd);
}
