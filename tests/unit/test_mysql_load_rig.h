/* test_mysql_load_rig.h - one restore into a fake target. */
#ifndef COFFER_TESTS_TEST_MYSQL_LOAD_RIG_H
#define COFFER_TESTS_TEST_MYSQL_LOAD_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"
#include "sources/kinds.h"
#include "test_mysql_fake.h"

struct rig {
	struct loop *loop;
	struct source_env env;
	struct load_config config;
	const char *databases[4];
	struct fake *fake;
	struct load *load;
	struct err err;
	unsigned calls;
	enum item_kind section;
	const char *text;	/* what is restored */
	size_t piece;		/* in frames of so many bytes */
	struct item *item;	/* that they were cut out for, or NULL */
	struct item *next_item; /* that all but the first were, or NULL */
	const struct load_item *items;
	size_t nitems;
};

/* A target that answers so, else like fake_shop(); a restore of "shop". */
void rig_init(struct rig *r, const struct fake_answer *answers);

/* Makes r->load; false with *e filled. */
bool rig_load(struct rig *r, struct err *e);

/* Ends it all. */
void rig_fini(struct rig *r);

/* A load_done_cb: r->err is how it went, and the loop ends. */
void rig_done(void *arg, const struct err *e);

/* Applies the text as r->section, in frames of r->piece bytes; r->err is how
 * it went. */
void rig_restore(struct rig *r, const char *text);

/* Fails the test unless statements came that begin so, in this order. */
void rig_wants(struct rig *r, const char *const *wanted);

#endif
