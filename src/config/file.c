/* SPDX-License-Identifier: MIT */
#include "config/file.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "config/precheck.h"

#define SECTION_SERVICE "service"
#define SECTION_WATCH "watch"

/* All options of a scope, at most one section, and the end. */
struct schema {
	cfg_opt_t globals[OPTION_GLOBAL_COUNT + 2];
	cfg_opt_t service[OPTION_SERVICE_COUNT + 2];
	cfg_opt_t watch[OPTION_WATCH_COUNT + 2];
};

/* One file on its way into the draft. */
struct reading {
	const char *name; /* the draft's */
	struct draft *draft;
	const struct precheck *precheck;
	uint32_t section; /* sections met so far, in the order of opening */
};

/*
 * libconfuse tells errors through a function without an argument of ours, and its scanner has state of its own:
 * a file is parsed at a time, in a process made for it, so one place for the first error is enough.
 */
static struct {
	struct err err;
	const char *name;
} parsing;

/*
 * The line of an option is known only while its value is read. It is kept in the option itself, in the
 * default for numbers, which an option of strings never looks at.
 */
static int note_line(cfg_t *cfg, cfg_opt_t *opt)
{
	if (opt->def.number == 0)
		opt->def.number = cfg->line;
	return 0;
}

/*
 * The library lets a second block of the same title replace the first, or ends at it. Whether one may stand
 * twice is judged with the rest, so each title gets a number in front once its block is complete.
 */
static int number_title(cfg_t *cfg, cfg_opt_t *opt)
{
	unsigned int last = cfg_opt_size(opt) - 1;
	cfg_t *section = cfg_opt_getnsec(opt, last);
	char *title;

	(void)cfg;
	if (asprintf(&title, "%u:%s", last, section->title) < 0)
		return -1;
	free(section->title);
	section->title = title;
	return 0;
}

static cfg_opt_t section_option(const char *name, cfg_opt_t *opts)
{
	cfg_opt_t opt = CFG_SEC(NULL, opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);

	opt.name = name;
	opt.validcb = number_title;
	return opt;
}

/* Every option is a list of strings: how many and what is judged with the rest, all faults together. */
static cfg_opt_t string_option(const char *name)
{
	cfg_opt_t opt = CFG_STR_LIST(NULL, NULL, CFGF_NODEFAULT);

	opt.name = name;
	opt.validcb = note_line;
	return opt;
}

static cfg_opt_t *add_options(cfg_opt_t *opts, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (option_forms[i].where & OPTION_FILE)
			*opts++ = string_option(option_forms[i].name);
	return opts;
}

static void schema_init(struct schema *schema)
{
	cfg_opt_t end = CFG_END(), *next;

	next = add_options(schema->watch, OPTION_WATCH_FIRST, OPTION_WATCH_COUNT);
	*next = end;
	next = add_options(schema->service, OPTION_SERVICE_FIRST, OPTION_SERVICE_COUNT);
	*next++ = section_option(SECTION_WATCH, schema->watch);
	*next = end;
	next = add_options(schema->globals, 0, OPTION_GLOBAL_COUNT);
	*next++ = section_option(SECTION_SERVICE, schema->service);
	*next = end;
}

/* The name in "no such option 'NAME'", or NULL for another message. */
static char *unknown_name(char *message)
{
	static const char begin[] = "no such option '";
	char *quote;

	if (strncmp(message, begin, sizeof(begin) - 1) != 0)
		return NULL;
	message += sizeof(begin) - 1;
	quote = strrchr(message, '\'');
	if (quote)
		*quote = '\0';
	return message;
}

static const char *const scope_homes[SCOPE_COUNT] = {
	[SCOPE_GLOBAL] = "outside of all services",
	[SCOPE_SERVICE] = "inside service \"NAME\" { }",
	[SCOPE_WATCH] = "inside watch \"PATH\" { } of a service",
};

static void unknown_option(const char *name, struct err *err)
{
	enum option_id id = option_find(name, strlen(name), OPTION_FILE);
	const char *close = option_closest(name, OPTION_FILE);

	if (!close)
		close = str_closest(name, (const char *[]){ SECTION_SERVICE, SECTION_WATCH }, 2);
	if (id != OPTION_COUNT)
		err_set(err, EINVAL, "'%s' does not stand here but %s", name, scope_homes[option_scope(id)]);
	else if (strcmp(name, SECTION_SERVICE) == 0)
		err_set(err, EINVAL, "a service cannot stand inside another block: is a '}' missing above?");
	else if (strcmp(name, SECTION_WATCH) == 0)
		err_set(err, EINVAL, "watch \"PATH\" { } stands inside a service");
	else if (option_find(name, strlen(name), OPTION_CLI) != OPTION_COUNT)
		err_set(err, EINVAL, "'%s' is for the command line only: write --%s", name, name);
	else if (close)
		err_set(err, EINVAL, "unknown option '%s'; did you mean %s?", name, close);
	else
		err_set(err, EINVAL, "unknown option '%s': all that there are stand in reinit.conf(5)", name);
}

static void __attribute__((format(printf, 2, 0))) take_error(cfg_t *cfg, const char *fmt, va_list args)
{
	char message[ERR_MSG_SIZE / 2], *name;

	if (parsing.err.code != 0)
		return;
	(void)vsnprintf(message, sizeof(message), fmt, args);
	name = unknown_name(message);
	if (name)
		unknown_option(name, &parsing.err);
	else
		err_set(&parsing.err, EINVAL, "%s", message);
	(void)err_wrap(&parsing.err, "%s:%d", parsing.name, cfg ? cfg->line : 0);
}

static struct origin origin_at(const struct reading *reading, uint32_t line)
{
	return (struct origin){ .kind = ORIGIN_FILE, .name = reading->name, .line = line };
}

/* The line of the next section's brace: the walk below meets them in the order of opening. */
static struct origin next_section(struct reading *reading)
{
	uint32_t at = reading->section++;

	return origin_at(reading, at < reading->precheck->section_count ? reading->precheck->sections[at] : 0);
}

static void take_option(struct reading *reading, cfg_t *section, enum option_id id, struct setting *setting)
{
	cfg_opt_t *opt = cfg_getopt(section, option_forms[id].name);
	struct origin origin;

	if (!opt || opt->def.number == 0)
		return;
	origin = origin_at(reading, (uint32_t)opt->def.number);
	for (unsigned int i = 0; i < cfg_opt_size(opt); i++) {
		const char *value = cfg_opt_getnstr(opt, i);

		if (value)
			draft_put(reading->draft, setting, origin, draft_text(reading->draft, value, strlen(value)),
				  i > 0);
	}
}

static void take_options(struct reading *reading, cfg_t *section, uint32_t first, uint32_t count,
			 struct setting *settings)
{
	for (uint32_t i = 0; i < count; i++)
		if (option_forms[first + i].where & OPTION_FILE)
			take_option(reading, section, (enum option_id)(first + i), &settings[i]);
}

static const char *title_of(struct reading *reading, cfg_t *section)
{
	const char *title = strchr(cfg_title(section), ':') + 1; /* see number_title */

	return draft_text(reading->draft, title, strlen(title));
}

static void take_service(struct reading *reading, cfg_t *section)
{
	struct draft_service *service =
		draft_add_service(reading->draft, title_of(reading, section), next_section(reading));

	for (unsigned int i = 0; service && i < cfg_size(section, SECTION_WATCH); i++) {
		cfg_t *part = cfg_getnsec(section, SECTION_WATCH, i);
		struct draft_watch *watch =
			draft_add_watch(reading->draft, service, title_of(reading, part), next_section(reading));

		if (watch)
			take_options(reading, part, OPTION_WATCH_FIRST, OPTION_WATCH_COUNT, watch->settings);
	}
	if (service)
		take_options(reading, section, OPTION_SERVICE_FIRST, OPTION_SERVICE_COUNT, service->settings);
}

static int take_file(struct reading *reading, cfg_t *cfg, struct err *err)
{
	take_options(reading, cfg, 0, OPTION_GLOBAL_COUNT, reading->draft->globals);
	for (unsigned int i = 0; i < cfg_size(cfg, SECTION_SERVICE); i++)
		take_service(reading, cfg_getnsec(cfg, SECTION_SERVICE, i));
	if (reading->draft->failed)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static int parse_clean(struct reading *reading, struct err *err)
{
	struct schema schema;
	cfg_t *cfg;
	int r;

	memset(&schema, 0, sizeof(schema));
	schema_init(&schema);
	memset(&parsing, 0, sizeof(parsing));
	parsing.name = reading->name;
	cfg = cfg_init(schema.globals, CFGF_NONE);
	if (!cfg)
		return err_set(err, ENOMEM, "out of memory");
	(void)cfg_set_error_function(cfg, take_error); /* the former one is not wanted back */
	r = cfg_parse_buf(cfg, reading->precheck->clean);
	if (r == CFG_SUCCESS && parsing.err.code == 0)
		r = take_file(reading, cfg, err);
	else if (parsing.err.code != 0)
		r = err_set(err, EINVAL, "%s", parsing.err.msg);
	else
		r = err_set(err, EINVAL, "%s: cannot be parsed", reading->name);
	(void)cfg_free(cfg); /* the process is about to end; the draft has copies */
	return r;
}

int file_parse(const char *path, const char *text, size_t len, struct draft *draft, struct err *err)
{
	struct precheck precheck;
	struct reading reading = { .draft = draft, .precheck = &precheck };
	int r = precheck_run(path, text, len, &precheck, err);

	if (r < 0)
		return r;
	reading.name = draft_text(draft, path, strlen(path));
	r = reading.name ? parse_clean(&reading, err) : err_set(err, ENOMEM, "out of memory");
	precheck_finish(&precheck);
	return r;
}

/* Up to FILE_MAX_BYTES of an open regular file. Returns the length or negative errno. */
static ssize_t read_whole(int fd, char *buf)
{
	size_t len = 0;

	while (len <= FILE_MAX_BYTES) {
		ssize_t n = read(fd, buf + len, FILE_MAX_BYTES + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
	}
	return -EFBIG;
}

/* A file that is being written may be read half old, half new, or short of its end, and still be a whole one. */
static bool is_unchanged(int fd, const struct stat *before, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	/* Files of /proc and the like have no size. */
	if (st.st_size > 0 && (size_t)st.st_size != len)
		return false;
	return st.st_size == before->st_size && st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static ssize_t read_open(int fd, char *buf, struct err *err)
{
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "is a directory: name the files in it, each with --config");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "is not a regular file");
	len = read_whole(fd, buf);
	if (len == -EFBIG)
		return err_set(err, EFBIG, "is larger than %u bytes", FILE_MAX_BYTES);
	if (len < 0)
		return err_set(err, (int)-len, "%s", strerror((int)-len));
	if (!is_unchanged(fd, &st, (size_t)len))
		return err_set(err, EAGAIN, "changes while it is read: start again when it is written");
	return len;
}

int file_read(const char *path, struct draft *draft, struct err *err)
{
	/* Without O_NONBLOCK a FIFO would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *buf;
	ssize_t len;
	int r;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	buf = malloc(FILE_MAX_BYTES + 1);
	len = buf ? read_open(fd, buf, err) : err_set(err, ENOMEM, "out of memory");
	(void)close(fd); /* read only: nothing can be lost */
	if (len < 0)
		r = err_wrap(err, "%s", path);
	else
		r = file_parse(path, buf, (size_t)len, draft, err);
	free(buf);
	return r;
}
