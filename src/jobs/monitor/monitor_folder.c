/* monitor_folder.c - is the folder of a pool there? A listing of one that is
 * not is empty, since folders are made when they are needed; but when its disk
 * is not mounted, the pool is away, even if its mount point is there. On a
 * worker: a look may sleep. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "jobs/monitor/monitor_int.h"
#include "loop/workers.h"
#include "manifest/layout.h"

struct folder_look {
	struct work work; /* first */
	struct look *look;
	folder_cb *done;
	char *path;
	char *mark; /* a file that must be in it; NULL: none */
	bool is_there;
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

	f->is_there = stat(f->path, &sb) == 0 && S_ISDIR(sb.st_mode) &&
		      (f->mark == NULL || stat(f->mark, &sb) == 0);
}

static void folder_done(struct work *w)
{
	struct folder_look *f = folder_of(w);
	struct look *k = f->look;
	folder_cb *done = f->done;
	bool is_there = f->is_there;

	k->folder = NULL;
	folder_free(w);
	done(k, is_there);
}

static char *mark_of(const char *path)
{
	char key[LAYOUT_KEY_MAX];
	struct text t = {0};

	text_printf(&t, "%s/%s", path, layout_readme_key(key));
	return text_take(&t);
}

bool folder_look_start(struct look *k, const char *path, bool is_marked,
		       folder_cb *done)
{
	struct folder_look *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return false;
	f->path = strdup(path);
	f->mark = is_marked ? mark_of(path) : NULL;
	if (f->path == NULL || (is_marked && f->mark == NULL)) {
		folder_free(&f->work);
		return false;
	}
	f->work.run = folder_run;
	f->work.done = folder_done;
	f->look = k;
	f->done = done;
	k->folder = f;
	workers_submit(k->round->jobs->config.blocking, &f->work);
	return true;
}

void folder_look_cancel(struct folder_look *f)
{
	if (f != NULL)
		work_abandon(&f->work, folder_free);
}
