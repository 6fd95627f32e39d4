/*
 * test_stores_rig.h - a loop, curl, threads and a store, for tests that call
 * the store and wait for the answer.
 */
#ifndef COFFER_TESTS_UNIT_TEST_STORES_RIG_H
#define COFFER_TESTS_UNIT_TEST_STORES_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fakes/fake_s3.h"
#include "base/err.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "stores/store.h"

enum { RIG_KEYS_MAX = 4096, RIG_LIMIT_S = 60 };

struct rig {
	struct loop *loop;
	struct transfers *transfers;
	struct workers *workers;
	struct fake_s3 *fake;
	char endpoint[64];
	struct store *store;

	/* the answer */
	bool is_inside; /* a call of the store is running */
	bool is_done;
	unsigned ndone;
	struct err e;
	size_t got;
	char *keys[RIG_KEYS_MAX];
	uint64_t sizes[RIG_KEYS_MAX];
	size_t nkeys;
	size_t cancel_at; /* cancels op in the listing's n-th key */
	struct store_op *op;
};

/* Group fixtures: a rig with a fake server, no store yet. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A store on the fake with short times: 1 ms between attempts. */
struct s3_config rig_s3_config(struct rig *rig);

/* Takes the place of the rig's store; it must be good. */
void rig_use_s3(struct rig *rig, const struct s3_config *config);
void rig_use_dir(struct rig *rig, const char *path);
/* The store of a pool that was bound before: its folder is not made. */
void rig_use_old_dir(struct rig *rig, const char *path);

/* Makes the store anew with rig_s3_config() and these answers. */
void rig_script(struct rig *rig, const struct fake_reply *replies, size_t n);

#define RIG_SCRIPT(rig, replies)                                               \
	rig_script((rig), (replies), sizeof(replies) / sizeof((replies)[0]))

/* Call and wait; true when it worked, else rig->e. */
bool rig_put(struct rig *rig, const char *key, const void *bytes, size_t len);
bool rig_put_new(struct rig *rig, const char *key, const void *bytes,
		 size_t len);
bool rig_get(struct rig *rig, const char *key, void *buf, size_t cap);
bool rig_range(struct rig *rig, const char *key, uint64_t offset, void *buf,
	       size_t len);
bool rig_list(struct rig *rig, const char *prefix);
bool rig_remove(struct rig *rig, const char *const *keys, size_t n);

/* Starts without waiting, into rig->op; rig_wait() waits. */
void rig_start_put(struct rig *rig, const struct store_put *p);
void rig_start_get(struct rig *rig, const struct store_get *g);
bool rig_wait(struct rig *rig);

/* Cancels rig->op and lets the loop turn for a while: nobody may call. */
void rig_cancel(struct rig *rig);

/* Lets the loop turn for ms. */
void rig_turn(struct rig *rig, unsigned ms);

/* Lets the loop turn until ready() says so. */
void rig_turn_until(struct rig *rig, bool (*ready)(struct rig *rig));

/* Fails unless the last call failed with this code and its text has this. */
void rig_expect(const struct rig *rig, enum err_code code, const char *text);

#endif
