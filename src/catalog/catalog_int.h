/* catalog_int.h - the open catalog, and one call on it. */
#ifndef COFFER_CATALOG_CATALOG_INT_H
#define COFFER_CATALOG_CATALOG_INT_H

#include <sys/queue.h>

#include "catalog/db_int.h"
#include "base/sha256.h"
#include "catalog/rows_int.h"
#include "loop/workers.h"

/* A line of a job's log that waits for its transaction. */
struct log_line {
	TAILQ_ENTRY(log_line) entry;
	char job_id[ID_MAX];
	int64_t at_ms;
	char text[];
};

/* An event that waits for its. */
struct waiting_event {
	TAILQ_ENTRY(waiting_event) entry;
	struct event_record r; /* its id: after it was written */
	char *texts;	       /* what its strings lie in, but for these */
	char hash[SHA256_HEX_MAX], previous_hash[SHA256_HEX_MAX];
};

TAILQ_HEAD(log_lines, log_line);
TAILQ_HEAD(waiting_events, waiting_event);
TAILQ_HEAD(call_list, catalog_op);

struct catalog {
	struct db db;	 /* the thread's alone, between open and close */
	struct db lists; /* the readers' alone: it sees what is committed */
	int lock_fd;	 /* held while open: one server per catalog */
	struct workers *thread, *reader;
	const struct secret_key *key;
	unsigned manual_backups_max, shrink_percent;
	struct catalog_identity identity;
	char start_id[ID_MAX]; /* of this start; the thread's alone */
	char rival_id[ID_MAX]; /* the last start of a rival; likewise */
	char place[96]; /* where the catalog lies, and since which boot */
	struct call_list calls; /* accepted and not answered, in order */
	struct log_lines lines; /* of logs, not yet submitted */
	unsigned nlines;
	struct waiting_events events; /* not yet submitted */
	unsigned nevents;
	catalog_event_cb *listener; /* NULL: none */
	void *listener_arg;
	bool is_logging;       /* a call that writes lines is under way */
	bool is_noting;	       /* one that writes events is */
	bool is_checkpointing; /* a call that moves the log is */
	bool is_dead;	       /* it takes no more changes; the loop's */
};

struct reply_row;
struct verify_row;
struct drill_row;
struct statistics_row;

/* What a call does; one static const per function of the headers. */
struct intent {
	enum {
		INTENT_READ,  /* in a transaction that reads, after all that was
			       * submitted before */
		INTENT_LIST,  /* the same beside those that write: it sees what
			       * is answered, and waits for no disk */
		INTENT_WRITE, /* in one that writes: all of it or nothing */
		INTENT_BARE,  /* without one */
	} mode;
	/* On the catalog's thread. False with op->err filled. */
	bool (*run)(struct catalog *c, struct catalog_op *op);
	/* On the loop: calls op->cb. e is NULL when it worked. */
	void (*tell)(const struct catalog_op *op, const struct err *e);
};

struct catalog_op {
	struct work work;
	struct catalog *catalog;
	struct db *db; /* where it runs */
	const struct intent *intent;
	TAILQ_ENTRY(catalog_op) entry;
	bool has_run;
	int wal_pages;	 /* after it ran */
	bool found_dead; /* the catalog takes no changes since, or before */

	struct rows in; /* copies of what was given */
	char *key, *text;
	struct catalog_query query; /* its texts lie in query_text */
	char *query_text;
	struct log_lines lines;
	struct plan_decision decision;
	int64_t at_ms;
	unsigned limit;
	bool with_backups;
	bool is_more; /* news of plans */
	struct claim_verdict claim;
	bool is_sure; /* what was found there lies there */
	struct waiting_events events;
	int64_t number; /* a fence, a revision, an id of an event */
	struct reply_row *reply_in, *reply_out;
	struct verify_row *verify;
	struct drill_row *drill;
	struct statistics_row *statistics;

	struct rows out, more; /* more: a second list */
	struct catalog_page page;
	char *page_text; /* what the query's render() made */
	char *next, *log;
	struct catalog_usage usage;
	struct err err;

	union call_cb cb;
	void *arg;
};

#endif
