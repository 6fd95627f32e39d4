/* digest.c - SHA-256 and MD5 of a body, in turns short enough to cancel. */
#include "digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "loop/workers.h"
#include "loop/lent.h"

/* Both digests while they run. */
struct hashing {
	EVP_MD_CTX *sha256;
	EVP_MD_CTX *md5;
};

struct s3_digest {
	struct work work;
	struct lent lent;
	struct s3_digest_body body;
	struct s3_digests result; /* the thread's own */
	struct hashing hashing;
	s3_digest_done_cb *done;
	void *arg;
	struct err e;
};

static void hashing_fini(struct hashing *h)
{
	EVP_MD_CTX_free(h->sha256);
	EVP_MD_CTX_free(h->md5);
}

static bool hashing_init(struct hashing *h, const struct s3_digests *d)
{
	*h = (struct hashing){0};
	if (d->wants_sha256) {
		h->sha256 = EVP_MD_CTX_new();
		if (h->sha256 == NULL ||
		    EVP_DigestInit_ex(h->sha256, EVP_sha256(), NULL) != 1)
			return false;
	}
	if (d->wants_md5) {
		h->md5 = EVP_MD_CTX_new();
		if (h->md5 == NULL)
			return false;
		if (EVP_DigestInit_ex(h->md5, EVP_md5(), NULL) != 1) {
			EVP_MD_CTX_free(h->md5); /* a FIPS provider, say */
			h->md5 = NULL;
		}
	}
	return true;
}

static bool hashing_add(struct hashing *h, const void *bytes, size_t len)
{
	return (h->sha256 == NULL ||
		EVP_DigestUpdate(h->sha256, bytes, len) == 1) &&
	       (h->md5 == NULL || EVP_DigestUpdate(h->md5, bytes, len) == 1);
}

static bool hashing_end(struct hashing *h, struct s3_digests *d)
{
	if (h->sha256 != NULL &&
	    EVP_DigestFinal_ex(h->sha256, d->sha256, NULL) != 1)
		return false;
	d->has_md5 = h->md5 != NULL;
	return h->md5 == NULL || EVP_DigestFinal_ex(h->md5, d->md5, NULL) == 1;
}

static bool openssl_failed(struct err *e)
{
	return err_set(e, ERR_NOMEM, "internal",
		       "OpenSSL could not compute a digest");
}

bool s3_digest_now(struct s3_digests *d, const void *bytes, size_t len,
		   struct err *e)
{
	struct hashing h;
	bool ok = hashing_init(&h, d) && hashing_add(&h, bytes, len) &&
		  hashing_end(&h, d);

	hashing_fini(&h);
	return ok || openssl_failed(e);
}

static struct s3_digest *digest_of(struct work *w)
{
	return (struct s3_digest *)w; /* its first member */
}

/* The next turn's bytes; false when the owner has them back or it failed. */
static bool add_turn(struct s3_digest *dg, size_t at)
{
	size_t len = dg->body.len - at;
	bool ok;

	if (len > LENT_TURN_BYTES)
		len = LENT_TURN_BYTES;
	if (!lent_begin(&dg->lent))
		return false;
	ok = hashing_add(&dg->hashing, (const char *)dg->body.bytes + at, len);
	lent_end(&dg->lent);
	return ok;
}

static void digest_run(struct work *w)
{
	struct s3_digest *dg = digest_of(w);
	bool ok = hashing_init(&dg->hashing, &dg->result);

	for (size_t at = 0; ok && at < dg->body.len; at += LENT_TURN_BYTES)
		ok = add_turn(dg, at);
	if (!ok || !hashing_end(&dg->hashing, &dg->result))
		openssl_failed(&dg->e);
}

static void digest_free(struct s3_digest *dg)
{
	hashing_fini(&dg->hashing);
	lent_fini(&dg->lent);
	free(dg);
}

static void digest_dispose(struct work *w)
{
	digest_free(digest_of(w));
}

static void digest_done(struct work *w)
{
	struct s3_digest *dg = digest_of(w);
	s3_digest_done_cb *done = dg->done;
	void *arg = dg->arg;
	struct err e = dg->e;

	*dg->body.out = dg->result;
	digest_free(dg);
	done(arg, err_is(&e) ? &e : NULL);
}

struct s3_digest *s3_digest_start(struct workers *ws,
				  const struct s3_digest_body *b,
				  s3_digest_done_cb *done, void *arg,
				  struct err *e)
{
	struct s3_digest *dg = calloc(1, sizeof(*dg));

	if (dg == NULL) {
		err_nomem(e, "a digest");
		return NULL;
	}
	if (!lent_init(&dg->lent, e)) {
		free(dg);
		return NULL;
	}
	dg->work.run = digest_run;
	dg->work.done = digest_done;
	dg->body = *b;
	dg->result = *b->out;
	dg->done = done;
	dg->arg = arg;
	workers_submit(ws, &dg->work);
	return dg;
}

void s3_digest_cancel(struct s3_digest *dg)
{
	lent_return(&dg->lent);
	work_abandon(&dg->work, digest_dispose);
}
