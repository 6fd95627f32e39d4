/* folder.c - is the folder of a pool there? A listing of one that is not is
 * empty, since folders are made when they are needed; but when its disk is not
 * mounted, the pool is away, even if its mount point is there. On a worker: a
 * look may sleep. */
#include "jobs/pools/folder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "loop/workers.h"
#include "manifest/layout.h"

struct folder_look {
	struct work work; /* first */
	folder_cb *done;
	void *arg;
	char *path;
	char *mark; /* a file that must be in it; NULL: none */
	bool is_there, is_marked;
};

static struct folder_look *folder_of(struct work *w)
{
	return (struct folder_look *)(void *)w; /* work comes first */
}

static void folder_free(struct work *w)
{
	struct folder_look *f = folder_of(w);

	free(f->path);
	free(f->mark);
	free(f);
}

static void folder_run(struct work *w)
{
	struct folder_look *f = folder_of(w);
	struct stat sb;

	f->is_there = stat(f->path, &sb) == 0 && S_ISDIR(sb.st_mode);
	f->is_marked = f->mark == NULL || stat(f->mark, &sb) == 0;
}

/* True: it is the pool's. */
static bool folder_verdict(const struct folder_look *f, struct err *e)
{
	if (!f->is_there)
		return err_set(e, ERR_NOT_FOUND, "store_failed",
			       "the folder %s is not there: mount its disk, or "
			       "make it again",
			       f->path);
	if (!f->is_marked)
		return err_set(e, ERR_NOT_FOUND, "store_failed",
			       "the folder %s is not the one that holds the "
			       "backups (its README.txt is missing): mount its "
			       "disk",
			       f->path);
	return true;
}

static void folder_done(struct work *w)
{
	struct folder_look *f = folder_of(w);
	folder_cb *done = f->done;
	void *arg = f->arg;
	struct err e = {0};
	bool ok = folder_verdict(f, &e);

	folder_free(w);
	done(arg, ok ? NULL : &e);
}

static char *mark_of(const char *path)
{
	char key[LAYOUT_KEY_MAX];
	struct text t = {0};

	text_printf(&t, "%s/%s", path, layout_readme_key(key));
	return text_take(&t);
}

/* False: no memory, or *e filled. */
static bool folder_read(struct folder_look *f, const struct pool_record *p,
			struct err *e)
{
	json_t *config = record_json(p->config_json, "a pool's record", e);
	const char *path = json_string_value(json_object_get(config, "path"));

	if (path != NULL) {
		f->path = strdup(path);
		f->mark = opening_is_marked(p) ? mark_of(path) : NULL;
	}
	json_decref(config);
	return f->path != NULL && (f->mark != NULL || !opening_is_marked(p));
}

bool folder_is_one(const struct pool_record *p)
{
	return strcmp(p->storage_type, "local_directory") == 0;
}

struct folder_look *folder_look_start(struct jobs *j,
				      const struct pool_record *p,
				      folder_cb *done, void *arg, struct err *e)
{
	struct folder_look *f = calloc(1, sizeof(*f));

	if (f == NULL || !folder_read(f, p, e)) {
		if (!err_is(e))
			(void)err_nomem(e, "a look at a folder");
		if (f != NULL)
			folder_free(&f->work);
		return NULL;
	}
	f->work.run = folder_run;
	f->work.done = folder_done;
	f->done = done;
	f->arg = arg;
	workers_submit(j->config.bulk, &f->work);
	return f;
}

void folder_look_cancel(struct folder_look *f)
{
	if (f != NULL)
		work_abandon(&f->work, folder_free);
}
