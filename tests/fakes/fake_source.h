/*
 * fake_source.h - engines that do as they are told. Linked in place of the
 * room's own: it defines source_kinds() and source_kind_find(), for an engine
 * "mysql" and one by key, "redis".
 */
#ifndef COFFER_TESTS_FAKE_SOURCE_H
#define COFFER_TESTS_FAKE_SOURCE_H

#include "base/text.h"
#include "sources/kinds.h"

struct fake_script {
	/* probe */
	const char *role;     /* "primary" when NULL */
	struct err probe_err; /* filled: the probe fails with it */
	/* dump: one schema frame, then tables, one source each */
	unsigned tables;	/* at most DUMP_SOURCES_MAX */
	unsigned frames;	/* of each table */
	unsigned fail_at_frame; /* of the first table; 0: never */
	struct err dump_err;	/* with which */
	unsigned failures;	/* so many dumps fail, the next ones do not */
	bool is_hanging;	/* the first table never gives a frame */
	/* load */
	struct err check_err, sink_err, verify_err;
	unsigned sink_fails_at; /* frame, of all; 0: the first */
	unsigned width;		/* sinks of rows; 0: 1 */
};

/* What was done so far. */
struct fake_facts {
	unsigned probes, dumps, loads, alive; /* alive: not yet destroyed */
	struct text loaded;		      /* all bytes the sink took */
	unsigned tables_verified;
	unsigned frames_loaded;
	unsigned sinks[ITEM_KIND_COUNT];     /* made, of each section */
	unsigned sinks_now[ITEM_KIND_COUNT]; /* that are there */
	unsigned most_sinks; /* of one section, at the same time */
	size_t loaded_spans; /* of the frames that the sink took */
	bool is_mixed;	     /* sinks of two sections were there at once */
	unsigned databases, partial; /* of the last load_config */
	uint64_t plain_bytes;	     /* likewise */
};

/* Back to an engine without failures: 2 tables of 3 frames. */
void fake_source_reset(void);

/* To be changed at will. */
struct fake_script *fake_source_script(void);

/* What it did. */
struct fake_facts *fake_source_facts(void);

#endif
