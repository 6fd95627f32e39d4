/* test_mysql_dump_rig.h - a dump of a fake server, and what comes out. */
#ifndef COFFER_TESTS_TEST_MYSQL_DUMP_RIG_H
#define COFFER_TESTS_TEST_MYSQL_DUMP_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sources/kinds.h"
#include "test_mysql_fake.h"

struct dump_rig {
	struct loop *loop;
	struct source_env env;
	struct dump_config config;
	struct fake *fake;
	struct dump *dump;
	struct err err;	   /* the first one */
	struct text text;  /* all frames */
	struct text items; /* "kind type group.name rows;" */
	struct text apart; /* "type name on definer;" of those that have any */
	struct text phases;
	uint64_t next_number;
	size_t nrunning;
};

/* A dump over one connection; change r->config for another. answers go before
 * those of fake_shop(). */
void dump_rig_init(struct dump_rig *r, const struct fake_answer *answers);

/* Makes r->dump. */
void dump_rig_open(struct dump_rig *r);

/* Runs one phase; false: it failed (r->err), or none was left. */
bool dump_rig_phase(struct dump_rig *r);

/* Opens and runs all phases. */
const struct dump_facts *dump_rig_run(struct dump_rig *r);

/* Frees all. */
void dump_rig_fini(struct dump_rig *r);

#endif
