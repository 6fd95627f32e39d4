/*
 * plan.h - backup plans as the catalog keeps them, and what follows from
 * their fields. Pure. Rules of members: records.h.
 */
#ifndef COFFER_MODEL_PLAN_H
#define COFFER_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "model/names.h"
#include "model/timer.h"

enum {
	PLAN_RETENTION_MAX_DAYS = 732,
	PLAN_RETENTION_DAYS = 7,
	PLAN_GRACE_SECONDS = 21600,
};

struct plan_record {
	char id[ID_MAX];
	char name[NAME_BUF];
	char *remarks;
	bool is_enabled;
	char source_id[ID_MAX], pool_id[ID_MAX];
	/* derived from them */
	char source_name[NAME_BUF], source_engine[16];
	char *source_region;
	char pool_name[NAME_BUF];
	char strategy[8]; /* "timer" "manual" */
	char method[12];
	char *scope_json;   /* NULL: the whole instance */
	char *timer_json;   /* canonical; NULL with strategy manual */
	char *options_json; /* as given, or NULL */
	int64_t retention_days;
	int64_t grace_seconds; /* from the options, or the default */
	/* rule 14's brake: why expiry stands still; NULL: it does not */
	char *expiry_held_reason;
	/* schedule, ms: the next due instant that was not decided yet (0: none,
	 * kept also while paused or finished) */
	int64_t next_due_at;
	/* the first due instant since the last completed run that has none
	 * (0: all is well); with grace_seconds, what makes it overdue */
	int64_t unmet_due_at;
	/* why its due time cannot be decided; NULL: it can */
	char *trouble;
	/* of the newest backup made through it */
	char last_backup_id[ID_MAX];
	char last_status[16];
	int64_t last_at;
	/* the next drill that was not decided yet (0: none), and what became
	 * of the last one (catalog/drills.h; NULL: there was none) */
	int64_t next_drill_at;
	char *last_drill_json;
	/* derived: one of its backups is queued or running */
	bool is_running;
	int64_t revision, created_at, updated_at;
};

/* Frees what it holds, zeroes it. */
void plan_record_fini(struct plan_record *r);

/* A deep copy into a zeroed record; false: no memory, *to is finished. */
bool plan_record_copy(struct plan_record *to,
		      const struct plan_record *from) MUST_CHECK;

/*
 * Rule 21: "finished" (a timer that has no due time left and nothing running
 * or unmet), "paused" (not enabled), "overdue" (unmet_due_at + grace has
 * passed), "active". Manual plans are active or paused.
 */
const char *plan_status_name(const struct plan_record *r, int64_t now_ms);

/* "<plan>-YYYYMMDDThhmmssZ", the plan's part cut and cleaned so that it keeps
 * rule 5 for backups; attempt > 0 adds "-N", for a name that is taken. */
void plan_backup_name(const char *plan, int64_t at_ms, unsigned attempt,
		      char out[NAME_BUF]);

/* The option "drill" of a plan: when its newest backup is drilled, and what
 * makes the instance for that. */
struct plan_drill {
	struct timer timer;
	char provider[NAME_BUF]; /* "": the only one that there is */
	char *options_json;	 /* for the provisioner; NULL: none */
};

/* Reads it from a plan's options. False with *e filled: there is none, or it
 * is wrong; plan_drill_fini() also then. */
bool plan_drill_parse(struct plan_drill *d, const char *options_json,
		      struct err *e) MUST_CHECK;
void plan_drill_fini(struct plan_drill *d);

#endif
