/* spool.c - the room that all streams share, and what a dead server left. */
#include "stages/spool.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "stages/spool_int.h"

/* A segment is closed, and its room free, when all in it was read: the smaller
 * they are, the sooner; the larger, the fewer files are open. */
enum {
	SEGMENTS = 32,
	SEGMENT_MIN_BYTES = 1024 * 1024,
	SEGMENT_MAX_BYTES = 64 * 1024 * 1024,
};

static uint64_t segment_bytes(uint64_t max_bytes)
{
	uint64_t n = max_bytes / SEGMENTS;

	if (n < SEGMENT_MIN_BYTES)
		return SEGMENT_MIN_BYTES;
	return n < SEGMENT_MAX_BYTES ? n : SEGMENT_MAX_BYTES;
}

struct spool *spool_new(const struct spool_config *config, struct err *e)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto nomem;
	s->c = *config;
	s->segment_bytes = segment_bytes(config->max_bytes);
	TAILQ_INIT(&s->files);
	s->c.folder = s->folder = strdup(config->folder);
	if (s->folder == NULL)
		goto nomem;
	return s;

nomem:
	free(s);
	(void)err_nomem(e, "the spool");
	return NULL;
}

uint64_t spool_used(const struct spool *s)
{
	return s->disk_bytes;
}

/* What the stages have left may be at the workers still. */
void spool_free(struct spool *s)
{
	struct spool_file *file;

	if (s == NULL)
		return;
	while ((file = TAILQ_FIRST(&s->files)) != NULL)
		spool_file_orphan(file);
	assert(s->disk_bytes == 0 && s->memory_bytes == 0);
	free(s->folder);
	free(s);
}

static bool is_ours(const char *name)
{
	size_t prefix = sizeof(SPOOL_FILE_PREFIX) - 1;

	return strncmp(name, SPOOL_FILE_PREFIX, prefix) == 0 &&
	       strlen(name) == prefix + SPOOL_FILE_RANDOM;
}

void spool_clean(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		if (is_ours(entry->d_name) &&
		    unlinkat(dirfd(d), entry->d_name, 0) == 0)
			log_info("spool", "removed %s, left in %s",
				 entry->d_name, folder);
	}
	(void)closedir(d);
}
