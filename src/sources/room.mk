noinst_LIBRARIES += libsources.a
libsources_a_SOURCES = \
	include/sources/address.h \
	include/sources/dump.h \
	include/sources/kinds.h \
	include/sources/load.h \
	src/sources/kinds.c \
	src/sources/op_int.h
if WITH_MYSQL
libsources_a_SOURCES += \
	src/sources/mysql/column.c \
	src/sources/mysql/column.h \
	src/sources/mysql/conn.c \
	src/sources/mysql/conn.h \
	src/sources/mysql/conn_int.h \
	src/sources/mysql/data.c \
	src/sources/mysql/dial.c \
	src/sources/mysql/dialog.c \
	src/sources/mysql/dialog.h \
	src/sources/mysql/dump.c \
	src/sources/mysql/dump_int.h \
	src/sources/mysql/fault.c \
	src/sources/mysql/fault.h \
	src/sources/mysql/grants.c \
	src/sources/mysql/grants.h \
	src/sources/mysql/list.c \
	src/sources/mysql/list.h \
	src/sources/mysql/mysql.c \
	src/sources/mysql/mysql.h \
	src/sources/mysql/names.c \
	src/sources/mysql/objects.c \
	src/sources/mysql/objects.h \
	src/sources/mysql/op.c \
	src/sources/mysql/op.h \
	src/sources/mysql/order.c \
	src/sources/mysql/order.h \
	src/sources/mysql/out.c \
	src/sources/mysql/out.h \
	src/sources/mysql/post.c \
	src/sources/mysql/prepare.c \
	src/sources/mysql/probe.c \
	src/sources/mysql/program.c \
	src/sources/mysql/program.h \
	src/sources/mysql/quote.c \
	src/sources/mysql/quote.h \
	src/sources/mysql/recheck.c \
	src/sources/mysql/rights.c \
	src/sources/mysql/rights.h \
	src/sources/mysql/rows.c \
	src/sources/mysql/rows.h \
	src/sources/mysql/schema.c \
	src/sources/mysql/server.c \
	src/sources/mysql/server.h \
	src/sources/mysql/sessions.c \
	src/sources/mysql/sessions.h \
	src/sources/mysql/settings.c \
	src/sources/mysql/settings.h \
	src/sources/mysql/snapshot.c
endif
