/*
 * Landlock by raw system calls (Debian 12's header stops at ABI 2), seccomp by libseccomp.
 *
 * Two filters stack: the opener's is an allow-list with kill as default; a job adds one that takes
 * away what only the opener needs. Landlock does not see stat() or descriptors that are open already,
 * so neither is enough alone: without Landlock the level is `partial`, without seccomp `none`.
 */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <math.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A sanitizer's run-time needs maps, signal stacks and shadow memory of terabytes. */
#ifdef BRIDLE_SANITIZED
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#define UNKNOWN_INHERITED (UINT64_C(1) << 30)

void sandbox_no_dumps(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (!SANITIZED) /* the leak checker attaches to its own process */
        prctl(PR_SET_DUMPABLE, 0);
}

void sandbox_close_others(int first)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++)
        if (null >= 0 && !(SANITIZED && fd == 2))
            dup2(null, fd);
    close_range((unsigned)first, ~0u, 0);
}

/* -- Landlock -- */

/* As in ABI 6; older kernels take the beginning of it. */
struct ruleset {
    uint64_t fs, net, scoped;
};

/* What the kernel's ABI can handle: all of it is handled, hence forbidden. */
static size_t everything(int abi, struct ruleset *r)
{
    r->fs = abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : abi == 2 ? 0x3fff : 0x1fff;
    r->net = abi >= 4 ? 3 : 0;
    r->scoped = abi >= 6 ? 3 : 0; /* abstract sockets, signals */
    return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

/* The rights of this kernel; *size of the structure it takes. 0: no Landlock. */
static int kernel_rights(struct ruleset *all, size_t *size)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return 0;
    *size = everything(abi, all);
    return abi;
}

static bool allow_below(int ruleset, int fd, uint64_t rights)
{
    struct landlock_path_beneath_attr below = {.allowed_access = rights, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0;
}

static bool landlock(int evidence_fd, bool folder)
{
    struct ruleset all;
    size_t size;
    if (!kernel_rights(&all, &size))
        return false;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (fd < 0)
        return false;
    bool ok = !folder || allow_below(fd, evidence_fd,
                                     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    ok = ok && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return ok;
}

#define TRUNCATE (UINT64_C(1) << 14)  /* from ABI 3 */
#define IOCTL_DEV (UINT64_C(1) << 15) /* from ABI 5; the terminal's echo needs it */

/* What isn't there can't be allowed: it will be missed, and said, when it is to be written. */
static bool allow_path(int ruleset, const char *path, uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true;
    bool ok = allow_below(ruleset, fd, rights);
    close(fd);
    return ok;
}

static bool allow_folder_of(int ruleset, const char *file, uint64_t rights)
{
    char folder[4096];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) + 1 : 1,
             slash ? file : ".");
    return allow_path(ruleset, folder, rights);
}

/* False where Landlock isn't there. */
static bool parent_files(const char *const *files, bool exec)
{
    struct ruleset all;
    size_t size;
    if (!kernel_rights(&all, &size))
        return false;
    all.fs &= ~(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | IOCTL_DEV);
    all.scoped = 0; /* its own children are all that it signals */
    uint64_t writing = all.fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
    if (exec)
        all.fs = writing;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (ruleset < 0)
        return false;
    /* The prompt for a password; what a child without a terminal gets for one. */
    uint64_t device = writing & (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE);
    bool ok = allow_path(ruleset, "/dev/tty", device) && allow_path(ruleset, "/dev/null", device);
    for (; ok && *files; files++)
        ok = allow_folder_of(ruleset, *files, writing);
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}

/* -- seccomp -- */

static const int allowed[] = {
    /* reading evidence, talking to the parent */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(getdents64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    /* what glibc asks for by itself */
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* the opener's own work: a job's second filter takes it away */
    SCMP_SYS(wait4),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(readlinkat),
    SCMP_SYS(faccessat),
};

static const int allowed_sanitized[] = {
    SCMP_SYS(sigaltstack),     SCMP_SYS(readlink),   SCMP_SYS(sched_yield), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(uname),      SCMP_SYS(prlimit64),   SCMP_SYS(prctl),
    SCMP_SYS(mprotect),        SCMP_SYS(mmap),       SCMP_SYS(kill),        SCMP_SYS(tgkill),
    SCMP_SYS(getuid),          SCMP_SYS(arch_prctl), SCMP_SYS(access),      SCMP_SYS(ioctl),
};

/* Only the opener's: forbidden in a job. */
static const int not_in_jobs[] = {
    SCMP_SYS(clone),     SCMP_SYS(clone3),  SCMP_SYS(fork),  SCMP_SYS(vfork),
    SCMP_SYS(wait4),     SCMP_SYS(recvmsg), SCMP_SYS(alarm), SCMP_SYS(seccomp),
    SCMP_SYS(setitimer), SCMP_SYS(poll),    SCMP_SYS(ppoll),
};

/* Calls that are allowed for some values of an argument only. */
static int add_conditional(scmp_filter_ctx f, bool folder)
{
    /* No file is mapped, and nothing is ever executable. */
    int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                               SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Plain fork() and nothing else of clone; clone3's flags are out of a filter's sight. */
    bad |=
        seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_EQ, CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD));
    bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 1,
                            SCMP_A0(SCMP_CMP_EQ, 1 /* SECCOMP_SET_MODE_FILTER */));
    if (!SANITIZED) {
        bad |=
            seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
                             SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG), SCMP_A1(SCMP_CMP_EQ, SIGKILL));
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                SCMP_A0(SCMP_CMP_EQ, 0 /* itself */));
        /* abort() only needs to fail: the instruction after it ends the process. */
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 0);
    }
    if (folder)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ,
                                        O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY),
                                        O_RDONLY));
    else if (SANITIZED)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0);
    return bad;
}

static scmp_filter_ctx opener_filter(bool folder)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int bad = !f;
    for (size_t i = 0; !bad && i < sizeof allowed / sizeof *allowed; i++)
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; !bad && SANITIZED && i < sizeof allowed_sanitized / sizeof(int); i++)
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed_sanitized[i], 0);
    if (!bad && !add_conditional(f, folder))
        return f;
    seccomp_release(f);
    return NULL;
}

static scmp_filter_ctx job_filter(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    int bad = !f;
    for (size_t i = 0; !bad && i < sizeof not_in_jobs / sizeof(int); i++)
        bad = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, not_in_jobs[i], 0);
    if (!bad && !SANITIZED) {
        bad = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(prlimit64), 0);
        bad |= seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(prctl), 0);
        /* The alarm must not be caught or held back. abort() tries and does without. */
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(rt_sigaction), 0);
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(rt_sigprocmask), 0);
    }
    if (!bad)
        return f;
    seccomp_release(f);
    return NULL;
}

static bool load(scmp_filter_ctx f)
{
    return f && seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0) == 0 && seccomp_load(f) == 0;
}

/* Landlock knows the network only from ABI 4 on. */
static bool parent_network(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = f &&
              seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
                               SCMP_A0(SCMP_CMP_NE, AF_UNIX)) == 0 &&
              seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0) == 0 &&
              load(f);
    seccomp_release(f);
    return ok;
}

bool worker_confine_parent(const char *const *files, bool exec)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && parent_files(files, exec) &&
           parent_network();
}

/* Address space that the opener uses now: a job starts with as much. */
static uint64_t inherited(int statm)
{
    char text[64] = "";
    if (statm < 0 || pread(statm, text, sizeof text - 1, 0) <= 0)
        return UNKNOWN_INHERITED;
    return strtoull(text, NULL, 10) * (uint64_t)getpagesize();
}

void sandbox_opener(struct sandbox *s, int evidence_fd, bool folder)
{
    scmp_filter_ctx f = opener_filter(folder);
    s->job_filter = job_filter();
    s->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    sandbox_no_dumps();
    /* Soft only, so that jobs can have their own. */
    struct rlimit space = {inherited(s->statm) + OPENER_MEMORY, RLIM_INFINITY};
    if (!SANITIZED)
        setrlimit(RLIMIT_AS, &space);
    bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    bool files = landlock(evidence_fd, folder);
    ok = ok && s->job_filter && load(f);
    seccomp_release(f);
    s->level = !ok ? CONFINED_NONE : files && !SANITIZED ? CONFINED_FULL : CONFINED_PARTIAL;
}

bool sandbox_job(const struct sandbox *s, pid_t opener, double seconds, uint64_t memory,
                 struct err *e)
{
    unsigned whole = seconds < 1 ? 1 : seconds > 1e6 ? 1000000 : (unsigned)ceil(seconds);
    uint64_t space = inherited(s->statm);
    if (__builtin_add_overflow(space, memory, &space))
        space = RLIM_INFINITY;
    struct rlimit cpu = {whole, whole + 1}, as = {space, space};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != opener)
        return err_set(e, ERR_STOP, "the opener is gone");
    if (setrlimit(RLIMIT_CPU, &cpu) != 0 || (!SANITIZED && setrlimit(RLIMIT_AS, &as) != 0))
        return err_io(e, "limits");
    alarm(whole);
    if (s->level != CONFINED_NONE && !load(s->job_filter))
        return err_set(e, ERR_UNSUPPORTED, "the job could not be confined");
    return true;
}
