/*
 * Tries, from inside the confinement of an opener and of a job, what must not work. Each attempt has
 * a child of its own; it fails if the call is refused, or the kernel ends the child for it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/opener.h"
#include "worker/sandbox.h"

/* None is 0: with that a program ends that execute() has started. */
enum { REFUSED = 10, ALLOWED, NOT_TRIED };

/* Each: true if it worked. */
static bool open_other_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool create_file(void)
{
    return open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0;
}

static bool make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool execute(void)
{
    char *argv[] = {NULL, NULL}, name[] = "/bin/true";
    argv[0] = name;
    execve(name, argv, argv + 1);
    return false;
}

static bool trace_other(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool signal_other(void)
{
    return kill(getppid(), 0) == 0;
}

static bool fork_again(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(REFUSED);
    return pid > 0;
}

static bool lift_limits(void)
{
    return alarm(0) != 0;
}

static bool run_code(void)
{
    return syscall(SYS_mmap, NULL, 4096, 5 /* read, execute */, 0x22, -1, 0) != -1;
}

static const struct check {
    const char *what;
    bool (*attempt)(void);
    enum { OPENER, JOB, PARENT } from;
} checks[] = {
    {"opening a file that isn't evidence", open_other_file, OPENER},
    {"creating a file", create_file, OPENER},
    {"opening a network connection", make_socket, OPENER},
    {"starting a program", execute, OPENER},
    {"tracing another process", trace_other, OPENER},
    {"signalling another process", signal_other, OPENER},
    {"executing memory of its own", run_code, OPENER},
    {"forking from a job", fork_again, JOB},
    {"lifting a job's time limit", lift_limits, JOB},
    {"writing elsewhere than case and report", create_file, PARENT},
    {"opening a network connection", make_socket, PARENT},
    {"starting a program from a case", execute, PARENT},
};

static _Noreturn void attempt(const struct check *c, pid_t parent, bool folder)
{
    static const char *const files[] = {"/usr/case.bridle", NULL};
    if (c->from == PARENT)
        _exit(!worker_confine_parent(files, false) ? NOT_TRIED : c->attempt() ? ALLOWED : REFUSED);
    struct sandbox s;
    struct err e = {0};
    int fd = open(folder ? "/usr" : "/dev/null", O_RDONLY | O_CLOEXEC);
    sandbox_opener(&s, fd, folder);
    if (s.level == CONFINED_NONE || (c->from == JOB && !sandbox_job(&s, parent, 10, 64 << 20, &e)))
        _exit(NOT_TRIED);
    _exit(c->attempt() ? ALLOWED : REFUSED);
}

static bool passes(FILE *f, const struct check *c, bool folder)
{
    int status = 0;
    pid_t parent = getpid();
    fflush(f);
    pid_t pid = fork();
    if (pid == 0)
        attempt(c, parent, folder);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        fprintf(f, "failed   %s: no process\n", c->what);
        return false;
    }
    const char *evidence = c->from == PARENT ? "the program itself"
                           : folder          ? "evidence is a folder"
                                             : "evidence is a file";
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    bool refused = WIFEXITED(status) && WEXITSTATUS(status) == REFUSED;
    if (killed || refused)
        fprintf(f, "stopped  %s (%s): %s\n", c->what, evidence, killed ? "ended" : "refused");
    else
        fprintf(f, "FAILED   %s (%s): not stopped\n", c->what, evidence);
    return killed || refused;
}

bool worker_selftest(FILE *f)
{
    bool ok = true;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        ok &= passes(f, &checks[i], true);
        if (checks[i].from != PARENT)
            ok &= passes(f, &checks[i], false);
    }
    return ok;
}
