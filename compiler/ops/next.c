/* One place of a sequence. The entry `next` computes one at a time: a call knows its place, and
 * what that needs of the places before it lies in a cache of the caller's from call to call. Ops of
 * this entry (TRAIT_NEXT) have no reference, as what they give depends on earlier calls; the entry
 * gives the bits that a prediction gives for the whole sequence. */
#include "rules.h"

static bool at_place_shape(Graph *g, Node *n) {
    if (!want_values(g, n, 0)) return false;
    Shape s = n->in[0]->type.shape;
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    if (axis >= s.rank) return op_error(g, n, 0, "wants an axis between 1 and %d", s.rank);
    s.dim[axis] = 1;
    n->type = type_moved(n->in[0], s);
    return true;
}

static const AttrSpec place_attrs[] = {MEMBER(AxisAttrs, axis, "axis", 1, MAX_RANK, 1)};

const Op op_at_place = {.name = "at_place",
                        .help = "the place of the call alone, of an axis",
                        .min_in = 1,
                        .max_in = 1,
                        HAS_ATTRS(AxisAttrs, place_attrs),
                        .shape = at_place_shape,
                        .backward_only = true,
                        .traits = TRAIT_COPIES | TRAIT_NEXT};
