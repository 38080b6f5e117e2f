/* SPDX-License-Identifier: MIT */
/*
 * The classes of wide characters for the static release file, in the place of musl's. Only fnmatch asks for them
 * ("[[:alpha:]]*"), and in the C locale, which is never left, they are those of ASCII; the tables of Unicode would be
 * 13 kB.
 */
#include <ctype.h>
#include <string.h>
#include <wctype.h>

static const struct {
	const char *name;
	int (*test)(int byte);
} classes[] = {
	{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
	{ "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
	{ "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

#define CLASS_COUNT (sizeof(classes) / sizeof(classes[0]))

wctype_t wctype(const char *name)
{
	for (size_t n = 0; n < CLASS_COUNT; n++) {
		if (strcmp(classes[n].name, name) == 0)
			return n + 1;
	}
	return 0;
}

int iswctype(wint_t wide, wctype_t class)
{
	return class >= 1 && class <= CLASS_COUNT && wide < 128 && classes[class - 1].test((int)wide);
}

wint_t towlower(wint_t wide)
{
	return wide < 128 ? (wint_t)tolower((int)wide) : wide;
}

wint_t towupper(wint_t wide)
{
	return wide < 128 ? (wint_t)toupper((int)wide) : wide;
}
