/* Keys of the metadata in data files, written by nngen data: each is followed by the name of a
 * field, without its split, and has JSON as its value. */
#ifndef COMMON_DATAMETA_H
#define COMMON_DATAMETA_H

/* Of a label: the names of its classes, in order. ["airplane","automobile"] */
#define DATA_META_CLASSES "classes."
/* Of a text: its characters, in the order of their numbers. ["\n"," ","a"] */
#define DATA_META_VOCABULARY "vocabulary."
/* Of a table's numbers: the columns' names, in order. ["carat","depth"] */
#define DATA_META_COLUMNS "columns."
/* Of a table's numbers: what stands for an empty cell of a column. {"depth":61.5} */
#define DATA_META_MISSING "missing."
/* Of sounds: samples in a second. 16000 */
#define DATA_META_RATE "rate."

#endif
