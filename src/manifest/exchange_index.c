/*
 * exchange_index.c - the objects of the index, one after the other: fetched,
 * checked, opened if they are encrypted, and unpacked on a worker, read line by
 * line on the loop, so many lines a turn; or written to a file by the worker.
 */
#include "manifest/exchange_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "manifest/manifest_int.h"

/* About 1 ms. */
enum { LINES_PER_TURN = 200 };

enum index_state {
	INDEX_BEGIN,	 /* the next object is to be asked for */
	INDEX_FETCHING,	 /* it is under way */
	INDEX_UNPACKING, /* a worker has it */
	INDEX_READING,	 /* its lines go to the caller */
	INDEX_STATES,
};

static const char *const state_names[] = {
	[INDEX_BEGIN] = "begin",
	[INDEX_FETCHING] = "fetching",
	[INDEX_UNPACKING] = "unpacking",
	[INDEX_READING] = "reading",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == INDEX_STATES,
	       "one name per state");

struct reading {
	struct exchange base; /* first */
	enum index_state state;
	const struct manifest *m;
	size_t next;			  /* index object */
	struct manifest_object o;	  /* what it must be; for the worker */
	struct age_identities identities; /* a copy; for the worker, too */
	bool is_sealed;
	char key[LAYOUT_KEY_MAX]; /* relative, for messages */
	char *lines;		  /* unpacked */
	size_t len, at;
	exchange_line_cb *each; /* NULL: they go to the file ... */
	int fd;			/* ... our own descriptor of it; else -1 */
};

static struct reading *reading_of(struct exchange *x)
{
	return (struct reading *)((char *)x - offsetof(struct reading, base));
}

static void set_state(struct reading *r, enum index_state state)
{
	log_debug("manifest", "%s: index %zu %s -> %s", r->base.backup_id,
		  r->next, state_names[r->state], state_names[state]);
	r->state = state;
}

/* On a worker. */
static bool write_lines(struct reading *r, struct err *e)
{
	size_t done = 0;

	while (done < r->len) {
		ssize_t n = write(r->fd, r->lines + done, r->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(e, ERR_IO, "internal",
				       "the index cannot be kept in the data "
				       "folder: %m");
		done += (size_t)n;
	}
	return true;
}

/* On a worker. */
static void reading_run(struct exchange *x)
{
	struct reading *r = reading_of(x);

	if (!exchange_check(x, &r->o, &x->answer))
		return;
	r->lines = manifest_open_object(r->is_sealed ? &r->identities : NULL,
					(unsigned char *)x->bytes, x->len,
					r->o.plain_bytes, &x->answer);
	r->len = (size_t)r->o.plain_bytes;
	if (r->lines != NULL && r->fd >= 0)
		(void)!write_lines(r, &x->answer);
}

/* An object that is not there or too long is about the backup. */
static void fail(struct reading *r, const struct err *why)
{
	struct err e = *why;

	if (why->code == ERR_NOT_FOUND || why->code == ERR_DAMAGED) {
		err_clear(&e);
		(void)manifest_damaged(&e, "%s: %s", r->key, why->msg);
	}
	exchange_end(&r->base, &e);
}

static void next_object(struct reading *r)
{
	struct exchange *x = &r->base;
	char key[LAYOUT_KEY_MAX];

	free(r->lines);
	r->lines = NULL;
	r->at = 0;
	if (r->next == r->m->index.n) {
		exchange_end(x, NULL);
		return;
	}
	r->o = r->m->index.list[r->next++];
	(void)str_copy(r->key, sizeof(r->key), r->o.key);
	set_state(r, INDEX_FETCHING);
	(void)layout_object(key, x->source_id, x->backup_id, r->key);
	exchange_get(x, key, (size_t)r->o.stored_bytes);
}

static void begin(struct reading *r)
{
	struct err e = {0};

	if (!r->is_sealed || r->identities.n > 0)
		next_object(r);
	else if (!manifest_identity_missing(&e))
		fail(r, &e);
}

static bool give_line(struct reading *r, struct err *e)
{
	const char *line = r->lines + r->at;
	const char *nl = memchr(line, '\n', r->len - r->at);
	struct index_line l;
	bool ok;

	if (nl == NULL)
		return manifest_damaged(e, "its last line is cut");
	if (!index_line_parse(&l, line, (size_t)(nl - line), e))
		return false;
	r->at += (size_t)(nl - line) + 1;
	ok = r->each(r->base.arg, &l, e);
	index_line_fini(&l);
	return ok;
}

static void read_lines(struct reading *r)
{
	struct err e = {0};

	for (int i = 0; i < LINES_PER_TURN && r->at < r->len; i++) {
		if (!give_line(r, &e)) {
			fail(r, &e);
			return;
		}
	}
	if (r->at == r->len)
		next_object(r);
	else
		exchange_turn(&r->base);
}

static void reading_step(struct exchange *x)
{
	struct reading *r = reading_of(x);

	if (err_is(&x->answer)) {
		fail(r, &x->answer);
		return;
	}
	switch (r->state) {
	case INDEX_BEGIN:
		begin(r);
		break;
	case INDEX_FETCHING:
		set_state(r, INDEX_UNPACKING);
		exchange_work(x);
		break;
	case INDEX_UNPACKING:
		exchange_drop_bytes(x);
		set_state(r, INDEX_READING);
		if (r->fd >= 0)
			next_object(r);
		else
			read_lines(r);
		break;
	case INDEX_READING:
	case INDEX_STATES:
		read_lines(r);
		break;
	}
}

static void reading_fini(struct exchange *x)
{
	struct reading *r = reading_of(x);

	free(r->lines);
	if (r->fd >= 0)
		(void)close(r->fd);
	age_identities_wipe(&r->identities);
}

static const struct exchange_ops reading_ops = {
	.step = reading_step,
	.run = reading_run,
	.fini = reading_fini,
};

/* Takes fd, also on failure. */
static struct exchange *begin_reading(const struct exchange_env *env,
				      const struct manifest *m,
				      const struct reading *how, struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		if (how->fd >= 0)
			(void)close(how->fd);
		(void)err_nomem(e, "the index");
		return NULL;
	}
	*r = *how;
	(void)str_copy(r->base.source_id, ID_MAX, m->source_id);
	(void)str_copy(r->base.backup_id, ID_MAX, m->backup_id);
	r->m = m;
	r->is_sealed = m->recipients.n > 0;
	if (env->identities != NULL)
		r->identities = *env->identities;
	if (!exchange_init(&r->base, &reading_ops, env, e)) {
		reading_fini(&r->base);
		free(r);
		return NULL;
	}
	return &r->base;
}

struct exchange *exchange_index(const struct exchange_env *env,
				const struct manifest *m,
				exchange_line_cb *each, exchange_done_cb *done,
				void *arg, struct err *e)
{
	const struct reading how = {
		.base = {.done = done, .arg = arg}, .each = each, .fd = -1};

	return begin_reading(env, m, &how, e);
}

struct exchange *exchange_index_copy(const struct exchange_env *env,
				     const struct manifest *m, int fd,
				     exchange_done_cb *done, void *arg,
				     struct err *e)
{
	const struct reading how = {
		.base = {.done = done, .arg = arg},
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
	};

	if (how.fd >= 0)
		return begin_reading(env, m, &how, e);
	(void)err_set(e, ERR_IO, "internal", "a file cannot be opened: %m");
	return NULL;
}
