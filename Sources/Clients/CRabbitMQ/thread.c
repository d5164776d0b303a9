#define _GNU_SOURCE
#include "CRabbitMQ.h"

#include <pthread.h>
#include <sys/eventfd.h>

int crabbit_wakeup_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void crabbit_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
