/* SPDX-License-Identifier: MIT */
/* A child that does nothing until it is ended. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
