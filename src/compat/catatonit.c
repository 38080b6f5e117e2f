/* SPDX-License-Identifier: MIT */
#include "compat/catatonit.h"

#include <signal.h>
#include <string.h>

#include "base/line.h"
#include "compat/common.h"

/* The original calls itself tini here, for dockerd looks for that name. */
#define CATATONIT_VERSION "tini version 0.1.7_catatonit\n"

#define USAGE "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n"

static void help(struct personality_plan *plan)
{
	plan_say(plan, 2, 0,
		 USAGE "\n"
		       "options:\n"
		       "  -g              Forward signals to pid1's process group.\n"
		       "  -h              Print this help page.\n"
		       "  -L              Print license information.\n"
		       "  -P              Run in pause mode (no program is run and quit on SIGINT).\n"
		       "  -V, --version   Print version information.\n");
}

static void speak(struct specbuild *build, bool debug)
{
	plan_speech(build, SPEECH_NO_FORK,
		    "2ERROR (catatonit:{self}): failed to fork child: {error}\n"
		    "ERROR (catatonit:{self}): failed to spawn pid1: {error}\n");
	plan_speech(build, SPEECH_NOT_RUN, "2ERROR (catatonit:{self}): failed to exec pid1: {error}\n");
	if (!debug)
		return;
	plan_speech(build, SPEECH_SPAWNED, "2DEBUG (catatonit:{self}): pid1 ({pid}) spawned: {command}\n");
	plan_speech(build, SPEECH_PASS_GONE,
		    "2WARN (catatonit:{self}): forwarding of signal {signal} to pid1 ({pid}) failed: {error}\n");
	plan_speech(build, SPEECH_PASS_FAILED,
		    "2WARN (catatonit:{self}): forwarding of signal {signal} to pid1 ({pid}) failed: {error}\n");
	plan_speech(build, SPEECH_REAPED_EXITED,
		    "2DEBUG (catatonit:{self}): child process {pid} exited with code {code}\n");
	plan_speech(build, SPEECH_REAPED_KILLED,
		    "2DEBUG (catatonit:{self}): child process {pid} exited due to signal {signal}\n");
	plan_speech(build, SPEECH_DROPPED,
		    "2DEBUG (catatonit:{self}): ignoring kernel attempting to stop us: tty has TOSTOP set\n");
}

/* No program: reap, and leave with 0 on INT or TERM. */
static void pause_plan(struct specbuild *build, struct personality_plan *plan)
{
	plan->run = true;
	build->head.several = 1; /* TERM and INT end it; nobody takes the others */
	build->head.signal_map[SIGQUIT] = 0;
	build->head.leave_at_once = 1;
	build->head.root_dir = 1;
	build->head.close_inherited = 1;
	build->head.log_level = LINE_ERROR;
}

static void run_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan,
		     int command, bool group)
{
	struct service_spec *service = plan_service(input, build, plan, command);

	/* All three come from the terminal, and to an init that has handed it on they mean nothing. */
	build->head.signal_map[SIGTSTP] = 0;
	build->head.signal_map[SIGTTIN] = 0;
	build->head.signal_map[SIGTTOU] = 0;
	build->head.root_dir = 1;
	build->head.close_inherited = 1;
	build->head.tty_by_name = 1;
	speak(build, plan_env(input, "CATATONIT_DEBUG") != NULL);
	if (service == NULL)
		return;
	service->signal_group = group;
	service->code_not_found = 1;
	service->code_no_access = 1;
	service->code_not_run = 1;
	service->code_no_fork = 1;
}

void catatonit_plan(const struct personality_input *input, struct specbuild *build, struct personality_plan *plan)
{
	static const struct option_name names[] = { { "version", 'V' }, { NULL, 0 } };
	struct option_reader reader;
	bool group = false, pause = false;
	int letter, command;

	if (plan_env(input, "CATATONIT_LOG") != NULL) {
		plan_add(plan, "ERROR (catatonit:%d): CATATONIT_LOG is reserved for future use\n", (int)input->self);
		plan_say(plan, 2, 1, "");
		return;
	}
	option_reader_init(&reader, input, "ghLPV", names);
	while ((letter = option_reader_next(&reader)) != -1) {
		switch (letter) {
		case 'g':
			group = true;
			continue;
		case 'P':
			pause = true;
			continue;
		case 'h':
			help(plan);
			return;
		case 'L':
			plan_licence(plan);
			return;
		case 'V':
			plan_say(plan, 1, 0, CATATONIT_VERSION);
			return;
		default:
			plan_add(plan, "%s\n", reader.fault);
			plan_say(plan, 2, 1, USAGE);
			return;
		}
	}
	command = option_reader_command(&reader, true);
	if (pause) {
		pause_plan(build, plan);
	} else if (command != 0) {
		run_plan(input, build, plan, command, group);
	} else {
		plan_add(plan, "ERROR (catatonit:%d): missing program name\n", (int)input->self);
		plan_say(plan, 2, 1, USAGE);
	}
}
