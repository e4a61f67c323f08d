/* What the classes of a split are taken for. */
#ifndef NN_RUNTIME_CONFUSION_H
#define NN_RUNTIME_CONFUSION_H

#include "engine.h"

/* A prediction of classes against the label that it is of. */
typedef struct Confusion {
    const char *prediction, *label;
    int classes;
    const char *const *names; /* of the classes; NULL: they are numbers */
    int64_t *counts;          /* [label][prediction] */
    int64_t unknown;          /* samples whose prediction is not finite */
} Confusion;

/* The field that is the label of a prediction of classes: that of its name or, if only one label
 * has as many classes, that one. -1: that is not known. */
int confusion_label(const NnModel *model, const NnOutput *prediction);

/* Counts a split, for each prediction of classes that has a label. Returns the number of them, 0
 * after a message. */
int confusion_count(Engine *engine, const Split *split, Confusion **all);

/* Of the samples that were taken for the class those that are of it, and of those that are of it
 * those that were taken for it; F1 is the harmonic mean of both. NaN where there are no such
 * samples. */
double confusion_precision(const Confusion *c, int class);
double confusion_recall(const Confusion *c, int class);
double confusion_f1(const Confusion *c, int class);

/* The name of a class, clean for a terminal. */
const char *confusion_class(const Confusion *c, int class);

/* As tables for people, as JSON, and as a picture in F.svg; the last is false after a message. */
void confusion_print(const Confusion *c);
json_t *confusion_json(const Confusion *c);
bool confusion_plot(const Confusion *all, int n, const char *title, const char *path);

#endif
