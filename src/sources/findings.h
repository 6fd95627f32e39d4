/* findings.h - gathers what a look at a target found, for load_report. */
#ifndef COFFER_SOURCES_FINDINGS_H
#define COFFER_SOURCES_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/load.h"

struct names_list {
	char **list;
	size_t n, cap;
};

/* Zero it to begin with. */
struct findings {
	struct load_finding findings[LOAD_FINDINGS_MAX];
	size_t nfindings; /* later ones are left out */
	struct names_list create, replace;
	struct text taken;  /* what exists and may not be replaced */
	struct text silent; /* what would be replaced and was not confirmed */
	bool is_broken;	    /* no memory for some of it */
};

/* What the target's state forbids, with the API's code. */
void findings_block(struct findings *r, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* What will be different, or may fail. */
void findings_warn(struct findings *r, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* What happens to a database, or (table not NULL) to one table. */
enum fate {
	FATE_CREATE,  /* it is not there, or holds nothing */
	FATE_REPLACE, /* it goes, as was asked for and confirmed */
	FATE_TAKEN,   /* it is there */
	FATE_SILENT,  /* it would go, and was not confirmed */
};

void findings_fate(struct findings *r, enum fate fate, const char *database,
		   const char *table);

/* Blockers first. *out borrows from *r. False: no memory. */
bool findings_end(struct findings *r, struct load_report *out,
		  struct err *e) MUST_CHECK;

/* Appends a name to a list in a sentence: "a, b". */
void findings_name(struct text *t, const char *database, const char *table);

/* Frees what it holds. */
void findings_fini(struct findings *r);

#endif
