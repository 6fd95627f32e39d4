/* source_form.h - what clients say of a source, checked. */
#ifndef COFFER_HTTP_SOURCE_FORM_H
#define COFFER_HTTP_SOURCE_FORM_H

#include "http/body.h"
#include "model/records.h"

/*
 * Reads a whole source into a zeroed record. old: what there is, whose secret
 * may be kept, or NULL. r->secret is always filled when there is to be a
 * secret. Faults are collected; source_record_fini() ends *r.
 */
void source_form_read(struct form *f, const struct source_record *old,
		      struct source_record *r);

/* The same for what is only tested: name, region and remarks may be absent. */
void source_form_read_test(struct form *f, struct source_record *r);

/* Both reach the same server in the same way. */
bool source_form_is_same(const struct source_record *a,
			 const struct source_record *b);

/* The same of what they are read through. */
bool source_form_is_same_replica(const struct source_record *a,
				 const struct source_record *b);

#endif
