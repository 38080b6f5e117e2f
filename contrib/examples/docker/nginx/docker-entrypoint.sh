#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs what lies in /docker-entrypoint.d, in order of names, and becomes the command: the "exec" matters, the
# reload signal is for nginx and not for a shell.
set -e
for script in /docker-entrypoint.d/*.sh; do
	if [ -x "$script" ]; then
		echo "docker-entrypoint.sh: $script"
		"$script"
	fi
done
exec "$@"
