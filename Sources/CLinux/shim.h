#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Headers that Swift's Glibc module leaves out, and calls that are variadic. */
static inline int guild_linux_eventfd(void) { return eventfd(0, EFD_CLOEXEC); }
static inline int guild_linux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
static inline int guild_linux_inotify(void) { return inotify_init1(IN_CLOEXEC); }
static inline unsigned long guild_linux_file_system_type(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (unsigned long)status.f_type : 0;
}
/* No core dump and no ptrace by the same user: for processes that hold secrets. */
static inline int guild_linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
