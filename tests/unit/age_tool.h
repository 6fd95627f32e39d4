/* age_tool.h - our own age as a filter, for age_oracle.sh. */
#ifndef COFFER_TESTS_AGE_TOOL_H
#define COFFER_TESTS_AGE_TOOL_H

/* "seal RECIPIENT..." or "open IDENTITIES": standard input to standard output.
 * Returns the exit status. */
int age_tool(int argc, char **argv);

#endif
