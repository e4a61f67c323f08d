/* The command line of nngen: its commands, their options, and the check of a line. */
#ifndef NNGEN_COMMAND_LINE_H
#define NNGEN_COMMAND_LINE_H

#include "unit.h"

typedef enum Task { TASK_COMPILE, TASK_BUILD, TASK_DATA, TASK_NOTHING } Task;

/* Reads the line into unit->options. Shows help or the version if that is asked for
 * (TASK_NOTHING). What follows the first word `data` is another program's (TASK_DATA). Wrong usage
 * ends the program with a message and status 2. */
Task command_line(Unit *unit, int argc, char **argv);

#endif
