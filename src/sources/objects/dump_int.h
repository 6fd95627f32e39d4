/* dump_int.h - a dump of a bucket: one phase, "data" (reader.c). */
#ifndef COFFER_SOURCES_OBJECTS_DUMP_INT_H
#define COFFER_SOURCES_OBJECTS_DUMP_INT_H

#include "sources/dump.h"
#include "sources/objects/supply.h"
#include "sources/tidings.h"

struct s3_client;

struct objects_dump {
	struct dump base; /* comes first */
	struct s3_client *client;
	struct supply *supply; /* outlives the reader, which is its only user */
	struct tidings tidings;
	bool is_strict;
	bool is_begun;	 /* the phase was given */
	char *backup_id; /* of names of members that others may build upon; or
			  * NULL */
	void (*line)(void *arg, const char *text);
	void *line_arg;
	struct dump_facts facts;
};

/* The source of the phase. NULL with *e filled. */
struct source *objects_reader_new(struct objects_dump *d,
				  struct err *e) MUST_CHECK;

#endif
