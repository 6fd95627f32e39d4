noinst_LIBRARIES += libstores.a
libstores_a_SOURCES = \
	include/stores/probe.h \
	include/stores/store.h \
	src/stores/dir/dir.c \
	src/stores/dir/dir_int.h \
	src/stores/dir/get.c \
	src/stores/dir/leftovers.c \
	src/stores/dir/leftovers.h \
	src/stores/dir/list.c \
	src/stores/dir/path.c \
	src/stores/dir/path.h \
	src/stores/dir/put.c \
	src/stores/dir/remove.c \
	src/stores/dir/walk.c \
	src/stores/dir/walk.h \
	src/stores/kinds.c \
	src/stores/probe.c \
	src/stores/probe_int.h \
	src/stores/s3/list.c \
	src/stores/s3/object.c \
	src/stores/s3/remove.c \
	src/stores/s3/s3.c \
	src/stores/s3/s3_int.h \
	src/stores/store_int.h
