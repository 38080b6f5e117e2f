/* SPDX-License-Identifier: MIT */
#include "app/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/oneshot.h"
#include "base/str.h"
#include "config/check.h"
#include "config/cli.h"
#include "config/explain.h"
#include "config/faults.h"
#include "config/file.h"
#include "config/files.h"
#include "config/text.h"

/* What came of it, on either side of the fork. */
struct outcome {
	int exit_code; /* 0 with a spec, or with text for stdout; else text is for stderr */
	struct text text;
	struct spec *spec;
	size_t spec_bytes;
};

/* Every line of a text behind "reinit: ". */
static void add_lines(struct text *out, const char *lines)
{
	for (const char *end; *lines != '\0'; lines = end) {
		for (end = lines; *end != '\0' && *end++ != '\n';)
			;
		text_add(out, "reinit: ");
		text_add_bytes(out, lines, (size_t)(end - lines));
	}
}

/* The sentence may hold names of files and blocks: whatever is in them, it stays one line. */
static void complain(struct outcome *out, int exit_code, const char *sentence)
{
	out->exit_code = exit_code;
	text_add(&out->text, "reinit: ");
	for (; *sentence != '\0'; sentence++)
		text_add_bytes(&out->text, (unsigned char)*sentence < ' ' || *sentence == 127 ? "?" : sentence, 1);
	text_add(&out->text, "\n");
}

static void complain_faults(struct outcome *out, const struct draft *draft, const struct faults *faults)
{
	out->exit_code = draft->with_files && faults->elsewhere ? READER_EXIT_CONFIG : READER_EXIT_USAGE;
	add_lines(&out->text, faults->text);
	if (faults->count > 1)
		text_addf(&out->text, "reinit: %u faults: nothing was started\n", faults->count);
}

static void complain_system(struct outcome *out, int code, const struct faults *faults)
{
	(void)faults;
	if (code == -E2BIG)
		complain(out, READER_EXIT_CONFIG, "the configuration is too large: see LIMITS in reinit.conf(5)");
	else
		complain(out, READER_EXIT_SYSTEM, "out of memory");
}

/* The draft is complete: judge it, and do what was asked for. */
static void judge(const struct cli *cli, struct outcome *out)
{
	struct specbuild build;
	struct faults faults;
	long size;
	int r;

	specbuild_init(&build);
	faults_init(&faults);
	r = check_draft(&cli->draft, &faults, &build);
	if (r == -EINVAL && faults.count > 0) {
		complain_faults(out, &cli->draft, &faults);
	} else if (r < 0) {
		complain_system(out, r, &faults);
	} else if (cli->action == CLI_EXPLAIN) {
		explain_plan(&cli->draft, &out->text);
	} else if (cli->action == CLI_TEST_CONFIG) {
		text_addf(&out->text, "reinit: configuration is fine: services=%u watches=%u\n",
			  build.head.service_count, build.head.watch_count);
	} else {
		size = specbuild_pack(&build, &out->spec);
		if (size < 0)
			complain_system(out, (int)size, &faults);
		else
			out->spec_bytes = (size_t)size;
	}
	faults_finish(&faults);
	specbuild_finish(&build);
}

static void judge_print(const struct cli *cli, struct outcome *out)
{
	if (cli->action == CLI_HELP)
		explain_help(&out->text);
	else
		explain_version(&out->text);
}

/* In the child: every file, then the whole. The first fault of syntax is reported alone. */
static void judge_files(struct oneshot_out *answer, struct cli *cli, struct outcome *out)
{
	struct draft *draft = &cli->draft;
	const struct setting *files = &draft->globals[OPT_CONFIG];
	struct err err = { 0 };
	int r = 0;

	if (files->count == 0)
		r = files_find(FILES_DEFAULT, FILES_DEFAULT_DIR, draft, &err);
	if (r == 0 && files->count == 0) {
		complain(out, READER_EXIT_USAGE,
			 "nothing to run: neither a command nor " FILES_DEFAULT " nor " FILES_DEFAULT_DIR
			 "/*.conf; try reinit --help");
		return;
	}
	for (uint32_t i = 0; r >= 0 && i < files->count; i++) {
		char stage[512] = "reading ";

		(void)str_append(stage, sizeof(stage), files->values[i]); /* cut where it is too long to show */
		oneshot_stage(answer, stage);
		r = file_read(files->values[i], draft, &err);
	}
	if (r < 0)
		complain(out, r == -ENOMEM ? READER_EXIT_SYSTEM : READER_EXIT_CONFIG, err.msg);
	else
		judge(cli, out);
}

static void work(struct oneshot_out *answer, void *arg)
{
	struct outcome out = { 0 };
	int r;

	judge_files(answer, arg, &out);
	if (out.text.failed)
		r = oneshot_finish(answer, READER_EXIT_SYSTEM, "reinit: out of memory\n", NULL, 0);
	else
		r = oneshot_finish(answer, out.exit_code, out.text.data, out.spec, out.spec_bytes);
	/* The parent reports a child without an answer; memory goes with the process. */
	if (r < 0)
		_exit(1);
}

static int load_files(struct cli *cli, struct reader_plan *ret, struct err *err)
{
	struct oneshot_answer answer;
	int r = oneshot_run(work, cli, &answer, err);

	if (r < 0)
		return r;
	if (answer.block)
		r = spec_check(answer.block, answer.block_bytes, err);
	else if (!answer.text || answer.code < 0 || answer.code > 255)
		r = err_set(err, EPROTO, "neither a block nor a text");
	if (r < 0) {
		free(answer.text);
		return err_wrap(err, "the answer of the child that reads the files is not valid");
	}
	*ret = (struct reader_plan){
		.spec = answer.block,
		.exit_code = answer.code,
		.to_stderr = answer.code != 0,
		.text = answer.text,
	};
	return 0;
}

static int take(struct outcome *out, struct reader_plan *ret, struct err *err)
{
	if (out->text.failed) {
		text_finish(&out->text);
		return err_set(err, ENOMEM, "out of memory");
	}
	*ret = (struct reader_plan){
		.spec = out->spec,
		.exit_code = out->exit_code,
		.to_stderr = out->exit_code != 0,
		.text = out->text.data,
	};
	return 0;
}

int reader_load(int argc, char **argv, char **envp, struct reader_plan *ret, struct err *err)
{
	struct outcome out = { 0 };
	struct err usage = { 0 };
	struct cli cli;
	int r = cli_parse(argc, argv, envp, &cli, &usage);

	if (r == -EINVAL) {
		complain(&out, READER_EXIT_USAGE, usage.msg);
		text_add(&out.text, "reinit: try reinit --help\n");
		return take(&out, ret, err);
	}
	if (r < 0)
		return err_set(err, -r, "%s", usage.msg);
	if (cli.action == CLI_HELP || cli.action == CLI_VERSION)
		judge_print(&cli, &out);
	else if (!cli.draft.with_files)
		judge(&cli, &out);
	if (cli.draft.with_files)
		r = load_files(&cli, ret, err);
	else
		r = take(&out, ret, err);
	draft_finish(&cli.draft);
	return r;
}
