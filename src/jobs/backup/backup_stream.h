/* backup_stream.h - the streams of a backup, and what its manifest and record
 * say of them. */
#ifndef COFFER_JOBS_BACKUP_STREAM_H
#define COFFER_JOBS_BACKUP_STREAM_H

#include "jobs/backup/backup_int.h"

/* Makes the pipelines of the next phase; none: b->is_read. Each ends in
 * done(phase, e). False with *e filled. */
bool backup_stream_next(struct backup_job *b, pipeline_done_cb *done,
			struct err *e) MUST_CHECK;

/* Whether all sources of the last phase have ended, before its pipelines have;
 * what they held is free then. */
bool backup_stream_is_ahead(struct backup_job *b);

/* Makes dump and part writer. False with *e filled. */
bool backup_stream_open(struct backup_job *b, struct err *e) MUST_CHECK;

/* Drops the first phases, as far as all their pipelines have ended. */
void backup_phases_reap(struct backup_job *b);

/* Drops pipelines, dump and writer, in that order. */
void backup_stream_drop(struct backup_job *b);

/* Reads level, connections and the like from the record's options. */
bool backup_read_options(struct backup_job *b, struct err *e) MUST_CHECK;

/* How much of the buffers a backup over so many connections (1 or more) into
 * such a pool needs. */
size_t backup_share_bytes(uint64_t part_bytes, unsigned lanes);

/* And this one, after its options were read: where all the buffers are not
 * enough for as many connections as are wanted, fewer are. */
size_t backup_stream_share(struct backup_job *b);

/* Before the writer is finished: what the manifest hides, if the backup is
 * encrypted. False with *e filled. */
bool backup_fill_hidden(struct backup_job *b, struct err *e) MUST_CHECK;

/* Fills the manifest from record and dump. False with *e filled. */
bool backup_fill_manifest(struct backup_job *b, struct err *e) MUST_CHECK;

/* Fills the record's sums from dump, writer and meter. */
bool backup_fill_record(struct backup_job *b, struct err *e) MUST_CHECK;

#endif
