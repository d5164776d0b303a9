// What threads of the clients use of Linux and Swift's Glibc module does not have.
#ifndef BOX_OFFICE_CLINUX_SHIM_H
#define BOX_OFFICE_CLINUX_SHIM_H

#include <sys/eventfd.h>
#include <sys/prctl.h>

// The name that top(1) and debuggers show for the calling thread, up to 15 characters.
static inline void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif
