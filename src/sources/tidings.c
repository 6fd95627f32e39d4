/* tidings.c - see tidings.h. */
#include "sources/tidings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dump.h"

enum { PATH_SHOWN = 256, FIRST_PRINTABLE = 0x20, DELETE = 0x7f };

static const struct {
	const char *code;
	const char *all; /* behind the count */
	const char *one; /* behind the path */
} words[TIDING_COUNT] = {
	[TIDING_UNREADABLE] = {"file_unreadable",
			       "files or folders could not be read, and what "
			       "could not is not in the backup: give the "
			       "server's user the right to read them, or "
			       "exclude them",
			       "could not be read"},
	[TIDING_CHANGED] = {"file_changed",
			    "files were changed while they were read, and "
			    "again while they were read again: their contents "
			    "may be of no single moment",
			    "was changed while it was read"},
	[TIDING_VANISHED] = {"file_vanished",
			     "files or folders were there when their folder "
			     "was listed and gone when they were to be read",
			     "vanished"},
	[TIDING_SOCKET] = {"socket_left_out",
			   "sockets were left out: an archive cannot hold them",
			   "is a socket"},
	[TIDING_ATTRS] = {"attributes_left_out",
			  "files are in the backup without all of their "
			  "extended attributes",
			  "has extended attributes that could not be kept"},
	[TIDING_AVOIDED] = {"pool_left_out",
			    "folders were left out because the backup is "
			    "written there",
			    "is where the backup is written"},
	[TIDING_OBJECT_UNREADABLE] =
		{"object_unreadable",
		 "objects could not be read, and what could not is not in the "
		 "backup: let the source's key read them, or exclude them",
		 "could not be read"},
	[TIDING_OBJECT_CHANGED] =
		{"object_changed",
		 "objects were changed while they were read, and again while "
		 "they were read again: of these the backup has no whole "
		 "version",
		 "was changed each time it was read"},
	[TIDING_OBJECT_VANISHED] = {"object_vanished",
				    "objects were there when the bucket was "
				    "listed and gone when they were to be read",
				    "vanished"},
	[TIDING_METADATA] = {"metadata_left_out",
			     "objects are in the backup without all of their "
			     "metadata",
			     "has metadata that could not be kept"},
	[TIDING_OBJECT_AVOIDED] = {"pool_left_out",
				   "objects were left out because they are "
				   "those of the pool that the backup is "
				   "written to",
				   "is of that pool"},
};

const char *tiding_code(enum tiding what)
{
	return words[what].code;
}

char *tidings_path(char *out, size_t cap, const char *path)
{
	(void)utf8_show(out, cap, path);
	for (char *at = out; *at != '\0'; at++)
		if ((unsigned char)*at < FIRST_PRINTABLE || *at == DELETE)
			*at = ' ';
	return out;
}

void tidings_add(struct tidings *t, enum tiding what, const char *path,
		 const char *why)
{
	char line[ERR_MSG_MAX], shown[PATH_SHOWN];

	(void)snprintf(line, sizeof(line), "\"%s\" %s%s%s",
		       tidings_path(shown, sizeof(shown), path),
		       words[what].one, why != NULL ? ": " : "",
		       why != NULL ? why : "");
	if (t->counts[what] < TIDINGS_NAMED)
		(void)str_copy(t->details[what][t->counts[what]],
			       sizeof(t->details[what][0]), line);
	t->counts[what]++;
	if (t->nlines >= TIDINGS_LINES)
		return;
	t->nlines++;
	text_str(&t->lines, line);
	text_char(&t->lines, '\n');
}

void tidings_say(struct tidings *t, const char *line)
{
	text_str(&t->lines, line);
	text_char(&t->lines, '\n');
}

static void tell_one(struct source_warning *w, enum tiding what,
		     const char *detail)
{
	(void)str_copy(w->code, sizeof(w->code), words[what].code);
	(void)str_copy(w->detail, sizeof(w->detail), detail);
}

size_t tidings_tell(const struct tidings *t, struct source_warning *out,
		    size_t max)
{
	size_t n = 0;
	char all[ERR_MSG_MAX];

	for (enum tiding k = 0; k < TIDING_COUNT; k++) {
		if (t->counts[k] == 0 || n == max)
			continue;
		(void)snprintf(all, sizeof(all), "%" PRIu64 " %s", t->counts[k],
			       words[k].all);
		tell_one(&out[n++], k, all);
		for (size_t i = 0;
		     i < TIDINGS_NAMED && i < t->counts[k] && n < max; i++)
			tell_one(&out[n++], k, t->details[k][i]);
	}
	return n;
}

char *tidings_take_lines(struct tidings *t)
{
	char *lines = t->lines.len > 0 ? text_take(&t->lines) : NULL;

	text_free(&t->lines);
	return lines;
}

void tidings_fini(struct tidings *t)
{
	text_free(&t->lines);
}
