/*
 * transfer.h - what one server holds goes straight into another one: the
 * phases of a dump, each source of them through a tally into a sink of a load,
 * with no store between. Nothing is compressed, and no parts are made.
 *
 *   dump source -frames-> tally -frames-> load sink   (one per connection)
 *
 * A phase gives frames of one section or none (dump_facts.section), and the
 * phases give the sections in the order in which a load takes them. A load
 * takes some sections from one sink at a time: then the sources of a phase run
 * one after the other.
 */
#ifndef COFFER_JOBS_EXTRACT_TRANSFER_H
#define COFFER_JOBS_EXTRACT_TRANSFER_H

#include "jobs/extract/tally.h"
#include "pipeline/pipeline.h"
#include "sources/dump.h"

struct preflight;
struct source_address;
struct transfer;

/* Runs once, when all is applied (e NULL) or at the first failure; the transfer
 * is dropped in it or later. */
typedef void transferred_cb(void *arg, const struct err *e);

struct transfer_lane {
	struct transfer *transfer;
	struct pipeline *pipe; /* NULL: it is free */
};

/* Embedded in its owner; zero it to begin with. */
struct transfer {
	struct preflight *preflight; /* borrowed: what is wanted, its load */
	struct dump *dump;
	struct tally tally;
	struct source *sources[DUMP_SOURCES_MAX]; /* of the phase at hand */
	size_t nsources, next;			  /* first that has not begun */
	struct transfer_lane lanes[DUMP_SOURCES_MAX];
	unsigned max_lanes, nrunning;
	uint64_t bytes_before; /* of pipelines that are gone */
	transferred_cb *done;
	void *arg;
};

/* After the target was looked at: chooses how many run at the same time, and
 * tells the memory that they take. */
size_t transfer_share(struct transfer *t, struct preflight *p);

/* Begins: reads at from what the preflight's scope tells. When done, the tables
 * to compare are in the preflight. False with *e filled. */
bool transfer_start(struct transfer *t, const struct source_address *from,
		    transferred_cb *done, void *arg, struct err *e) MUST_CHECK;

/* Plain bytes that left the dump until now. */
uint64_t transfer_bytes(const struct transfer *t);

/* Warnings of the dump and how far it is; NULL when it is over. */
const struct dump_facts *transfer_facts(const struct transfer *t);

/* Ends it at once: both servers' connections are closed. */
void transfer_drop(struct transfer *t);

#endif
