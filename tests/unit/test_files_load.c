/*
 * One restore of files from the look at its folder to the comparison, on a
 * loop with workers: what is found, what is refused, what a comparison sees,
 * and what is left when it is canceled.
 */
#include "config.h"

#include "sources/files/load.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "sources/load.h"
#include "sources/op_int.h"
#include "test_files_tar.h"

enum { ITEMS_MAX = 8 };

struct rig {
	char beneath[256], path[300];
	struct loop *loop;
	struct source_env env;
	struct load_config config;
	struct load *load;
	struct err err;
	unsigned calls;
	char findings[256]; /* their codes; '!' before one that blocks */
	char creates[300], replaces[300];
	struct text tar;
	size_t at, piece;
	struct load_item items[ITEMS_MAX];
	size_t nitems, next;
};

static int begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char name[] = "test_load.XXXXXX";
	struct err e = {0};
	char *whole;

	assert_non_null(r);
	assert_non_null(mkdtemp(name));
	whole = realpath(name, NULL);
	assert_true(str_copy(r->beneath, sizeof(r->beneath), whole));
	free(whole);
	(void)snprintf(r->path, sizeof(r->path), "%s/new/target", r->beneath);
	r->loop = loop_new(&e);
	r->env.loop = r->loop;
	r->env.bulk = workers_new(r->loop, "test", 2, &e);
	assert_non_null(r->env.bulk);
	r->config.address.path = r->path;
	r->config.beneath = r->beneath;
	r->piece = 700;
	*state = r;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void drop_load(struct rig *r)
{
	if (r->load != NULL)
		r->load->ops->destroy(r->load);
	r->load = NULL;
}

static int end(void **state)
{
	struct rig *r = *state;

	drop_load(r);
	workers_free(r->env.bulk);
	loop_free(r->loop);
	(void)nftw(r->beneath, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	text_free(&r->tar);
	free(r);
	return 0;
}

static void make_load(struct rig *r)
{
	if (r->load == NULL)
		r->load = files_load_new(&r->env, &r->config, &r->err);
	assert_non_null(r->load);
}

static void told(struct rig *r, const struct err *e)
{
	r->calls++;
	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

static void on_done(void *arg, const struct err *e)
{
	told(arg, e);
}

/* --- the look */

static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	struct rig *r = arg;

	for (size_t i = 0; report != NULL && i < report->nfindings; i++) {
		const struct load_finding *f = &report->findings[i];

		if (strcmp(f->code, "owners_left_out") == 0)
			continue; /* who runs the test may be anybody */
		(void)strcat(r->findings, f->is_blocker ? "!" : "");
		(void)strcat(r->findings, f->code);
	}
	if (report != NULL && report->ncreate > 0)
		(void)strcpy(r->creates, report->would_create[0]);
	if (report != NULL && report->nreplace > 0)
		(void)strcpy(r->replaces, report->would_replace[0]);
	told(r, e);
}

static void finds(struct rig *r, const char *wanted)
{
	r->findings[0] = r->creates[0] = r->replaces[0] = '\0';
	r->calls = 0;
	drop_load(r);
	make_load(r);
	assert_non_null(r->load->ops->check(r->load, on_checked, r, &r->err));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	assert_string_equal(r->findings, wanted);
	assert_false(err_is(&r->err));
}

static void make_folder(const struct rig *r, const char *name)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", r->beneath, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void write_file(const struct rig *r, const char *name, const char *text)
{
	char path[600];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", r->beneath, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void what_is_found(void **state)
{
	struct rig *r = *state;
	const char *confirm[] = {r->path};
	char link[600];

	finds(r, "");
	assert_string_equal(r->creates, r->path);
	assert_int_equal(access(r->path, F_OK), -1); /* nothing is made */
	make_folder(r, "new");
	make_folder(r, "new/target");
	finds(r, "");
	assert_string_equal(r->creates, r->path);
	write_file(r, "new/target/f", "x");
	finds(r, "!target_not_empty");
	assert_string_equal(r->replaces, r->path);
	r->config.is_overwrite = true;
	finds(r, "!confirm_required");
	r->config.confirm = confirm;
	r->config.nconfirm = 1;
	finds(r, "");
	r->config.plain_bytes = UINT64_MAX;
	finds(r, "space_low");
	r->config.plain_bytes = 0;
	(void)snprintf(r->path, sizeof(r->path), "%s/new/target/f", r->beneath);
	finds(r, "!target_incompatible");
	(void)snprintf(link, sizeof(link), "%s/link", r->beneath);
	assert_int_equal(symlink("new", link), 0);
	(void)snprintf(r->path, sizeof(r->path), "%s/link/x", r->beneath);
	finds(r, "!target_incompatible");
	r->config.beneath = NULL; /* a source's folder: it has to be there */
	(void)snprintf(r->path, sizeof(r->path), "%s/none", r->beneath);
	finds(r, "!target_incompatible");
}

/* That there is nothing to look with says nothing of the folder. */
static void a_look_without_descriptors(void **state)
{
	struct rig *r = *state;
	struct rlimit had, none;

	make_folder(r, "new");
	make_folder(r, "new/target");
	make_load(r);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &had), 0);
	none = (struct rlimit){0, had.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_non_null(r->load->ops->check(r->load, on_checked, r, &r->err));
	loop_run(r->loop);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &had), 0);
	assert_int_equal(r->calls, 1);
	assert_string_equal(r->findings, "");
	assert_int_equal(r->err.code, ERR_IO);
	assert_string_equal(r->err.api, "internal");
	assert_non_null(strstr(r->err.msg, "descriptors"));
}

/* --- the stream */

struct give {
	struct source source; /* first */
	struct rig *rig;
};

static enum flow give_read(struct source *s, struct link *out, struct err *e)
{
	struct rig *r = ((struct give *)(void *)s)->rig;
	size_t left = r->tar.len - r->at, n = left < r->piece ? left : r->piece;
	struct frame *f;

	(void)e;
	if (n == 0)
		return FLOW_END;
	f = frame_new(n);
	assert_non_null(f);
	memcpy(f->data, r->tar.data + r->at, n);
	f->len = n;
	r->at += n;
	link_push(out, f);
	return FLOW_MORE;
}

static void give_destroy(struct source *s)
{
	free(s);
}

static struct pipeline *begin_section(struct rig *r, bool is_empty)
{
	static const struct source_ops ops = {
		.name = "give", .read = give_read, .destroy = give_destroy};
	struct pipeline_parts parts = {.link_bytes = 1 << 20,
				       .idle_seconds = 600};
	struct give *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->source.ops = &ops;
	g->rig = r;
	r->at = is_empty ? r->tar.len : 0;
	make_load(r);
	assert_int_equal(r->load->ops->width(r->load, ITEM_DATA), 1);
	parts.source = &g->source;
	parts.sink = r->load->ops->sink(r->load, ITEM_DATA, &r->err);
	assert_non_null(parts.sink);
	return pipeline_new(r->loop, &parts, on_done, r, &r->err);
}

/* Both sections, and the comparison. */
static void run_section(struct rig *r, bool is_empty)
{
	struct pipeline *p = begin_section(r, is_empty);

	assert_non_null(p);
	r->calls = 0;
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	pipeline_free(p);
}

static bool next_item(void *arg, struct load_item *item)
{
	struct rig *r = arg;

	if (r->next == r->nitems)
		return false;
	*item = r->items[r->next++];
	return true;
}

static void verify(struct rig *r)
{
	r->next = 0;
	r->calls = 0;
	assert_non_null(r->load->ops->verify(r->load, next_item, r, on_done, r,
					     &r->err));
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
}

static void restore(struct rig *r)
{
	err_clear(&r->err);
	drop_load(r);
	run_section(r, true);
	if (!err_is(&r->err))
		run_section(r, false);
	if (!err_is(&r->err))
		verify(r);
}

static void failed(const struct rig *r, const char *api, const char *word)
{
	assert_string_equal(r->err.api, api);
	if (strstr(r->err.msg, word) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", word, r->err.msg);
}

static struct load_item *add(struct rig *r, const char *type, const char *name,
			     const char *text)
{
	struct load_item *it = &r->items[r->nitems++];
	unsigned long len = strlen(text);

	*it = (struct load_item){.database = "", .name = name, .type = type};
	if (strcmp(type, "file") == 0) {
		digest_add_row(&it->digest, &text, &len, 1);
		it->size = len;
	} else if (len > 0) {
		it->target = text;
	}
	return it;
}

static void make_tree(struct rig *r)
{
	tar_member(&r->tar, '5', "./", NULL, NULL);
	tar_member(&r->tar, '0', "f", NULL, "hello");
	tar_member(&r->tar, '1', "h", "f", NULL);
	tar_member(&r->tar, '2', "s", "somewhere", NULL);
	tar_member(&r->tar, '6', "p", NULL, NULL);
	tar_member(&r->tar, '0', "empty", NULL, "");
	tar_member(&r->tar, '3', "dev", NULL, NULL);
	tar_end(&r->tar);
	(void)add(r, "directory", ".", "");
	(void)add(r, "file", "f", "hello");
	(void)add(r, "hardlink", "h", "f");
	(void)add(r, "symlink", "s", "somewhere");
	(void)add(r, "fifo", "p", "");
	(void)add(r, "file", "empty", "");
	(void)add(r, "device", "dev", "");
}

static void a_whole_restore(void **state)
{
	struct rig *r = *state;
	const char *confirm[] = {r->path};
	const struct load_facts *f;
	struct stat st;

	make_tree(r);
	restore(r);
	assert_false(err_is(&r->err));
	f = r->load->ops->facts(r->load);
	assert_int_equal(f->members_made, 7);
	assert_int_equal(f->statement_bytes, 5);
	assert_int_equal(f->tables_verified, 7);
	assert_true(f->left_out >= 1);
	assert_non_null(strstr(f->notes[0].text, "dev"));
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	restore(r); /* once more: it is not empty any more */
	failed(r, "target_not_empty", "not empty any more");
	/* What came when nothing was there to be named was not named. */
	r->config.is_overwrite = true;
	restore(r);
	failed(r, "target_not_empty", "not empty any more");
	r->config.confirm = confirm;
	r->config.nconfirm = 1;
	restore(r);
	assert_false(err_is(&r->err));
}

/* Each item in turn is told otherwise. */
static void what_a_comparison_sees(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	r->config.is_overwrite = true;
	restore(r);
	assert_false(err_is(&r->err));
	r->items[1].digest.low++;
	verify(r);
	failed(r, "verification_failed", "digest");
	r->items[1].digest.low--;
	err_clear(&r->err);
	verify(r);
	assert_false(err_is(&r->err));
	write_file(r, "new/target/f", "hellO");
	verify(r);
	failed(r, "verification_failed", "\"f\"");
	err_clear(&r->err);
	write_file(r, "new/target/f", "hell");
	verify(r);
	failed(r, "verification_failed", "4 bytes, in the backup it has 5");
	err_clear(&r->err);
	write_file(r, "new/target/f", "hello");
	r->items[2].target = "empty";
	verify(r);
	failed(r, "verification_failed", "\"h\" is no other name");
	r->items[2].target = "f";
	err_clear(&r->err);
	r->items[3].target = "elsewhere";
	verify(r);
	failed(r, "verification_failed", "\"s\"");
	r->items[3].target = "somewhere";
	err_clear(&r->err);
	r->items[4].type = "directory";
	verify(r);
	failed(r, "verification_failed", "\"p\"");
	r->items[4].type = "fifo";
	err_clear(&r->err);
	r->items[5].name = "not there";
	verify(r);
	failed(r, "verification_failed", "is not there");
}

static void a_link_in_the_way_of_a_comparison(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '2', "f", "/etc/hostname", NULL);
	(void)add(r, "file", "f", "hello");
	restore(r);
	failed(r, "verification_failed", "\"f\"");
}

static void bad_archives(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '0', "../out", NULL, "x");
	restore(r);
	failed(r, "damaged_backup", "leads out");
	text_free(&r->tar);
	r->config.is_overwrite = true;
	tar_header(&r->tar, '0', "f", NULL, 5000);
	restore(r);
	failed(r, "damaged_backup", "middle of a member");
}

static void canceled_anywhere(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 300; i++)
		tar_member(&r->tar, '0', "f", NULL, "the same file again");
	tar_end(&r->tar);
	r->config.is_overwrite = true;
	for (int turns = 0; turns < 40; turns++) {
		struct pipeline *p = begin_section(r, false);
		struct source_op *op;

		for (int i = 0; i < turns; i++)
			(void)event_base_loop(loop_base(r->loop),
					      EVLOOP_ONCE | EVLOOP_NONBLOCK);
		pipeline_free(p);
		drop_load(r); /* a worker may still be at it */
		make_load(r);
		op = r->load->ops->verify(r->load, next_item, r, on_done, r,
					  &r->err);
		assert_non_null(op);
		op->cancel(op);
		drop_load(r);
		make_load(r);
		op = r->load->ops->check(r->load, on_checked, r, &r->err);
		assert_non_null(op);
		op->cancel(op);
		drop_load(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_found, begin, end),
		cmocka_unit_test_setup_teardown(a_look_without_descriptors,
						begin, end),
		cmocka_unit_test_setup_teardown(a_whole_restore, begin, end),
		cmocka_unit_test_setup_teardown(what_a_comparison_sees, begin,
						end),
		cmocka_unit_test_setup_teardown(
			a_link_in_the_way_of_a_comparison, begin, end),
		cmocka_unit_test_setup_teardown(bad_archives, begin, end),
		cmocka_unit_test_setup_teardown(canceled_anywhere, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
