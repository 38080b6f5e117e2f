/* SPDX-License-Identifier: MIT */
/* The door. */
#include "app/app.h"

int main(int argc, char **argv, char **envp)
{
	return app_run(argc, argv, envp);
}
