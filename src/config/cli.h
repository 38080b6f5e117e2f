/* SPDX-License-Identifier: MIT */
/* Command line and environment → draft. Pure: no output, no exit, opens nothing. */
#ifndef REINIT_CONFIG_CLI_H
#define REINIT_CONFIG_CLI_H

#include "base/err.h"
#include "config/draft.h"

enum cli_action { CLI_RUN, CLI_TEST_CONFIG, CLI_EXPLAIN, CLI_VERSION, CLI_HELP };

struct cli {
	enum cli_action action;
	struct draft draft; /* with_files is set when files are to be read as well */
};

/*
 * Read `[options] [--] COMMAND [ARG…]` and the variables REINIT_…; parsing stops at the first word that
 * is no option. Options are known by option_forms. Values are only stored here; check.h judges them.
 * argv and envp must outlive the draft.
 * Returns 0; -EINVAL for a fault of usage, with a sentence that helps; -ENOMEM. On failure *ret holds nothing.
 */
int cli_parse(int argc, char **argv, char **envp, struct cli *ret, struct err *err);

#endif
