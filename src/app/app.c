/* SPDX-License-Identifier: MIT */
#include "app/app.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/reader.h"
#include "compat/personality.h"
#include "runtime/driver.h"
#include "runtime/signals.h"

/*
 * A standard descriptor that came closed must not become one of ours, or a service's output would land in
 * it. Something harmless takes the place; it is O_CLOEXEC, so that services find it closed, as it came.
 * Returns whether fd was open.
 */
static bool hold_place(int fd)
{
	int taken;

	if (fcntl(fd, F_GETFD) >= 0)
		return true;
	taken = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (taken < 0)
		taken = memfd_create("closed", MFD_CLOEXEC); /* no /dev in this root */
	if (taken >= 0 && taken != fd) {
		(void)dup3(taken, fd, O_CLOEXEC); /* lower ones are taken already: this is only to be sure */
		(void)close(taken);
	}
	return false;
}

/* 0 to 2, open[n] telling of each whether it came open. One call where all are well: poll marks what is not open. */
static void hold_places(bool open[3])
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };
	bool all_open = poll(fds, 3, 0) == 0;

	for (int fd = 0; fd < 3; fd++)
		open[fd] = all_open || hold_place(fd);
}

static void say(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nobody reads it; the exit code says it too */
		text += done;
		len -= (size_t)done;
	}
}

static int give_up(const struct err *err)
{
	say(2, "reinit: ");
	say(2, err->msg);
	say(2, "\n");
	return APP_EXIT_SYSTEM;
}

/* Called by the name of another init: its interface, with nothing read but argv and environment. */
static int load_as(personality_fn fn, const struct personality_input *input, struct reader_plan *ret, struct err *err)
{
	static struct personality_plan plan; /* 4 KiB: the stack of a plain init stays as it is */
	struct specbuild build;
	struct spec *spec = NULL;
	long size = 0;

	specbuild_init(&build);
	fn(input, &build, &plan);
	if (plan.run)
		size = specbuild_pack(&build, &spec);
	specbuild_finish(&build);
	if (size < 0)
		return err_set(err, (int)-size, "no memory");
	if (plan.run && plan.text[0] != '\0')
		say(plan.fd, plan.text);
	*ret = (struct reader_plan){
		.spec = spec, .exit_code = plan.exit_code, .to_stderr = plan.fd == 2, .text = plan.text
	};
	return 0;
}

int app_run(int argc, char **argv, char **envp)
{
	struct spawn_inherited inherited;
	struct reader_plan plan;
	struct driver_params params;
	struct err err = { 0, "" };
	personality_fn personality = personality_find(argv[0]);
	bool open[3];
	int rc;

	signals_take_over(&inherited);
	hold_places(open);
	if (personality != NULL)
		rc = load_as(personality, &(struct personality_input){ argc, argv, envp, getpid() }, &plan, &err);
	else
		rc = reader_load(argc, argv, envp, &plan, &err);
	if (rc < 0)
		return give_up(&err);
	if (plan.spec == NULL) {
		say(plan.to_stderr ? 2 : 1, plan.text);
		if (personality == NULL)
			free(plan.text); /* that of a personality is static */
		return plan.exit_code;
	}
	params = (struct driver_params){ .spec = plan.spec,
					 .argv = argv,
					 .inherited = &inherited,
					 .out_fd = open[1] ? 1 : -1,
					 .log_fd = open[2] ? 2 : -1 };
	if (driver_boot(&params, &err) < 0)
		return give_up(&err);
	/* ---- from here on this process must not end but by the engine's word ---- */
	driver_run();
}
