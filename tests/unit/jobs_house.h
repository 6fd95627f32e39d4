/* jobs_house.h - a whole server below HTTP, with a fake engine and a local
 * directory, for the tests of the room jobs. */
#ifndef COFFER_TESTS_JOBS_HOUSE_H
#define COFFER_TESTS_JOBS_HOUSE_H

#include <stdbool.h>

#include "catalog/backups.h"
#include "fake_source.h"
#include "jobs/jobs.h"

struct event;

struct house {
	char dir[64];
	struct loop *loop;
	struct workers *cpu, *blocking;
	struct transfers *transfers;
	struct secret_key *key;
	struct catalog *catalog;
	struct signer *signer;
	struct budget *budget;
	struct jobs *jobs;
	struct event *ticker;
	char source[ID_MAX], pool[ID_MAX];

	unsigned retry_seconds;
	struct jobs_op *asked; /* what is not answered yet */

	/* the last answer */
	bool is_answered;
	struct err err;
	struct backup_record backup;
	struct restore_record restore;
};

/* Makes it: one source "db1", one pool "local". max_jobs at once. */
struct house *house_open(unsigned max_jobs);

/* Another source, the one of what follows. */
void house_add_source(struct house *h, const char *name);

/* Another pool with parts of that size, the one of what follows. */
void house_add_pool(struct house *h, const char *name, uint64_t part_bytes);

/* The same, for encrypted backups; its identity is there. */
void house_add_sealed_pool(struct house *h, const char *name);

/* Begins anew with so many seconds before the retry of rule 9. */
void house_set_retry(struct house *h, unsigned seconds);

/* As if the server had been killed and started again. */
void house_crash(struct house *h, unsigned max_jobs);

/* Takes it down and removes its folder. */
void house_close(struct house *h);

/* Runs the loop until *flag; fails the test after 20 s. */
void house_until(struct house *h, const bool *flag);

/* One turn of the loop. */
void house_turn(struct house *h);

/* Ask for a backup, a restore, a deletion; and cancel what was asked last. */
void house_ask_backup(struct house *h, const char *name, const char *scope);
void house_ask_restore(struct house *h, const char *backup,
		       const char *request);
void house_ask_delete(struct house *h, const char *key);
void house_give_up(struct house *h);

/* Runs the loop until no job is left, and a little longer. */
void house_settle(struct house *h);

/* All of the buffers can be had: no share was kept. */
void house_check_budget(struct house *h);

/* A backup of the source with that name; true: accepted, h->backup is it. */
bool house_backup(struct house *h, const char *name, const char *scope);

/* The same into db1; request_json as in restore_record. */
bool house_restore(struct house *h, const char *backup, const char *request);

/* Waits for the job's end. */
void house_wait(struct house *h, const char *job_id);

/* Reads h->backup or h->restore again. */
bool house_read_backup(struct house *h, const char *key);
bool house_read_restore(struct house *h, const char *id);

/* Deletes a backup; true: accepted. */
bool house_delete(struct house *h, const char *key);

/* Regular files below the pool's folder that belong to backups. */
unsigned house_objects(const struct house *h);

#endif
