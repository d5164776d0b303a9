// malloc_trim(3), which the module Glibc leaves out.
#include <malloc.h>
