/* SPDX-License-Identifier: MIT */
#include "compat/dumbinit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "compat/common.h"

#define DUMBINIT_VERSION "dumb-init v1.2.5\n" /* whose interface this is */
#define SIGNAL_MAX 31			      /* what -r can rewrite: no realtime signals */

struct wishes {
	bool verbose, session;
	bool rewritten[SIGNAL_MAX + 1];
};

static void help(const struct personality_input *input, struct personality_plan *plan)
{
	plan_add(plan,
		 DUMBINIT_VERSION "Usage: %s [option] command [[arg] ...]\n"
				  "\n"
				  "dumb-init is a simple process supervisor that forwards signals to children.\n"
				  "It is designed to run as PID1 in minimal container environments.\n"
				  "\n"
				  "Optional arguments:\n"
				  "   -c, --single-child   Run in single-child mode.\n"
				  "                        In this mode, signals are only proxied to the\n"
				  "                        direct child and not any of its descendants.\n"
				  "   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.\n"
				  "                        To ignore (not proxy) a signal, rewrite it to 0.\n"
				  "                        This option can be specified multiple times.\n"
				  "   -v, --verbose        Print debugging information to stderr.\n"
				  "   -h, --help           Print this help message and exit.\n"
				  "   -V, --version        Print the current version and exit.\n"
				  "\n"
				  "Full help is available online at https://github.com/Yelp/dumb-init\n",
		 input->argv[0]);
	plan_say(plan, 2, 0, "");
}

/* "s:r"; what stands behind the second number does not count, as with the original. */
static bool rewrite(struct specbuild *build, struct wishes *wishes, const char *value)
{
	int from, to;

	if (sscanf(value, "%d:%d", &from, &to) != 2 || from < 1 || from > SIGNAL_MAX || to < 0 || to > SIGNAL_MAX)
		return false;
	build->head.signal_map[from] = (uint8_t)to;
	wishes->rewritten[from] = true;
	return true;
}

/* One option. Returns false when the plan is to leave. */
static bool take(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan,
		 struct wishes *wishes, int letter, const char *value)
{
	switch (letter) {
	case 'h':
		help(input, plan);
		return false;
	case 'V':
		plan_say(plan, 2, 0, DUMBINIT_VERSION);
		return false;
	case 'v':
		wishes->verbose = true;
		return true;
	case 'c':
		wishes->session = false;
		return true;
	case 'r':
		if (rewrite(build, wishes, value))
			return true;
		plan_add(plan, "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and %d.\n",
			 SIGNAL_MAX);
		plan_say(plan, 2, 1, "This option can be specified multiple times.\nUse --help for full usage.\n");
		return false;
	default:
		plan_say(plan, 2, 1, "");
		return false;
	}
}

static void speak(struct specbuild *build, bool verbose)
{
	static const struct {
		enum speech what;
		const char *sentence;
	} debug[] = {
		{ SPEECH_SPAWNED, "2[dumb-init] Child spawned with PID {pid}.\n" },
		{ SPEECH_SIGNAL_CAME, "2[dumb-init] Received signal {signal}.\n" },
		{ SPEECH_REWRITTEN, "2[dumb-init] Translating signal {signal} to {to}.\n" },
		{ SPEECH_PASSED, "2[dumb-init] Forwarded signal {signal} to children.\n" },
		{ SPEECH_DROPPED, "2[dumb-init] Not forwarding signal {signal} to children (ignored).\n" },
		{ SPEECH_SUSPENDING, "2[dumb-init] Suspending self due to TTY signal.\n" },
		{ SPEECH_TTY_LEADER,
		  "2[dumb-init] Detached from controlling tty, ignoring the first SIGHUP and SIGCONT "
		  "we receive.\n" },
		{ SPEECH_TTY_NO_LEADER, "2[dumb-init] Detached from controlling tty, but was not session leader.\n" },
		{ SPEECH_TTY_NOT_GIVEN,
		  "2[dumb-init] Unable to detach from controlling tty (errno={errno} {error}).\n" },
		{ SPEECH_TTY_SIGNAL, "2[dumb-init] Ignoring tty hand-off signal {signal}.\n" },
		{ SPEECH_TTY_NOT_TAKEN, "2[dumb-init] Unable to attach to controlling tty (errno={errno} {error}).\n" },
		{ SPEECH_SESSION_MADE, "2[dumb-init] setsid complete.\n" },
		{ SPEECH_REAPED_EXITED, "2[dumb-init] A child with PID {pid} exited with exit status {code}.\n" },
		{ SPEECH_REAPED_KILLED, "2[dumb-init] A child with PID {pid} was terminated by signal {signal}.\n" },
		{ SPEECH_LEAVING, "2[dumb-init] Child exited with status {code}. Goodbye.\n" },
	};

	plan_speech(build, SPEECH_NO_FORK, "2[dumb-init] Unable to fork. Exiting.\n");
	plan_speech(build, SPEECH_NOT_RUN, "2[dumb-init] {command}: {error}\n");
	for (size_t n = 0; verbose && n < sizeof(debug) / sizeof(debug[0]); n++)
		plan_speech(build, debug[n].what, debug[n].sentence);
}

/* Only these very words count, as with the original. */
static bool env_is(const struct personality_input *input, const char *name, const char *wanted)
{
	const char *value = plan_env(input, name);

	return value != NULL && strcmp(value, wanted) == 0;
}

static void read_environment(const struct personality_input *input, struct personality_plan *plan,
			     struct wishes *wishes)
{
	plan->fd = 2;
	if (env_is(input, "DUMB_INIT_DEBUG", "1")) {
		wishes->verbose = true;
		plan_add(plan, "[dumb-init] Running in debug mode.\n");
	}
	if (env_is(input, "DUMB_INIT_SETSID", "0")) {
		wishes->session = false;
		if (wishes->verbose)
			plan_add(plan, "[dumb-init] Not running in setsid mode.\n");
	}
}

static void fill_service(struct specbuild *build, struct service_spec *service, const struct wishes *wishes)
{
	static const int stops[] = { SIGTSTP, SIGTTOU, SIGTTIN };

	build->head.signal_map[SIGCHLD] = 0;
	for (size_t n = 0; n < sizeof(stops) / sizeof(stops[0]); n++) {
		if (!wishes->rewritten[stops[n]])
			build->head.signal_map[stops[n]] = (uint8_t)(wishes->session ? SIGSTOP : stops[n]);
	}
	build->head.own_orphans = 0;
	build->head.suspends = 1;
	build->head.root_dir = 1;
	build->head.clean_signals = 1;
	build->head.farewell_signal = SIGTERM;
	if (service == NULL)
		return;
	service->standing = wishes->session ? STANDING_TERMINAL : STANDING_SAME;
	service->signal_group = wishes->session;
	service->code_not_found = 2;
	service->code_no_access = 2;
	service->code_not_run = 2;
	service->code_no_fork = 1;
}

void dumbinit_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan)
{
	static const struct option_name names[] = { { "help", 'h' },	{ "single-child", 'c' }, { "rewrite", 'r' },
						    { "verbose", 'v' }, { "version", 'V' },	 { NULL, 0 } };
	struct wishes wishes = { .session = true };
	struct option_reader reader;
	int letter, command;

	option_reader_init(&reader, input, "hvVcr:", names);
	while ((letter = option_reader_next(&reader)) != -1) {
		if (letter == '?')
			plan_add(plan, "%s\n", reader.fault);
		if (!take(input, build, plan, &wishes, letter, reader.value))
			return;
	}
	command = option_reader_command(&reader, false);
	if (command == 0) {
		plan_add(plan, "Usage: %s [option] program [args]\nTry %s --help for full usage.\n", input->argv[0],
			 input->argv[0]);
		plan_say(plan, 2, 1, "");
		return;
	}
	read_environment(input, plan, &wishes);
	fill_service(build, plan_service(input, build, plan, command), &wishes);
	speak(build, wishes.verbose);
}
