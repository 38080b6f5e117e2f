/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return -code;
	err->code = code;
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, args); /* cutting is what is wanted */
	va_end(args);
	return -code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[ERR_MSG_SIZE];
	va_list args;

	if (err == NULL)
		return -EINVAL;
	(void)str_copy(inner, sizeof(inner), err->msg);
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	(void)str_append(err->msg, sizeof(err->msg), ": ");
	(void)str_append(err->msg, sizeof(err->msg), inner);
	return -err->code;
}
