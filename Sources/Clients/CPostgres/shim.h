#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

// Declared by pthread.h for GNU sources only, which Swift's importer does not ask for.
int pthread_setname_np(pthread_t thread, const char *name);
