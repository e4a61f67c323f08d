/* Runs a whole command line: reads it, checks it, calls the command. */
#define _XOPEN_SOURCE 700
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "names.h"
#include "peers.h"

#define COMMAND(id, name, ...) name##_command,
static bool (*const runs[])(const NnModel *, const Options *) = {
#include "commands.def"
};
#undef COMMAND

static Status run(const NnModel *model, int argc, char **argv) {
    Options options;
    if (model->abi != NN_ABI) {
        problem("generated for version %d of model.h, this program has version %d", model->abi,
                NN_ABI);
        return STATUS_FAILED;
    }
    Status status = options_parse(&options, model, argc, argv);
    if (status != STATUS_OK) return status;
    const Command *command = options.command;
    if (command && !names_differ(model, &options)) return STATUS_USAGE;
    if (command && command->shared) peers_work((double)options.number[OPTION_PEER_TIMEOUT]);
    bool ok = true;
    if (option_given(&options, OPTION_HELP))
        options_help(model, &options);
    else if (!command)
        printf("%s, made by nngen %s\n", model->name, model->version);
    else if (peers_rank() > 0 && !command->shared)
        ok = true; /* process 0 does it */
    else if (command->needs_phase && model->n_phases == 0)
        ok = problem("model \"%s\" has no training phase", model->name);
    else
        ok = runs[command->id](model, &options);
    if (ok && (fflush(stdout) != 0 || ferror(stdout)))
        ok = problem("cannot write to standard output: %s", strerror(errno));
    return ok ? STATUS_OK : STATUS_FAILED;
}

/* A closed standard stream is opened, so that no later file gets its number and with it the output.
 * It is opened for reading, so that printing still fails. */
static void replace_closed_streams(void) {
    int fd;
    do fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int run_program(const NnModel *model, int argc, char **argv) {
    replace_closed_streams();
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the file size limit (ulimit -f) fails */
    size_t mark = memory_mark();
    report_program(model->name);
    const int status = peers_leave(peers_join() ? (int)run(model, argc, argv) : STATUS_FAILED);
    memory_release(mark);
    return status;
}
