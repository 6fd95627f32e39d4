/*
 * verify_parts.c - each reader fetches an object, has it checked by a worker,
 * and takes the next. While the worker has it the reader belongs to the
 * worker; one that is freed meanwhile is disposed of by it.
 */
#include "jobs/verify/verify_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/age.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "jobs/verify/verify_index.h"
#include "loop/workers.h"
#include "manifest/layout.h"
#include "stages/zstd.h"

enum {
	SAMPLE_PERCENT = 5,
	SAMPLE_MIN = 16,
	FRAME_PLAIN_MAX = 64 * 1024 * 1024, /* more is damage */
};

struct part_check {
	struct work work;
	struct verify_parts *owner;
	const struct manifest_object *o;
	struct manifest_object expected;  /* for the worker; no strings */
	bool is_deep;			  /* a part whose frames are unpacked */
	bool is_sealed;			  /* an age file */
	struct age_identities identities; /* a copy, for the worker */
	uint32_t part; /* its number; 0: an object of the index */
	unsigned char *bytes;
	size_t len;
	struct verify_frame *frames;
	size_t nframes, cap;
	struct store_op *op;
	bool is_working;
	bool is_again;	/* asked for a second time, since it was damaged */
	struct err err; /* what the worker found */
};

struct verify_parts {
	struct verify_parts_config c;
	size_t next;
	unsigned busy;
	bool is_pausing; /* begins no more; pauses when none is busy */
	struct verify_parts_facts facts;
	struct part_check *checks[VERIFY_READERS_MAX];
};

static struct part_check *check_of(struct work *w)
{
	return (struct part_check *)((char *)w -
				     offsetof(struct part_check, work));
}

size_t verify_parts_sample(size_t n, uint32_t *out)
{
	size_t wanted = (n * SAMPLE_PERCENT + 99) / 100, got = 0;
	uint64_t seed[2];

	wanted = wanted < SAMPLE_MIN ? SAMPLE_MIN : wanted;
	wanted = wanted > n ? n : wanted;
	secret_random(seed, sizeof(seed));
	seed[0] |= 1;
	for (size_t i = 0; i < n && got < wanted; i++) {
		/* xorshift128+; of those left each is taken with the same
		 * chance (Knuth's algorithm S) */
		uint64_t a = seed[0], b = seed[1];

		seed[0] = b;
		a ^= a << 23;
		seed[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
		if ((seed[1] + b) % (n - i) < wanted - got)
			out[got++] = (uint32_t)(i + 1);
	}
	return got;
}

void verify_parts_facts(const struct verify_parts *v,
			struct verify_parts_facts *f)
{
	*f = v->facts;
}

/* --- on a worker */

static bool damaged(struct part_check *k, const char *what)
{
	return err_set(&k->err, ERR_DAMAGED, "damaged_backup", "%s", what);
}

static bool add_frame(struct part_check *k, size_t end, uint64_t plain)
{
	size_t cap = k->cap > 0 ? k->cap * 2 : 32;
	struct verify_frame *frames;

	if (k->nframes == k->cap) {
		frames = realloc(k->frames, cap * sizeof(*frames));
		if (frames == NULL)
			return err_nomem(&k->err, "a part");
		k->frames = frames;
		k->cap = cap;
	}
	k->frames[k->nframes++] = (struct verify_frame){end, plain};
	return true;
}

/* Unpacks one frame, which proves its content checksum. */
static bool check_frame(struct part_check *k, size_t at, size_t *end,
			uint64_t *plain_sum)
{
	size_t n = zstd_frame_length(k->bytes + at, k->len - at);
	size_t plain_len;
	void *plain;

	if (n == 0)
		return damaged(k, "it is not a run of whole zstd frames");
	plain = zstd_unpack(k->bytes + at, n, FRAME_PLAIN_MAX, &plain_len,
			    &k->err);
	if (plain == NULL)
		return false;
	free(plain);
	*plain_sum += plain_len;
	*end = at + n;
	return add_frame(k, *end, *plain_sum);
}

static bool check_frames(struct part_check *k)
{
	uint64_t plain_sum = 0;
	size_t at = 0;

	while (at < k->len) {
		if (!check_frame(k, at, &at, &plain_sum))
			return false;
	}
	if (plain_sum != k->expected.plain_bytes)
		return damaged(k, "it does not unpack to as many bytes as the "
				  "manifest says");
	return true;
}

static bool open_part(struct part_check *k)
{
	return !k->is_sealed ||
	       age_open(&k->identities, k->bytes, &k->len, &k->err);
}

static void run_check(struct work *w)
{
	struct part_check *k = check_of(w);
	char found[SHA256_HEX_MAX];

	if (strcmp(sha256_hex(k->bytes, k->len, found), k->expected.sha256) !=
	    0)
		(void)damaged(k, "its SHA-256 is not what the manifest says");
	else if (k->is_deep && open_part(k))
		(void)check_frames(k);
}

/* --- on the loop */

static void check_empty(struct part_check *k)
{
	free(k->bytes);
	free(k->frames);
	k->bytes = NULL;
	k->frames = NULL;
	k->nframes = k->cap = 0;
	k->is_again = false;
	memset(&k->err, 0, sizeof(k->err));
}

static void check_free(struct part_check *k)
{
	check_empty(k);
	age_identities_wipe(&k->identities);
	free(k);
}

static void dispose(struct work *w)
{
	check_free(check_of(w));
}

static void drop_checks(struct verify_parts *v)
{
	for (unsigned i = 0; i < VERIFY_READERS_MAX; i++) {
		struct part_check *k = v->checks[i];

		v->checks[i] = NULL;
		if (k == NULL)
			continue;
		if (k->is_working) {
			work_abandon(&k->work, dispose);
			continue;
		}
		store_cancel(v->c.store, k->op);
		check_free(k);
	}
	v->busy = 0;
}

void verify_parts_free(struct verify_parts *v)
{
	if (v == NULL)
		return;
	drop_checks(v);
	free(v);
}

static bool begin(struct part_check *k, struct err *e);

/* The last thing that touches the owner, which may be freed. */
static void go_on(struct part_check *k)
{
	struct verify_parts *v = k->owner;
	struct err e = {0};

	check_empty(k);
	v->busy--;
	if (v->next < v->c.n && v->c.must_pause(v->c.arg))
		v->is_pausing = true;
	if (v->next < v->c.n && !v->is_pausing && !begin(k, &e)) {
		drop_checks(v);
		v->c.done(v->c.arg, &e);
	} else if (v->busy == 0 && v->next < v->c.n) {
		v->c.paused(v->c.arg);
	} else if (v->busy == 0) {
		v->c.done(v->c.arg, NULL);
	}
}

bool verify_parts_resume(struct verify_parts *v, struct err *e)
{
	v->is_pausing = false;
	for (unsigned i = 0; i < VERIFY_READERS_MAX; i++) {
		if (v->checks[i] != NULL && v->next < v->c.n &&
		    !begin(v->checks[i], e))
			return false;
	}
	return true;
}

static void tell_damage(struct part_check *k, const struct err *why,
			bool is_missing)
{
	struct verify_parts *v = k->owner;
	struct err e = {0};

	(void)err_set(&e, ERR_DAMAGED, "damaged_backup", "%s: %s", k->o->key,
		      why->msg);
	v->c.damaged(v->c.arg, &e, is_missing);
}

static bool ask(struct part_check *k, struct err *e);

/* Damage may be of the way here alone: only what is read so twice is damaged.
 * False: that it is. */
static bool ask_twice(struct part_check *k, const struct err *why)
{
	struct verify_parts *v = k->owner;
	struct err e = {0};

	if (why->code != ERR_DAMAGED || k->is_again)
		return false;
	log_warn("jobs", "%s: %s; it is read once more", k->o->key, why->msg);
	check_empty(k);
	k->is_again = true;
	if (!ask(k, &e)) {
		drop_checks(v);
		v->c.done(v->c.arg, &e);
	}
	return true;
}

static void on_checked(struct work *w)
{
	struct part_check *k = check_of(w);
	struct verify_parts *v = k->owner;
	struct err e = k->err;

	k->is_working = false;
	if (ask_twice(k, &e))
		return;
	v->facts.objects++;
	if (!err_is(&e) && k->is_deep &&
	    !verify_index_fits(v->c.index, k->part, k->frames, k->nframes, &e))
		err_prefix(&e, "it does not fit");
	if (err_is(&e) && e.code != ERR_DAMAGED) {
		drop_checks(v);
		v->c.done(v->c.arg, &e);
		return;
	}
	if (err_is(&e))
		tell_damage(k, &e, false);
	go_on(k);
}

/* An object that is not there or too long is about the backup. */
static void on_get_failed(struct part_check *k, const struct err *e)
{
	struct verify_parts *v = k->owner;
	struct err told = *e;

	if (ask_twice(k, e))
		return;
	if (e->code == ERR_NOT_FOUND || e->code == ERR_DAMAGED) {
		v->facts.objects++;
		tell_damage(k, e, e->code == ERR_NOT_FOUND);
		go_on(k);
		return;
	}
	err_prefix(&told, "%s", k->o->key);
	drop_checks(v);
	v->c.done(v->c.arg, &told);
}

static void on_got(void *arg, size_t len, const struct err *e)
{
	struct part_check *k = arg;
	struct verify_parts *v = k->owner;
	struct err shorter = {0};

	k->op = NULL;
	v->facts.bytes += len;
	if (e == NULL && len != k->expected.stored_bytes) {
		(void)err_set(&shorter, ERR_DAMAGED, "damaged_backup",
			      "it has %zu bytes instead of %llu", len,
			      (unsigned long long)k->expected.stored_bytes);
		e = &shorter;
	}
	if (e != NULL) {
		on_get_failed(k, e);
		return;
	}
	k->len = len;
	k->is_working = true;
	workers_submit(v->c.workers, &k->work);
}

static const struct manifest_object *object_of(const struct manifest *m,
					       size_t number)
{
	size_t i = number - 1;

	if (i < m->parts.n)
		return &m->parts.list[i];
	i -= m->parts.n;
	return i < m->index.n ? &m->index.list[i]
			      : &m->meta.list[i - m->index.n];
}

/* Which object it is that a number of the list stands for. */
static void choose(struct part_check *k, uint32_t number)
{
	const struct manifest *m = k->owner->c.m;

	k->o = object_of(m, number);
	k->part = number <= m->parts.n ? k->o->number : 0;
	k->is_sealed = m->recipients.n > 0;
	k->is_deep = k->part != 0 && k->owner->c.index != NULL;
	k->expected = *k->o;
	k->expected.key = k->expected.first_item = NULL;
}

static bool ask(struct part_check *k, struct err *e)
{
	struct verify_parts *v = k->owner;
	const struct manifest *m = v->c.m;
	char key[LAYOUT_KEY_MAX];
	struct store_get get = {.key = key};

	k->bytes = malloc((size_t)k->expected.stored_bytes + 1);
	if (k->bytes == NULL)
		return err_nomem(e, "a part");
	(void)layout_object(key, m->source_id, m->backup_id, k->o->key);
	get.buf = k->bytes;
	get.cap = (size_t)k->expected.stored_bytes;
	k->op = v->c.store->ops->get(v->c.store, &get, on_got, k, e);
	return k->op != NULL;
}

static bool begin(struct part_check *k, struct err *e)
{
	struct verify_parts *v = k->owner;

	choose(k, v->c.list[v->next++]);
	if (!ask(k, e))
		return false;
	v->busy++;
	return true;
}

static bool add_check(struct verify_parts *v, unsigned i, struct err *e)
{
	struct part_check *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return err_nomem(e, "a verification");
	k->owner = v;
	if (v->c.identities != NULL)
		k->identities = *v->c.identities;
	k->work.run = run_check;
	k->work.done = on_checked;
	v->checks[i] = k;
	return begin(k, e);
}

struct verify_parts *verify_parts_start(const struct verify_parts_config *c,
					struct err *e)
{
	struct verify_parts *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_nomem(e, "a verification");
		return NULL;
	}
	v->c = *c;
	for (unsigned i = 0; i < c->readers && v->next < c->n; i++) {
		if (!add_check(v, i, e)) {
			verify_parts_free(v);
			return NULL;
		}
	}
	return v;
}
