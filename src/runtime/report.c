/* SPDX-License-Identifier: MIT */
#include "runtime/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signame.h"
#include "base/str.h"
#include "runtime/procfs.h"
#include "runtime/sys.h"

#define TERMINATION_LOG "/dev/termination-log" /* default of terminationMessagePath in a pod's container */
#define OUTPUT_SHOWN 1200u		       /* of a command's output: the end, where the error stands */

static void add_value(struct line *line, const char *key, int32_t value)
{
	char name[SIGNAME_SIZE];

	if (key[0] == '\0') {
		return;
	} else if (strcmp(key, "signal") == 0) {
		line_str(line, key, signame_format(value, name));
	} else if (strcmp(key, "policy") == 0) {
		line_str(line, key, policy_names[value]);
	} else if (strcmp(key, "errno") == 0) {
		line_str(line, "error", strerror(value));
	} else if (strcmp(key, "status") == 0) {
		if (WIFSIGNALED(value))
			line_str(line, "signal", signame_format(WTERMSIG(value), name));
		else
			line_int(line, "code", WEXITSTATUS(value));
	} else {
		line_int(line, key, value);
	}
}

static void add_digest(struct line *line, const struct effect *effect)
{
	char text[17];

	if (effect->digest.high == 0 && effect->digest.low == 0)
		return;
	line_int(line, "gen", effect->seq);
	(void)snprintf(text, sizeof(text), "%08x", (unsigned int)(effect->digest.high >> 32));
	line_str(line, "digest", text);
}

/* The end of what a command printed, without its last newline. */
static void add_output(struct line *line, const struct helper_result *result)
{
	const char *text = result->output;
	size_t len = result->output_len;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\0'))
		len--;
	if (len > OUTPUT_SHOWN) {
		text += len - OUTPUT_SHOWN;
		len = OUTPUT_SHOWN;
	}
	if (len > 0)
		line_bytes(line, "output", text, len);
}

static void add_result(struct line *line, const struct helper_result *result, bool with_output)
{
	line_int(line, "took_ms", result->took_ms);
	if (result->died)
		line_str(line, "cause", "it was killed or ended without an answer");
	else if (result->timed_out)
		line_str(line, "cause", "time limit");
	else if (result->error != 0)
		line_str(line, "cause", strerror(result->error));
	else
		add_value(line, "status", result->status);
	if (result->note[0] != '\0')
		line_str(line, "note", result->note);
	if (with_output)
		add_output(line, result);
}

/* "pid 7 is sh; its child nginx (9) catches HUP: start it with exec" */
static void add_hint(struct line *line, pid_t pid, int signal)
{
	char comm[32], child_comm[32], name[SIGNAME_SIZE], hint[200];
	pid_t child = procfs_catching_child(pid, signal);

	(void)procfs_comm(pid, comm, sizeof(comm));
	(void)signame_format(signal, name);
	if (child > 0)
		(void)snprintf(hint, sizeof(hint), "pid %d is %s; its child %s (%d) catches %s: start it with exec",
			       (int)pid, comm, procfs_comm(child, child_comm, sizeof(child_comm)), (int)child, name);
	else
		(void)snprintf(hint, sizeof(hint),
			       "pid %d (%s) has no handler for %s; choose another signal or on-change = restart",
			       (int)pid, comm, name);
	line_str(line, "hint", hint);
}

/* What ends the container for another reason than the plain end of its command is worth a termination message. */
static void keep_reason(struct report *report, const struct effect *effect, const char *text)
{
	const char *service = "";

	if (effect->message != MSG_LEAVING && effect->message != MSG_GAVE_UP && effect->message != MSG_SHUTDOWN_FAILED)
		return;
	if (effect->message == MSG_SHUTDOWN_FAILED && report->reason[0] != '\0')
		return; /* giving up says more, and came first */
	if (effect->service < report->spec->service_count)
		service = spec_str(report->spec, spec_service(report->spec, effect->service)->name);
	(void)snprintf(report->reason, sizeof(report->reason), "reinit: service '%s': %s", service, text);
}

static bool shows_result(enum message message)
{
	return message == MSG_REFUSED || message == MSG_REFUSED_RUNS || message == MSG_HOOK_FAILED ||
	       message == MSG_VALID;
}

void report_effect(struct report *report, const struct effect *effect, const struct helper_result *result,
		   pid_t main_pid)
{
	const struct message_form *form = &message_forms[effect->message];
	bool with_result = result != NULL && shows_result(effect->message);
	struct line line;

	keep_reason(report, effect, form->text);
	if (!logsink_wants(&report->sink, form->level))
		return;
	logsink_begin(&report->sink, &line, form->level, form->text);
	line_str(&line, "event", form->name);
	if (effect->service < report->spec->service_count)
		line_str(&line, "service", spec_str(report->spec, spec_service(report->spec, effect->service)->name));
	if (effect->watch < report->spec->watch_count) {
		line_str(&line, "watch", spec_str(report->spec, spec_watch(report->spec, effect->watch)->path));
		add_digest(&line, effect);
	}
	if (!with_result)
		add_value(&line, form->value_key, effect->value);
	if (form->amount_key[0] != '\0' && effect->message != MSG_VALID)
		line_int(&line, form->amount_key, effect->amount);
	if (with_result) /* last, for a long output may be cut */
		add_result(&line, result, effect->message != MSG_VALID);
	if (effect->message == MSG_NEVER_CAUGHT && main_pid > 0)
		add_hint(&line, main_pid, effect->value);
	logsink_end(&report->sink, &line);
}

void report_helper_failed(struct report *report, uint32_t service, int error)
{
	struct line line;

	if (!logsink_wants(&report->sink, LINE_ERROR))
		return;
	logsink_begin(&report->sink, &line, LINE_ERROR, "helper process cannot be started: trying again later");
	line_str(&line, "event", "HELPER_FAILED");
	if (service < report->spec->service_count)
		line_str(&line, "service", spec_str(report->spec, spec_service(report->spec, service)->name));
	line_str(&line, "error", strerror(error));
	logsink_end(&report->sink, &line);
}

struct news_form {
	enum line_level level;
	const char *name;
	const char *text;
};

static const struct news_form news_forms[WATCH_NEWS_COUNT] = {
	[WATCH_OVERFLOW] = { LINE_WARN, "OVERFLOW", "inotify queue overflowed: looking at everything again" },
	[WATCH_LOST] = { LINE_WARN, "WATCH_LOST", "watched path is not there: waiting for it" },
	[WATCH_BACK] = { LINE_INFO, "WATCH_BACK", "watched path is there" },
	[WATCH_NO_INOTIFY] = { LINE_WARN, "NO_INOTIFY", "inotify cannot be had: looking every 5 s instead" },
	[WATCH_BLIND] = { LINE_INFO, "WATCH_BLIND",
			  "network or user-space file system may hide changes from inotify: looking every 5 s as well" },
	[WATCH_SUBPATH] = { LINE_WARN, "SUBPATH",
			    "subPath mount never updates in a running container: mount the whole volume as a "
			    "directory (in the pod's volumeMounts drop the line 'subPath:' and let mountPath be a directory)" },
	[WATCH_SUBPATH_STALE] = { LINE_WARN, "SUBPATH_STALE",
				  "the ConfigMap has changed, but this subPath mount keeps the old file until the "
				  "container starts again" },
};

void report_news(struct report *report, uint32_t watch, enum watch_news news, int value)
{
	const struct news_form *form = &news_forms[news];
	struct line line;

	if (form->text == NULL || !logsink_wants(&report->sink, form->level))
		return;
	logsink_begin(&report->sink, &line, form->level, form->text);
	line_str(&line, "event", form->name);
	if (watch < report->spec->watch_count) {
		const struct watch_spec *spec = spec_watch(report->spec, watch);

		line_str(&line, "service", spec_str(report->spec, spec_service(report->spec, spec->service)->name));
		line_str(&line, "watch", spec_str(report->spec, spec->path));
	}
	if (value != 0)
		line_str(&line, "error", strerror(value));
	logsink_end(&report->sink, &line);
}

void report_termination(const struct report *report, int code)
{
	char text[REPORT_REASON_SIZE + 32];
	int fd, len;

	if (report->reason[0] == '\0')
		return;
	fd = sys_open(TERMINATION_LOG, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return;
	len = snprintf(text, sizeof(text), "%s (exit code %d)\n", report->reason, code);
	(void)sys_write(fd, text, (size_t)len); /* nobody is left to be told */
	(void)sys_close(fd);
}
