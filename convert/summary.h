/* What was made, and how a network reads it. */
#ifndef CONVERT_SUMMARY_H
#define CONVERT_SUMMARY_H

#include "reader.h"

/* Writes it to standard output. */
void summary(const Job *job, const Reader *reader);

/* Writes to standard error what will go wrong in training. */
void warnings(const Job *job);

#endif
