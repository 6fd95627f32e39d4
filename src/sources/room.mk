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
	src/sources/mysql/dial.c \
	src/sources/mysql/dialog.c \
	src/sources/mysql/dialog.h \
	src/sources/mysql/fault.c \
	src/sources/mysql/fault.h \
	src/sources/mysql/mysql.c \
	src/sources/mysql/mysql.h \
	src/sources/mysql/names.c \
	src/sources/mysql/op.c \
	src/sources/mysql/op.h \
	src/sources/mysql/probe.c \
	src/sources/mysql/quote.c \
	src/sources/mysql/quote.h \
	src/sources/mysql/server.c \
	src/sources/mysql/server.h
endif
