/* test_redis_load_rig.h - one restore into a fake target, which afterwards
 * holds what it was given, or what a test wants instead. */
#ifndef COFFER_TESTS_TEST_REDIS_LOAD_RIG_H
#define COFFER_TESTS_TEST_REDIS_LOAD_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "fake_redis.h"
#include "sources/load.h"
#include "sources/redis/rdb/tally.h"

enum { LOAD_ANSWERS = 60, LOAD_KEYS = 48, LOAD_REPLIES = 128 };

/* What a RESTORE said. */
struct load_key {
	char name[32];
	int64_t expires_at; /* 0: none */
	struct text payload;
};

struct load_rig {
	struct loop *loop;
	struct source_env env;
	struct load_config config;
	const char *databases[4];
	/* What a test wants to be said, then what a target says. */
	struct fake_redis_answer own[LOAD_ANSWERS], usual[LOAD_ANSWERS];
	size_t nown, nusual;
	struct text replies[LOAD_REPLIES];
	size_t nreplies;
	struct fake_redis *fake;
	struct load *load;
	struct err err;
	unsigned calls;
	char finding[ERR_API_MAX]; /* the check's first */
	struct text rdb;	   /* what is restored */
	size_t at, piece;	   /* in frames of so many bytes */
	struct load_key keys[LOAD_KEYS];
	size_t nkeys, nmore;	    /* kept, and beyond their bound */
	struct text functions;	    /* what FUNCTION RESTORE got */
	struct rdb_tallies tallies; /* of the file */
	size_t item;		    /* that the index told next */
};

/* A restore of database 0 of make_sample() into a healthy target. */
void load_init(struct load_rig *r);

/* Goes after what was said earlier. says is borrowed. */
void load_answer(struct load_rig *r, const char *begins, const char *says,
		 enum fake_redis_then then);

/* Makes r->load, once. False with r->err filled. */
bool load_make(struct load_rig *r);

/* Each runs to its end, r->err is how it went, r->calls how often that was
 * told. Restoring is both sections. */
void load_check(struct load_rig *r);
void load_restore(struct load_rig *r);
void load_verify(struct load_rig *r);

/* The same begun, without a turn of the loop; NULL with r->err filled. */
struct source_op *load_check_begin(struct load_rig *r);
struct source_op *load_verify_begin(struct load_rig *r);
struct pipeline *load_restore_begin(struct load_rig *r, enum item_kind k);

/* The target says that it holds these keys: what SCAN tells, and of each what
 * PEXPIRETIME and DUMP tell. */
void load_hold(struct load_rig *r);

/* The digest of all payloads that came. */
struct digest load_digest(const struct load_rig *r);

/* How often a command came that begins so. */
unsigned load_count(const struct load_rig *r, const char *begins);

/* Fails the test unless it failed so, with these words in the sentence. */
void load_expect(const struct load_rig *r, enum err_code code, const char *api,
		 const char *words);

/* Fails the test unless all went well. */
void load_expect_success(const struct load_rig *r);

/* Forgets the load, what came and what was said; what r->rdb is now is what
 * should be restored next. */
void load_again(struct load_rig *r);

void load_fini(struct load_rig *r);

#endif
