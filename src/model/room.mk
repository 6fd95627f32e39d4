noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	include/model/event_link.h \
	include/model/names.h \
	include/model/packs.h \
	include/model/plan.h \
	include/model/records.h \
	include/model/retention.h \
	include/model/runs.h \
	include/model/scope.h \
	include/model/timer.h \
	src/model/cron.c \
	src/model/event_link.c \
	src/model/names.c \
	src/model/packs.c \
	src/model/plan.c \
	src/model/records.c \
	src/model/retention.c \
	src/model/runs.c \
	src/model/scope.c \
	src/model/scope_int.h \
	src/model/scope_keys.c \
	src/model/scope_paths.c \
	src/model/scope_pattern.c \
	src/model/strings.c \
	src/model/strings_int.h \
	src/model/timer.c \
	src/model/timer_format.c \
	src/model/timer_int.h \
	src/model/timer_json.c \
	src/model/timer_words.c
