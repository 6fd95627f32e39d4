noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	include/model/names.h \
	include/model/records.h \
	include/model/runs.h \
	include/model/scope.h \
	src/model/names.c \
	src/model/records.c \
	src/model/runs.c \
	src/model/scope.c \
	src/model/scope_int.h \
	src/model/scope_pattern.c \
	src/model/strings.c \
	src/model/strings_int.h
