/* SPDX-License-Identifier: MIT */
#include "compat/tini.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compat/common.h"

/* The version whose interface this is. dockerd splits it at " - " and at the dot of the second part. */
#define TINI_VERSION "tini version 0.19.0 - git.de40ad0"

#define FATAL "[FATAL tini (%i)] "

/* What may stand behind -p: these names, spelt like this. */
static const struct {
	const char *name;
	int number;
} death_signals[] = {
	{ "SIGHUP", SIGHUP },	{ "SIGINT", SIGINT },	{ "SIGQUIT", SIGQUIT },	    { "SIGILL", SIGILL },
	{ "SIGTRAP", SIGTRAP }, { "SIGABRT", SIGABRT }, { "SIGBUS", SIGBUS },	    { "SIGFPE", SIGFPE },
	{ "SIGKILL", SIGKILL }, { "SIGUSR1", SIGUSR1 }, { "SIGSEGV", SIGSEGV },	    { "SIGUSR2", SIGUSR2 },
	{ "SIGPIPE", SIGPIPE }, { "SIGALRM", SIGALRM }, { "SIGTERM", SIGTERM },	    { "SIGCHLD", SIGCHLD },
	{ "SIGCONT", SIGCONT }, { "SIGSTOP", SIGSTOP }, { "SIGTSTP", SIGTSTP },	    { "SIGTTIN", SIGTTIN },
	{ "SIGTTOU", SIGTTOU }, { "SIGURG", SIGURG },	{ "SIGXCPU", SIGXCPU },	    { "SIGXFSZ", SIGXFSZ },
	{ "SIGPROF", SIGPROF }, { "SIGSYS", SIGSYS },	{ "SIGVTALRM", SIGVTALRM }, { "SIGWINCH", SIGWINCH },
};

static int death_signal(const char *name)
{
	for (size_t n = 0; n < sizeof(death_signals) / sizeof(death_signals[0]); n++) {
		if (strcmp(death_signals[n].name, name) == 0)
			return death_signals[n].number;
	}
	return 0;
}

static void usage(const struct personality_input *input, struct personality_plan *plan, int fd, int code)
{
	const char *slash = strrchr(input->argv[0], '/');
	const char *name = slash == NULL ? input->argv[0] : slash + 1;

	plan_add(plan,
		 "%s (" TINI_VERSION ")\n"
		 "Usage: %s [OPTIONS] PROGRAM -- [ARGS] | --version\n\n"
		 "Execute a program under the supervision of a valid init process (%s)\n\n"
		 "Command line options:\n\n"
		 "  --version: Show version and exit.\n"
		 "  -h: Show this help message and exit.\n"
		 "  -s: Register as a process subreaper (requires Linux >= 3.4).\n"
		 "  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. \"-p SIGKILL\".\n"
		 "  -v: Generate more verbose output. Repeat up to 3 times.\n"
		 "  -w: Print a warning when processes are getting reaped.\n"
		 "  -g: Send signals to the child's process group.\n"
		 "  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0 (can be repeated).\n"
		 "  -l: Show license and exit.\n\n"
		 "Environment variables:\n\n"
		 "  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).\n"
		 "  TINI_VERBOSITY: Set the verbosity level (default: 1).\n"
		 "  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.\n\n",
		 name, name, name);
	plan_say(plan, fd, code, "");
}

struct wishes {
	bool group, warn, reaper;
	unsigned int verbosity;
};

static void speak(struct specbuild *build, const struct wishes *wishes)
{
	plan_speech(build, SPEECH_NO_FORK, "2[FATAL tini ({self})] fork failed: {error}\n");
	plan_speech(build, SPEECH_NOT_RUN, "2[FATAL tini ({self})] exec {command} failed: {error}\n");
	if (wishes->verbosity > 0) {
		plan_speech(
			build, SPEECH_NOT_REAPER,
			"2[WARN  tini ({self})] Tini is not running as PID 1 and isn't registered as a child subreaper.\n"
			"Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n"
			"To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to "
			"register Tini as a child subreaper, or run Tini as PID 1.\n");
		plan_speech(build, SPEECH_PASS_GONE, "2[WARN  tini ({self})] Child was dead when forwarding signal\n");
	}
	if (wishes->verbosity > 0 && wishes->warn)
		plan_speech(build, SPEECH_ORPHAN, "2[WARN  tini ({self})] Reaped zombie process with pid={pid}\n");
	if (wishes->verbosity > 1) {
		plan_speech(build, SPEECH_SPAWNED,
			    "1[INFO  tini ({self})] Spawned child process '{command}' with pid '{pid}'\n");
		plan_speech(build, SPEECH_MAIN_EXITED,
			    "1[INFO  tini ({self})] Main child exited normally (with status '{code}')\n");
		plan_speech(build, SPEECH_MAIN_KILLED,
			    "1[INFO  tini ({self})] Main child exited with signal (with signal '{signame}')\n");
	}
	if (wishes->verbosity > 2) {
		plan_speech(build, SPEECH_CHLD_CAME, "1[DEBUG tini ({self})] Received SIGCHLD\n");
		plan_speech(build, SPEECH_PASSING, "1[DEBUG tini ({self})] Passing signal: '{signame}'\n");
		plan_speech(build, SPEECH_REAPED, "1[DEBUG tini ({self})] Reaped child with pid: '{pid}'\n");
	}
	if (wishes->verbosity > 3)
		plan_speech(build, SPEECH_LEAVING, "1[TRACE tini ({self})] Exiting: child has exited\n");
}

/* One option. Returns false when the plan is to leave. */
static bool take(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan,
		 struct wishes *wishes, int letter, const char *value)
{
	char *end;
	long code;

	switch (letter) {
	case 'h':
		usage(input, plan, 1, 0);
		return false;
	case 'l':
		plan_licence(plan);
		return false;
	case 'p':
		build->head.parent_death_signal = death_signal(value);
		if (build->head.parent_death_signal != 0)
			return true;
		plan_add(plan, FATAL "Not a valid option for -p: %s\n", (int)input->self, value);
		break;
	case 'e':
		code = strtol(value, &end, 10); /* as the original reads it: "" is 0 */
		if (*end == '\0' && code >= 0 && code < (long)SPEC_CODES) {
			build->head.exit_map[code] = 0;
			return true;
		}
		plan_add(plan, FATAL "Not a valid option for -e: %s\n", (int)input->self, value);
		break;
	case 's':
		wishes->reaper = true;
		return true;
	case 'g':
		wishes->group = true;
		return true;
	case 'w':
		wishes->warn = true;
		return true;
	case 'v':
		wishes->verbosity++;
		return true;
	default:
		usage(input, plan, 2, 1);
		return false;
	}
	plan_say(plan, 2, 1, "");
	return false;
}

void tini_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan)
{
	struct wishes wishes = { .verbosity = 1 };
	const char *verbosity = plan_env(input, "TINI_VERBOSITY");
	struct option_reader reader;
	struct service_spec *service;
	int letter, command;

	if (input->argc == 2 && strcmp(input->argv[1], "--version") == 0) {
		plan_say(plan, 1, 0, TINI_VERSION "\n");
		return;
	}
	option_reader_init(&reader, input, "p:hvwgle:s", NULL);
	while ((letter = option_reader_next(&reader)) != -1) {
		if (letter == '?')
			plan_add(plan, "%s\n", reader.fault);
		if (!take(input, build, plan, &wishes, letter, reader.value))
			return;
	}
	command = option_reader_command(&reader, true);
	if (command == 0) {
		usage(input, plan, 2, 1);
		return;
	}
	wishes.reaper = wishes.reaper || plan_env(input, "TINI_SUBREAPER") != NULL;
	wishes.group = wishes.group || plan_env(input, "TINI_KILL_PROCESS_GROUP") != NULL;
	if (verbosity != NULL)
		/* As the original reads it: the environment wins over -v, and -1 is a lot. */
		wishes.verbosity = (unsigned int)atoi(verbosity);
	service = plan_service(input, build, plan, command);
	build->head.own_orphans = wishes.reaper;
	build->head.signal_map[SIGTTIN] = 0;
	build->head.signal_map[SIGTTOU] = 0;
	speak(build, &wishes);
	if (service == NULL)
		return;
	service->signal_group = wishes.group;
	service->code_not_run = 1;
	service->code_no_fork = 1;
}
