/* carry.h - what the base of a pack has of the place at hand, and what of it
 * goes into this backup as it is. */
#ifndef COFFER_SOURCES_FILES_CARRY_H
#define COFFER_SOURCES_FILES_CARRY_H

#include "sources/files/pack_int.h"

/* What became of it since: MERGE_OTHER without a base. p->is_found: the base
 * has an item there. Fills p->facts then. */
enum merge_verdict carry_judge(struct pack *p, const struct member *m);

/* A member that has no content, if it is unchanged; *is_carried: it was, else
 * it is to be written. */
enum step carry_member(struct pack *p, const struct member *m, bool *is_carried,
		       struct err *e);

/* A folder that is not written yet, if it is unchanged: its line (caller frees)
 * for carry_line(), else NULL. False with *e. */
bool carry_note(struct pack *p, const struct member *m, char **line,
		struct err *e) MUST_CHECK;
enum step carry_line(struct pack *p, const char *word, const char *path,
		     const char *line, struct err *e);

/* A regular file, or one more name of it, that is not open yet; p->is_touched:
 * it is to be opened and compared. */
enum step carry_file(struct pack *p, const struct stat *st, bool *is_carried,
		     struct err *e);

/* Whether the touched file, with the facts p->facts and content of that digest,
 * is to be carried over; then it is. */
bool carry_fits(const struct pack *p, const struct digest *digest);
enum step carry_touched(struct pack *p, const char *path, const struct stat *st,
			struct err *e);

/* Fills p->mount for the folder at hand, which fd is open on. */
void carry_find_mount(struct pack *p, int fd, const struct stat *st);

/* That folder was entered: what the times of its files tell. */
void carry_enter(struct pack *p, int fd, const struct stat *st);

#endif
