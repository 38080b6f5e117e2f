/* SPDX-License-Identifier: MIT */
/* What the tests of the rooms around struct runtime share: specs of services, and a runtime whose words can be read. */
#ifndef REINIT_TESTS_STATE_UTIL_H
#define REINIT_TESTS_STATE_UTIL_H

#include "runtime_util.h"

#include "runtime/boot.h"
#include "runtime/state.h"

struct one_service {
	const char *command[8], *pre_start[8], *post_stop[4], *ready[4];
	const char *workdir, *user_name, *user_home, *ready_target;
	enum ready_kind ready_kind;
};

struct services {
	struct one_service service[3]; /* named "a", "b", "c" */
	uint32_t count;
	const char *watch; /* a path that the first service watches, or NULL */
	const char *speech[SPEECH_COUNT];
};

static inline struct spec_list words_in(struct specbuild *build, const char *const *texts)
{
	size_t count = 0;

	while (texts[count] != NULL)
		count++;
	return specbuild_strs(build, texts, count);
}

static inline void add_service(struct specbuild *build, const char *name, const struct one_service *want)
{
	struct service_spec *service = specbuild_service(build);

	service->name = specbuild_str(build, name);
	service->command = words_in(build, want->command);
	service->command_argv = 1;
	service->pre_start = words_in(build, want->pre_start);
	service->post_stop = words_in(build, want->post_stop);
	service->post_stop_timeout_ms = 60000;
	service->workdir = specbuild_str(build, want->workdir);
	service->user_name = specbuild_str(build, want->user_name);
	service->user_home = specbuild_str(build, want->user_home);
	service->ready_kind = (uint8_t)want->ready_kind;
	service->ready_target = specbuild_str(build, want->ready_target);
	service->ready_command = words_in(build, want->ready);
	service->ready_port = want->ready_kind == READY_TCP ? 80 : 0;
	service->stop_signal = SIGTERM;
}

/* The caller's: free(3). What is not asked for here can be set in it afterwards: see service_of. */
static inline struct spec *make_services(const struct services *want)
{
	static const char *const names[] = { "a", "b", "c" };
	struct specbuild build;
	struct spec *spec = NULL;
	struct watch_spec *watch;
	struct err err = { 0 };
	long size;

	specbuild_init(&build);
	for (uint32_t n = 0; n < want->count; n++)
		add_service(&build, names[n], &want->service[n]);
	if (want->watch != NULL) {
		uint32_t path = specbuild_str(&build, want->watch);

		watch = specbuild_watch(&build);
		watch->path = path;
		watch->signal = SIGHUP;
		watch->validate_timeout_ms = watch->exec_timeout_ms = 60000;
	}
	for (int n = 0; n < SPEECH_COUNT; n++)
		build.head.speech[n] = specbuild_str(&build, want->speech[n]);
	size = specbuild_pack(&build, &spec);
	assert_true(size > 0);
	if (spec_check(spec, (size_t)size, &err) < 0)
		fail_msg("%s", err.msg);
	specbuild_finish(&build);
	return spec;
}

/* To change what the builder left at its default. */
static inline struct service_spec *service_of(struct spec *spec, uint32_t service)
{
	return (struct service_spec *)(uintptr_t)spec_service(spec, service);
}

/* The runtime at work: its words go into a pipe. */
static struct runtime rt;
static struct spec *spec;
static int words_fd;
static char *own_argv[] = { (char *)(uintptr_t) "reinit", (char *)(uintptr_t) "/bin/true", NULL };
static struct spawn_inherited inherited;

static inline void no_child(void *arg, enum reap_role role, uint32_t index, uint32_t seq, pid_t pid, int status)
{
	(void)arg;
	(void)role;
	(void)index;
	(void)seq;
	(void)pid;
	(void)status;
}

/* spec is set, and this makes the rest of it: memory, and somebody who listens. */
static inline void start_runtime(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	memset(&rt, 0, sizeof(rt));
	rt.spec = spec;
	rt.argv = own_argv;
	rt.inherited = &inherited;
	rt.dir_fd = -1;
	rt.report.spec = spec;
	words_fd = fds[0];
	logsink_init(&rt.report.sink, fds[1], LINE_LOGFMT, LINE_DEBUG);
	voice_init(&rt.voice, spec, fds[1], fds[1]);
	assert_int_equal(boot_memory(&rt, 16, no_child), 0);
}

static inline void end_runtime(void)
{
	const bool own_words = spec->service_count > 0 && spec_service(spec, 0)->command.count > 0;

	(void)close(words_fd);
	(void)close(rt.report.sink.fd);
	helpers_finish(&rt.helpers);
	reap_finish(&rt.reap);
	if (own_words)
		free((void *)(uintptr_t)rt.running[0].argv);
	free(rt.running);
	free(rt.too_big);
	free(rt.delegates);
	free(rt.queue.ring);
	free(spec);
	spec = NULL;
}

/* What was said or logged since the last time. */
static inline const char *words(void)
{
	static char text[16384];
	ssize_t len = read(words_fd, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* The event that waits is this one, for service 0. */
static inline void assert_event(enum event_kind kind, uint32_t seq, int32_t value)
{
	struct event event;

	assert_true(queue_take(&rt.queue, &event));
	assert_string_equal(event_names[event.kind], event_names[kind]);
	assert_int_equal(event.service, 0);
	assert_int_equal(event.seq, seq);
	assert_int_equal(event.value, value);
}

static inline void assert_no_event(void)
{
	struct event event;

	if (queue_take(&rt.queue, &event))
		fail_msg("an event '%s' waits", event_names[event.kind]);
}

#endif
