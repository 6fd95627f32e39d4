/*
 * fake_store.h - a store in memory that answers from the loop, and fails,
 * stalls, forgets or twists bytes on command.
 */
#ifndef COFFER_TESTS_FAKE_STORE_H
#define COFFER_TESTS_FAKE_STORE_H

#include <sys/queue.h>

#include "stores/store.h"

enum fake_kind {
	FAKE_PUT = 1,
	FAKE_GET = 2,
	FAKE_LIST = 4,
	FAKE_REMOVE = 8,
	FAKE_ANY = 15,
};

enum fake_mode {
	FAKE_FAIL,   /* the completion tells an error */
	FAKE_REFUSE, /* the call itself fails */
	FAKE_STALL,  /* no answer ever */
	FAKE_FORGET, /* put: says that it stored, and did not; get: gives half
		      */
	FAKE_TWIST,  /* put: stores with one bit turned; get: gives it so */
};

struct fake_object {
	char *key;
	unsigned char *bytes;
	size_t len;
};

struct fake_op;

struct fake_store {
	struct store base; /* first */
	struct loop *loop;
	struct fake_object *objects; /* sorted by key */
	size_t nobjects, cap;
	TAILQ_HEAD(, fake_op) ops;

	/* commands: what happens to the n-th call of that kind, from 1 */
	unsigned fault_kinds; /* of enum fake_kind */
	unsigned fault_at;    /* 0: never */
	bool is_lasting;      /* and to all later ones */
	enum fake_mode fault_mode;
	enum err_code fault_code;
	unsigned delay_ms;  /* of each answer */
	size_t page;	    /* keys a turn of a listing; 0: all */
	bool keeps_removed; /* remove does nothing */

	/* facts */
	unsigned matched; /* calls of the kind of the fault */
	unsigned puts, gets, lists, removes;
	uint64_t got_bytes; /* by all gets */
	unsigned puts_now, puts_peak;
	unsigned wrong_hashes; /* puts whose sha256 was not that of the bytes */
	size_t keys_peak;      /* most keys in one remove */
};

/* Aborts when there is no memory, as all here. store_free() ends it; every
 * call must be over or canceled. */
struct fake_store *fake_store_new(struct loop *l);

/* The object, or NULL. Borrowed; changes of its bytes stay. */
struct fake_object *fake_store_find(struct fake_store *fs, const char *key);

/* Puts an object at once. */
void fake_store_set(struct fake_store *fs, const char *key, const void *bytes,
		    size_t len);

/* Takes an object away at once. */
void fake_store_drop(struct fake_store *fs, const char *key);

/* Takes all away. */
void fake_store_clear(struct fake_store *fs);

/* Runs with 1 before and -1 after the fake needs memory of its own. Weak: a
 * test that lets allocations fail defines it, to spare the fake. */
void fake_spare(int change);

/* Calls that are not over. */
size_t fake_store_pending(const struct fake_store *fs);

#endif
