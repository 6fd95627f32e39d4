/*
 * checks.h - looking at sources, pools and backups for those who ask: probes
 * before something is saved, names for pickers, contents of backups. Rules of
 * calls: jobs.h.
 */
#ifndef COFFER_JOBS_CHECKS_H
#define COFFER_JOBS_CHECKS_H

#include "catalog/jobs.h"
#include "jobs/jobs.h"
#include "model/records.h"
#include "sources/kinds.h"
#include "stores/probe.h"

/* Connects and asks for version and role. r with connection_json and secret.
 * "source_check_failed", the text says what was tried and what to do. */
struct jobs_op *jobs_check_source(struct jobs *j, const struct source_record *r,
				  source_probe_cb *done, void *arg,
				  struct err *e) MUST_CHECK;

/* The same with the replica that its plans read through (rule 2): r with
 * read_from_json and read_from_secret. It has to be a replica. */
struct jobs_op *jobs_check_replica(struct jobs *j,
				   const struct source_record *r,
				   source_probe_cb *done, void *arg,
				   struct err *e) MUST_CHECK;

/* Databases of a source, or tables of one of them. r as above. */
struct jobs_op *jobs_list_names(struct jobs *j, const struct source_record *r,
				const struct source_names_query *q,
				source_names_cb *done, void *arg,
				struct err *e) MUST_CHECK;

/* Proves a store (rule 15). r with config_json and secret; of one that is
 * bound (r->id) the folder must be the one that holds its backups.
 * "pool_check_failed". */
struct jobs_op *jobs_check_pool(struct jobs *j, const struct pool_record *r,
				probe_done_cb *done, void *arg,
				struct err *e) MUST_CHECK;

/* Reads a backup's parts again and compares; scope "all" or "sample" (the
 * manifest, the index, and 5 % of the parts, at least 16). Its verdict is kept
 * with the backup. Errors as catalog_verify_begin(). */
struct jobs_op *jobs_verify(struct jobs *j, const char *backup,
			    const char *scope, catalog_job_cb *done, void *arg,
			    struct err *e) MUST_CHECK;

/* The manifest of a completed backup, as it is stored, after its checks.
 * "backup_not_completed" and what a damaged backup gives. */
typedef void jobs_manifest_cb(void *arg, const char *json, size_t len,
			      const struct err *e);
struct jobs_op *jobs_read_manifest(struct jobs *j, const char *backup,
				   jobs_manifest_cb *done, void *arg,
				   struct err *e) MUST_CHECK;

/* Of a tree: which folder of it ("" or NULL: the top), and a page of what is
 * in there: so many at most, behind the path of another (NULL: the first). */
struct contents_query {
	const char *folder, *after;
	unsigned limit;
};

/* What is in a completed backup, for GET /contents: a JSON array of
 * {"name","tables":[{"name","rows","bytes","digest"}],"objects":[{"kind",
 * "name"}]}, one per database; of a tree an object, {"items":[{"name","path",
 * "type","bytes","mtime","target","digest"}],"next"}. q is copied. */
typedef void jobs_contents_cb(void *arg, const char *json, const struct err *e);
struct jobs_op *jobs_read_contents(struct jobs *j, const char *backup,
				   const struct contents_query *q,
				   jobs_contents_cb *done, void *arg,
				   struct err *e) MUST_CHECK;

#endif
