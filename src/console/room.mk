noinst_LIBRARIES += libconsole.a
libconsole_a_SOURCES = \
	include/console/console.h \
	src/console/console.c \
	src/console/console_int.h \
	src/console/load.c
nodist_libconsole_a_SOURCES = src/console/files.c

# All that a browser may ask for, one a line: embedded, distributed, and held
# against the folder and the bound of its size by tests/console_files.py.
CONSOLE_FILES = \
	src/console/app/api.js \
	src/console/app/data.js \
	src/console/app/format.js \
	src/console/app/i18n/en.js \
	src/console/app/i18n/index.js \
	src/console/app/i18n/zh.js \
	src/console/app/intl.js \
	src/console/app/lib.js \
	src/console/app/links.js \
	src/console/app/live.js \
	src/console/app/main.js \
	src/console/app/pages/backup.js \
	src/console/app/pages/backup_acts.js \
	src/console/app/pages/backup_cells.js \
	src/console/app/pages/backup_contents.js \
	src/console/app/pages/backup_new.js \
	src/console/app/pages/backup_scope.js \
	src/console/app/pages/backup_stored.js \
	src/console/app/pages/backups.js \
	src/console/app/pages/backups.text.js \
	src/console/app/pages/byhand.js \
	src/console/app/pages/events.js \
	src/console/app/pages/events.text.js \
	src/console/app/pages/instance_form.js \
	src/console/app/pages/instances.js \
	src/console/app/pages/instances.text.js \
	src/console/app/pages/job_parts.js \
	src/console/app/pages/jobs.js \
	src/console/app/pages/jobs.text.js \
	src/console/app/pages/login.js \
	src/console/app/pages/overview.js \
	src/console/app/pages/overview.text.js \
	src/console/app/pages/phases.text.js \
	src/console/app/pages/plan.js \
	src/console/app/pages/plan_acts.js \
	src/console/app/pages/plan_expiry.js \
	src/console/app/pages/plan_form.js \
	src/console/app/pages/plan_keep.js \
	src/console/app/pages/plan_new.js \
	src/console/app/pages/plan_review.js \
	src/console/app/pages/plan_when.js \
	src/console/app/pages/plan_words.js \
	src/console/app/pages/plans.js \
	src/console/app/pages/plans.text.js \
	src/console/app/pages/pool_form.js \
	src/console/app/pages/pools.js \
	src/console/app/pages/pools.text.js \
	src/console/app/pages/restore_check.js \
	src/console/app/pages/restore_form.js \
	src/console/app/pages/restore_new.js \
	src/console/app/pages/restore_parts.js \
	src/console/app/pages/restore_target.js \
	src/console/app/pages/restores.js \
	src/console/app/pages/restores.text.js \
	src/console/app/pages/scope.text.js \
	src/console/app/pages/settings.js \
	src/console/app/pages/settings.text.js \
	src/console/app/pages/tokens.js \
	src/console/app/pages/zones.js \
	src/console/app/router.js \
	src/console/app/saved.js \
	src/console/app/session.js \
	src/console/app/shell.js \
	src/console/app/theme.js \
	src/console/app/ui/badge.js \
	src/console/app/ui/button.js \
	src/console/app/ui/chart.js \
	src/console/app/ui/chips.js \
	src/console/app/ui/code.js \
	src/console/app/ui/dialog.js \
	src/console/app/ui/filters.js \
	src/console/app/ui/form.js \
	src/console/app/ui/heatmap.js \
	src/console/app/ui/index.js \
	src/console/app/ui/page.js \
	src/console/app/ui/steps.js \
	src/console/app/ui/table.js \
	src/console/app/ui/tabs.js \
	src/console/app/ui/time.js \
	src/console/app/ui/toast.js \
	src/console/docs.html \
	src/console/docs/docs.css \
	src/console/docs/docs.js \
	src/console/docs/schema.js \
	src/console/docs/try.js \
	src/console/index.html \
	src/console/style.css \
	src/console/vendor/SHA256SUMS \
	src/console/vendor/preact.js \
	src/console/vendor/uplot.js

EXTRA_DIST += $(CONSOLE_FILES) src/console/embed.sh
CLEANFILES += src/console/files.c

# The list itself stands in the Makefile.
src/console/files.c: Makefile $(CONSOLE_FILES) src/console/embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/console && \
	$(SHELL) $(srcdir)/src/console/embed.sh $(srcdir) \
		$(CONSOLE_FILES) >$@.tmp && mv $@.tmp $@
