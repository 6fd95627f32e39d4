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
	const char *single, *several; /* behind the count */
	const char *on;		      /* and so on */
	const char *one;	      /* behind the path */
} words[TIDING_COUNT] = {
	[TIDING_UNREADABLE] = {"file_unreadable",
			       "file or folder could not be read",
			       "files or folders could not be read",
			       ", and what could not is not in the backup: "
			       "give the server's user the right to read it, "
			       "or exclude it",
			       "could not be read"},
	[TIDING_CHANGED] = {"file_changed", "file was changed",
			    "files were changed",
			    " while being read, and again while being read "
			    "again: the contents may be of no single moment",
			    "was changed while it was read"},
	[TIDING_VANISHED] = {"file_vanished", "file or folder was there",
			     "files or folders were there",
			     " when the folder was listed, and gone when it "
			     "was time to read",
			     "vanished"},
	[TIDING_SOCKET] = {"socket_left_out", "socket was left out",
			   "sockets were left out",
			   ": an archive cannot hold them", "is a socket"},
	[TIDING_ATTRS] = {"attributes_left_out", "file is", "files are",
			  " in the backup without all extended attributes",
			  "has extended attributes that could not be kept"},
	[TIDING_AVOIDED] = {"pool_left_out", "folder was left out",
			    "folders were left out",
			    " because the backup is written there",
			    "is where the backup is written"},
	[TIDING_OBJECT_UNREADABLE] =
		{"object_unreadable", "object could not be read",
		 "objects could not be read",
		 ", and what could not is not in the backup: let the source's "
		 "key read it, or exclude it",
		 "could not be read"},
	[TIDING_OBJECT_CHANGED] =
		{"object_changed", "object was changed", "objects were changed",
		 " while being read, and again while being read again: the "
		 "backup has no whole version of such",
		 "was changed each time it was read"},
	[TIDING_OBJECT_VANISHED] = {"object_vanished", "object was there",
				    "objects were there",
				    " when the bucket was listed, and gone "
				    "when it was time to read",
				    "vanished"},
	[TIDING_METADATA] = {"metadata_left_out", "object is", "objects are",
			     " in the backup without all metadata",
			     "has metadata that could not be kept"},
	[TIDING_OBJECT_AVOIDED] = {"pool_left_out", "object was left out",
				   "objects were left out",
				   ": of the pool that the backup is written "
				   "to",
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
		(void)snprintf(
			all, sizeof(all), "%" PRIu64 " %s%s", t->counts[k],
			t->counts[k] == 1 ? words[k].single : words[k].several,
			words[k].on);
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
