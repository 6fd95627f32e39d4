noinst_LIBRARIES += libscheduler.a
libscheduler_a_SOURCES = src/scheduler/scheduler.c src/scheduler/decide.c \
	src/scheduler/zones.c src/scheduler/alarm.c \
	src/scheduler/decide.h src/scheduler/zones.h src/scheduler/alarm.h \
	include/scheduler/scheduler.h
