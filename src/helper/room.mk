# The program coffer-helper, alone: all of it but main.c is a library for its
# tests.
noinst_LIBRARIES += libhelper.a
libhelper_a_SOURCES = \
	src/helper/child.c src/helper/child.h \
	src/helper/command.c src/helper/command.h \
	src/helper/fence.c src/helper/fence.h \
	src/helper/guests.c src/helper/guests.h \
	src/helper/handler.c src/helper/handler.h \
	src/helper/listener.c src/helper/listener.h \
	src/helper/owner.c src/helper/owner.h \
	src/helper/places.c src/helper/places.h \
	src/helper/request.c src/helper/request.h \
	src/helper/settings.c src/helper/settings.h \
	src/helper/trust.c src/helper/trust.h
