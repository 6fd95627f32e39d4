/* server_file.h - keeps servers/<id>.json current in every pool. */
#ifndef COFFER_JOBS_SERVER_FILE_H
#define COFFER_JOBS_SERVER_FILE_H

#include <jansson.h>

#include "base/err.h"
#include "model/plan.h"
#include "model/records.h"

struct jobs;
struct server_writer;

/* NULL: no memory. */
struct server_writer *server_writer_new(struct jobs *j);

/* Writes some seconds from now, where it is not the same already; after a
 * failure again, later. */
void server_writer_kick(struct server_writer *w);

/* No more. */
void server_writer_stop(struct server_writer *w);

/* NULL is fine. */
void server_writer_free(struct server_writer *w);

/* Records as the document has them, without secrets and without what changes
 * by itself. NULL: no memory. */
json_t *server_doc_source(const struct source_record *r);
json_t *server_doc_pool(const struct pool_record *r);
json_t *server_doc_plan(const struct plan_record *r);

/* The way back, into zeroed records (fini ends them, also on failure). False:
 * it is none, or there is no memory. */
bool server_doc_read_source(const json_t *doc, struct source_record *r,
			    bool *has_secret) MUST_CHECK;
bool server_doc_read_plan(const json_t *doc, struct plan_record *r) MUST_CHECK;

#endif
