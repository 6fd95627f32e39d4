/* runs.c - backups, restores and jobs: words, copies, ends. */
#include "model/runs.h"

#include <stddef.h>
#include <string.h>

#include "model/strings_int.h"

static const char *const backup_words[] = {
	[BACKUP_QUEUED] = "queued",	  [BACKUP_BACKING_UP] = "backing_up",
	[BACKUP_COMPLETED] = "completed", [BACKUP_FAILED] = "failed",
	[BACKUP_CANCELED] = "canceled",	  [BACKUP_DELETING] = "deleting",
};

static const char *const job_words[] = {
	[JOB_QUEUED] = "queued",       [JOB_RUNNING] = "running",
	[JOB_COMPLETED] = "completed", [JOB_FAILED] = "failed",
	[JOB_CANCELED] = "canceled",
};

static const char *const kind_words[] = {
	[JOB_BACKUP] = "backup", [JOB_RESTORE] = "restore",
	[JOB_DELETE] = "delete", [JOB_VERIFY] = "verify",
	[JOB_EXPIRE] = "expire", [JOB_ADOPT] = "adopt",
	[JOB_DRILL] = "drill",
};

enum {
	NBACKUP_WORDS = sizeof(backup_words) / sizeof(backup_words[0]),
	NJOB_WORDS = sizeof(job_words) / sizeof(job_words[0]),
	NKIND_WORDS = sizeof(kind_words) / sizeof(kind_words[0]),
};

_Static_assert((int)NBACKUP_WORDS == (int)BACKUP_STATUS_COUNT, "a word each");
_Static_assert((int)NJOB_WORDS == (int)JOB_STATUS_COUNT, "a word each");
_Static_assert((int)NKIND_WORDS == (int)JOB_KIND_COUNT, "a word each");

/* Where word is in the list; n when it is not. */
static unsigned find(const char *const *words, unsigned n, const char *word)
{
	unsigned i = 0;

	while (i < n && strcmp(words[i], word) != 0)
		i++;
	return i;
}

const char *backup_status_name(enum backup_status s)
{
	return s < BACKUP_STATUS_COUNT ? backup_words[s] : "?";
}

const char *job_status_name(enum job_status s)
{
	return s < JOB_STATUS_COUNT ? job_words[s] : "?";
}

const char *job_kind_name(enum job_kind k)
{
	return k < JOB_KIND_COUNT ? kind_words[k] : "?";
}

bool backup_status_parse(const char *word, enum backup_status *s)
{
	*s = find(backup_words, NBACKUP_WORDS, word);
	return *s < BACKUP_STATUS_COUNT;
}

bool job_status_parse(const char *word, enum job_status *s)
{
	*s = find(job_words, NJOB_WORDS, word);
	return *s < JOB_STATUS_COUNT;
}

bool job_kind_parse(const char *word, enum job_kind *k)
{
	*k = find(kind_words, NKIND_WORDS, word);
	return *k < JOB_KIND_COUNT;
}

static struct strings backup_strings(struct backup_record *r)
{
	return (struct strings){
		{&r->description, &r->source_region, &r->scope_json,
		 &r->options_json, &r->save_path, &r->counts_json,
		 &r->consistency_json, &r->warnings_json, &r->error_json,
		 &r->phases_json, &r->depends_on_json, &r->last_drill_json,
		 &r->packs}};
}

static struct strings restore_strings(struct restore_record *r)
{
	return (struct strings){{&r->request_json, &r->error_json,
				 &r->connection_json, &r->secret, &r->leftover,
				 &r->target_path}};
}

static struct strings job_strings(struct job_record *r)
{
	return (struct strings){{&r->error_json, &r->progress_json}};
}

void backup_record_fini(struct backup_record *r)
{
	strings_free(backup_strings(r));
	memset(r, 0, sizeof(*r));
}

void restore_record_fini(struct restore_record *r)
{
	strings_free(restore_strings(r));
	memset(r, 0, sizeof(*r));
}

void job_record_fini(struct job_record *r)
{
	strings_free(job_strings(r));
	memset(r, 0, sizeof(*r));
}

bool backup_record_copy(struct backup_record *to,
			const struct backup_record *from)
{
	*to = *from;
	if (strings_own(backup_strings(to)))
		return true;
	backup_record_fini(to);
	return false;
}

bool restore_record_copy(struct restore_record *to,
			 const struct restore_record *from)
{
	*to = *from;
	if (strings_own(restore_strings(to)))
		return true;
	restore_record_fini(to);
	return false;
}

bool job_record_copy(struct job_record *to, const struct job_record *from)
{
	*to = *from;
	if (strings_own(job_strings(to)))
		return true;
	job_record_fini(to);
	return false;
}
