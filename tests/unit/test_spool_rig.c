/* test_spool_rig.c - numbered frames, a patient checker, a bad disk. */
#include "config.h" /* for memmem(), O_TMPFILE */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "loop/loop.h"
#include "loop/workers.h"
#include "test_spool_rig.h"

enum { HEAD_BYTES = 16 };

struct rig_disk *rig_disk(void)
{
	static struct rig_disk disk;

	return &disk;
}

ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __real_pread64(int fd, void *bytes, size_t len, off_t offset);
int __real_fallocate64(int fd, int mode, off_t offset, off_t len);
int __real_open64(const char *path, int flags, ...);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pread64(int fd, void *bytes, size_t len, off_t offset);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len);
int __wrap_open64(const char *path, int flags, ...);

static ssize_t refuse(int error)
{
	errno = error;
	return -1;
}

static size_t piece(size_t len)
{
	unsigned max = rig_disk()->piece_bytes;

	return max > 0 && len > max ? max : len;
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	unsigned n = ++rig_disk()->writes;

	if (memmem(bytes, len, "frame ", 6) != NULL)
		rig_disk()->has_shown_plain = true;
	if (rig_disk()->full_after > 0 && n > rig_disk()->full_after)
		return refuse(ENOSPC);
	if (rig_disk()->fail_write == n)
		return refuse(EIO);
	if (rig_disk()->piece_bytes > 0 && n % 2 == 0)
		return refuse(EINTR);
	return __real_pwrite64(fd, bytes, piece(len), offset);
}

ssize_t __wrap_pread64(int fd, void *bytes, size_t len, off_t offset)
{
	unsigned n = ++rig_disk()->reads;
	ssize_t got;

	if (rig_disk()->fail_read == n)
		return refuse(EIO);
	if (rig_disk()->cut_read == n)
		return 0;
	if (rig_disk()->piece_bytes > 0 && n % 2 == 0)
		return refuse(EINTR);
	got = __real_pread64(fd, bytes, piece(len), offset);
	if (rig_disk()->flip_read == n)
		((unsigned char *)bytes)[len / 2] ^= 4;
	return got;
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len)
{
	if (rig_disk()->is_full)
		return (int)refuse(ENOSPC);
	if (rig_disk()->has_no_fallocate)
		return (int)refuse(EOPNOTSUPP);
	return __real_fallocate64(fd, mode, offset, len);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	rig_disk()->opens++;
	if (rig_disk()->is_shut)
		return (int)refuse(EACCES);
	if (rig_disk()->has_no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE)
		return (int)refuse(EOPNOTSUPP);
	return __real_open64(path, flags, mode);
}

/* Lengths differ widely, and some frames have no bytes at all. */
static size_t len_of(unsigned n)
{
	return n % 31 == 30 ? 0 : HEAD_BYTES + n * 7919 % RIG_FRAME_MAX;
}

/* "frame 0000000012", then bytes that depend on the number. */
static void fill(unsigned char *at, unsigned n, size_t len)
{
	uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	char head[HEAD_BYTES + 1];
	uint64_t word;

	if (len == 0)
		return;
	(void)snprintf(head, sizeof(head), "frame %010u", n);
	memcpy(at, head, HEAD_BYTES);
	for (size_t i = HEAD_BYTES; i < len; i += sizeof(word)) {
		x = x * 6364136223846793005U + 1442695040888963407U;
		word = x ^ x >> 32;
		memcpy(at + i, &word,
		       len - i < sizeof(word) ? len - i : sizeof(word));
	}
}

static enum flow give_lines(struct rig_stream *st, struct link *out)
{
	struct frame *f = frame_new(0);

	assert_non_null(f);
	for (unsigned i = 0; i < st->nlines; i++)
		assert_true(frame_add_line(f, st->given, "file", "a name",
					   "{\"name\":\"a name\"}"));
	st->given++;
	link_push(out, f);
	return FLOW_MORE;
}

static enum flow give(struct source *s, struct link *out, struct err *e)
{
	struct rig_stream *st = (struct rig_stream *)(void *)s;
	size_t len = len_of(st->given);
	struct frame *f;
	struct span *sp;

	(void)e;
	if (st->given == st->total)
		return FLOW_END;
	if (st->pause_at > 0 && st->given == st->pause_at)
		return FLOW_WAIT;
	if (st->nlines > 0)
		return give_lines(st, out);
	f = frame_new(len);
	if (f == NULL || (sp = frame_add_span(f, st->item)) == NULL) {
		frame_free(f);
		(void)err_nomem(e, "a frame");
		return FLOW_FAIL;
	}
	fill(f->data, st->given, len);
	f->len = len;
	sp->plain_len = len;
	sp->rows = st->given++;
	st->given_bytes += len;
	link_push(out, f);
	return FLOW_MORE;
}

static void check(const struct rig_stream *st, const struct frame *f)
{
	static unsigned char want[RIG_FRAME_MAX + HEAD_BYTES];
	size_t len = len_of(st->taken);

	if (st->nlines > 0) {
		assert_int_equal(f->nspans, st->nlines);
		assert_int_equal(f->spans[0].item->number, st->taken);
		return;
	}
	fill(want, st->taken, len);
	assert_int_equal(f->len, len);
	assert_non_null(f->data);
	assert_true(memcmp(f->data, want, len) == 0);
	assert_int_equal(f->nspans, 1);
	assert_int_equal(f->spans[0].rows, st->taken);
}

static enum flow take(struct sink *sk, struct link *in, struct err *e)
{
	struct rig_stream *st =
		(struct rig_stream *)((char *)sk -
				      offsetof(struct rig_stream, sink));
	struct frame *f;

	(void)e;
	if (in->nframes > 0 && st->sink_takes == 0)
		return FLOW_WAIT;
	f = link_pop(in);
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	check(st, f);
	st->taken++;
	st->taken_bytes += f->len;
	if (st->sink_takes > 0)
		st->sink_takes--;
	frame_free(f);
	return FLOW_MORE;
}

static void leave_source(struct source *s)
{
	(void)s;
}

static void leave_sink(struct sink *sk)
{
	(void)sk;
}

static const struct source_ops give_ops = {
	.name = "give", .read = give, .destroy = leave_source};
static const struct sink_ops take_ops = {
	.name = "take", .write = take, .destroy = leave_sink};

void rig_open(struct rig_house *h, uint64_t max_bytes)
{
	struct err e = {0};

	memset(rig_disk(), 0, sizeof(*rig_disk()));
	(void)snprintf(h->folder, sizeof(h->folder), "/tmp/test_spool-XXXXXX");
	assert_non_null(mkdtemp(h->folder));
	h->loop = loop_new(&e);
	assert_non_null(h->loop);
	h->workers = workers_new(h->loop, "blocking", 2, &e);
	assert_non_null(h->workers);
	h->spool = spool_new(&(struct spool_config){.loop = h->loop,
						    .blocking = h->workers,
						    .folder = h->folder,
						    .max_bytes = max_bytes},
			     &e);
	assert_non_null(h->spool);
}

unsigned rig_names(const struct rig_house *h)
{
	DIR *d = opendir(h->folder);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

void rig_close(struct rig_house *h)
{
	assert_int_equal(spool_used(h->spool), 0);
	spool_free(h->spool);
	rig_close_rest(h);
}

void rig_close_rest(struct rig_house *h)
{
	workers_free(h->workers);
	loop_free(h->loop);
	assert_int_equal(rmdir(h->folder), 0);
}

void rig_stream(struct rig_stream *st, struct rig_house *h, unsigned total)
{
	memset(st, 0, sizeof(*st));
	st->house = h;
	st->source.ops = &give_ops;
	st->sink.ops = &take_ops;
	st->total = total;
	st->sink_takes = RIG_NEVER;
	st->c.stall_seconds = 60;
	st->idle_seconds = 60;
}

static void on_done(void *arg, const struct err *e)
{
	struct rig_stream *st = arg;

	st->is_over = true;
	st->err = *e;
}

bool rig_try_start(struct rig_stream *st, struct err *e)
{
	struct pipeline_parts parts = {
		.source = &st->source,
		.nstages = 1,
		.sink = &st->sink,
		.link_bytes = RIG_LINK_BYTES,
		.idle_seconds = st->idle_seconds,
	};

	parts.stages[0] = spool_stage_new(st->house->spool, &st->c, e);
	if (parts.stages[0] == NULL)
		return false;
	st->p = pipeline_new(st->house->loop, &parts, on_done, st, e);
	return st->p != NULL;
}

void rig_start(struct rig_stream *st)
{
	struct err e = {0};

	st->item = item_new(0, ITEM_DATA, "table", "a", "b");
	assert_non_null(st->item);
	assert_true(rig_try_start(st, &e));
}

void rig_let(struct rig_stream *st, int n)
{
	st->sink_takes = n;
	wake(&st->sink.waker);
}

void rig_turn(const struct rig_house *h)
{
	(void)event_base_loop(loop_base(h->loop),
			      EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void turn_and_wait(const struct rig_house *h)
{
	(void)event_base_loop(loop_base(h->loop), EVLOOP_ONCE);
}

void rig_run(struct rig_stream *st)
{
	while (!st->is_over)
		turn_and_wait(st->house);
}

/* Nothing is under way when so many turns in a row brought nothing. */
void rig_settle(struct rig_stream *st)
{
	unsigned quiet = 0;

	while (quiet < 5 && !st->is_over) {
		unsigned given = st->given, taken = st->taken;
		uint64_t used = spool_used(st->house->spool);

		if (workers_load(st->house->workers) > 0)
			turn_and_wait(st->house);
		else
			rig_turn(st->house);
		quiet = given == st->given && taken == st->taken &&
					used == spool_used(st->house->spool) &&
					workers_load(st->house->workers) == 0
				? quiet + 1
				: 0;
	}
}

void rig_stop(struct rig_stream *st)
{
	pipeline_free(st->p);
	st->p = NULL;
	item_unref(st->item);
	st->item = NULL;
	rig_settle(&(struct rig_stream){.house = st->house});
}

void rig_expect_all(struct rig_stream *st)
{
	rig_run(st);
	assert_string_equal(st->err.msg, "");
	assert_int_equal(st->taken, st->total);
	rig_stop(st);
}

void rig_expect(struct rig_stream *st, enum err_code code, const char *api)
{
	rig_run(st);
	assert_int_equal(st->err.code, code);
	assert_string_equal(st->err.api, api);
	rig_stop(st);
}
