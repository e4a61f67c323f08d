/* Runs a program on a pseudo-terminal and prints the lines that a person would have seen.
 *
 * usage: terminal COLUMNS[,COLUMNS...] COMMAND [ARGUMENT...]
 *
 * Each line of the output begins with what happened to a line of the terminal:
 *   drawn    it was drawn and then drawn over
 *   left     it stayed
 *   wrapped  its text reached the last column
 *   escape   a control sequence other than "clear to the end of the line"
 * Of several numbers of columns the terminal takes the next one after each fifth line drawn over.
 * The exit status is the program's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WIDEST = 1000, DRAWN_PER_SIZE = 5 };

static int master, columns, column, length, drawn;
static char cells[WIDEST + 1];
static const char *sizes;

static void next_size(void) {
    if (!*sizes) return;
    columns = (int)strtol(sizes, (char **)&sizes, 10);
    if (*sizes == ',') sizes++;
    struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    if (ioctl(master, TIOCSWINSZ, &size) != 0) perror("TIOCSWINSZ");
    const char *said = getenv("COLUMNS");
    if (columns == 0) columns = said ? atoi(said) : 80;
}

static void tell(const char *what) {
    printf("%s %.*s\n", what, length, cells);
}

static void clear(void) {
    length = column = 0;
}

static void put(char c) {
    if (column >= columns - 1) {
        tell("wrapped");
        clear();
    }
    while (length < column) cells[length++] = ' ';
    cells[column++] = c;
    if (column > length) length = column;
}

/* A line that is drawn over is cleared after the new text. */
static void drawn_over(void) {
    if (!length) return;
    tell("drawn");
    if (++drawn % DRAWN_PER_SIZE == 0) next_size();
    length = 0;
}

/* `state`: characters of an escape sequence seen so far. */
static void see(char c, int *state) {
    static const char clear_line[] = "\033[K";
    if (c == clear_line[*state]) {
        if (++*state < 3) return;
        if (column == 0) drawn_over();
        length = column;
        *state = 0;
        return;
    }
    if (*state) tell("escape");
    *state = 0;
    if (c == '\r') {
        column = 0;
    } else if (c == '\n') {
        tell("left");
        clear();
    } else {
        if (column == 0) drawn_over();
        put(c);
    }
}

static int open_slave(void) {
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return -1;
    return open(ptsname(master), O_RDWR);
}

static void run(int slave, char **command) {
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) dup2(slave, fd);
    if (slave > 2) close(slave);
    close(master);
    execvp(*command, command);
    perror(*command);
    _exit(127);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const int slave = open_slave();
    if (slave < 0) return perror("pseudo-terminal"), 77;
    sizes = argv[1];
    next_size();
    const pid_t child = fork();
    if (child < 0) return perror("fork"), 1;
    if (child == 0) run(slave, argv + 2);
    close(slave);
    char bytes[4096];
    int state = 0;
    /* The end of a pseudo-terminal is an error. */
    for (ssize_t n; (n = read(master, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < n; i++) see(bytes[i], &state);
    if (length) tell("left");
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
