noinst_LIBRARIES += libstages.a
libstages_a_SOURCES =
