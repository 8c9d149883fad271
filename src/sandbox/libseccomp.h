/* libseccomp.h - libseccomp, which writes the filter: loaded by the process that workers are forked
 * from, so that the pools are a library that needs no other. Private to calls.c.
 */
#ifndef SANDBOX_LIBSECCOMP_H
#define SANDBOX_LIBSECCOMP_H

#include <stdbool.h>

#include <seccomp.h>

/* clang-format off */
#define LIBSECCOMP_FUNCTIONS(f) \
	f(seccomp_attr_set) \
	f(seccomp_export_bpf) \
	f(seccomp_init) \
	f(seccomp_release) \
	f(seccomp_rule_add_array) \
	f(seccomp_syscall_resolve_name)
/* clang-format on */

struct libseccomp {
#define LIBSECCOMP_MEMBER(name) __typeof__(name) *(name);
	LIBSECCOMP_FUNCTIONS(LIBSECCOMP_MEMBER)
#undef LIBSECCOMP_MEMBER
};

/* Stays loaded. False if it is not to be had. Thread-safe. */
bool libseccomp_load(struct libseccomp *library);

#endif
