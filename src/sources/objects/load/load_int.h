/* load_int.h - one restore of objects into one bucket. */
#ifndef COFFER_SOURCES_OBJECTS_LOAD_INT_H
#define COFFER_SOURCES_OBJECTS_LOAD_INT_H

#include "sources/load.h"
#include "sources/objects/load/target.h"
#include "sources/objects/load/laying.h"

struct objects_load {
	struct load base; /* comes first */
	const struct source_env *env;
	struct target *target;
	bool is_overwrite;
	bool is_confirmed; /* the place is named in confirm */
	unsigned at_once;
	/* What the index tells, see load_config. */
	load_expect_cb *expect;
	void *expect_arg;
	size_t nexpected;      /* told until now */
	struct laying *laying; /* NULL before the first sink */
	bool is_ready;	       /* the target was looked at */
	struct load_facts facts;
};

static inline struct objects_load *objects_load_of(struct load *l)
{
	return (struct objects_load *)(void *)l; /* base comes first */
}

/* What was laid until now, for facts. */
void objects_load_count(struct objects_load *l);

/* It ends in the middle: what is on its way does not come to be. */
void objects_load_drop(struct objects_load *l);

/* See load_ops. */
struct source_op *objects_load_check(struct load *base, load_check_cb *done,
				     void *arg, struct err *e);
struct sink *objects_load_sink(struct load *base, enum item_kind section,
			       struct err *e);
struct source_op *objects_load_verify(struct load *base, load_next_cb *next,
				      void *next_arg, load_done_cb *done,
				      void *arg, struct err *e);

#endif
