/* What was made, and how a network reads it. */
#ifndef CONVERT_SUMMARY_H
#define CONVERT_SUMMARY_H

#include "reader.h"

/* Writes it to standard output; warnings go to standard error. */
void summary(const Job *job, const Reader *reader);

#endif
