#include "family.h"

#define FAMILY(name) extern const Family family_##name;
#include "families.def"
#undef FAMILY

const Family *const all_families[] = {
#define FAMILY(name) &family_##name,
#include "families.def"
#undef FAMILY
    NULL};
