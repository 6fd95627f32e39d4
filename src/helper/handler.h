/* handler.h - one connection, which is one program, from its first byte to its
 * end; it has a process of its own. */
#ifndef COFFER_HELPER_HANDLER_H
#define COFFER_HELPER_HANDLER_H

/* Serves it: looks at the peer, reads the configuration, receives the request,
 * runs the program, tells its end. Returns when all is over. fd stays open. */
void handler_serve(int fd, const char *config);

#endif
