# Unit tests of the room scheduler.
check_PROGRAMS += tests/unit/test_scheduler tests/unit/test_scheduler_decide

# The house of jobs, with the fake engine.
tests_unit_test_scheduler_SOURCES = tests/unit/test_scheduler.c $(JOBS_HOUSE)
tests_unit_test_scheduler_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_scheduler_LDADD = libscheduler.a $(JOBS_HOUSE_LIBS)
tests_unit_test_scheduler_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=alarm_set \
	-Wl,--wrap=catalog_plan_due

tests_unit_test_scheduler_decide_SOURCES = tests/unit/test_scheduler_decide.c
tests_unit_test_scheduler_decide_LDADD = $(SCHEDULER_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_scheduler_alarm
tests_unit_test_scheduler_alarm_SOURCES = tests/unit/test_scheduler_alarm.c \
	$(JOBS_HOUSE)
tests_unit_test_scheduler_alarm_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tests/fakes
tests_unit_test_scheduler_alarm_LDADD = libscheduler.a $(JOBS_HOUSE_LIBS)
tests_unit_test_scheduler_alarm_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=timerfd_create -Wl,--wrap=timerfd_settime -Wl,--wrap=read
