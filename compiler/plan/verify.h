/* The invariants of a plan, pass by pass. Each function ends the program with bug() at the first
 * that fails, named with kernel, node and the node's line in the architecture file: a mistake of
 * nngen's. */
#ifndef NNGEN_PLAN_VERIFY_H
#define NNGEN_PLAN_VERIFY_H

#include "plan.h"

/* After `layout`:
 * L1 a value's layout has as many elements as its shape, and rows that hold its channels;
 * L2 memory is shared only with a value that has memory of its own, in the same layout;
 * L3 a parameter's form has as many elements as its shape;
 * L4 parameters lie in the state one after the other, each at a multiple of 16 floats;
 * L5 a phase's ranges cover what it trains and nothing else; gradients lie apart. */
void plan_verify_layouts(const Plan *plan);

/* After `choose`:
 * F1 a node that is computed has a family that fits, or is a pool's gradient that nobody reads but
 *    families that go through the pool; nodes that are memory have none;
 * F2 each role has a family;
 * F3 (`fuse`) what joined a kernel reads a value of that kernel; all else that it reads comes
 * before. */
void plan_verify_families(const Plan *plan);

/* After `stages`:
 * S1 a value is not before what it is made of, and after the sums of the batch that it needs. */
void plan_verify_stages(const Plan *plan);

/* After `kernels`:
 * K1 each node that has a family is computed by a kernel of the entry: in its kernel's list once;
 * K2 no kernel writes a field or the state; none reads an output;
 * K3 kernel and buffer have equally many parts; a part is one of its whole;
 * K4 a buffer is as large as what it holds;
 * K5 what is read is written by a kernel; sums and outputs are, once each;
 * K6 the gradient of each trained parameter is written, at the place that the phase gives it. */
void plan_verify_kernels(const Plan *plan);

/* After `order`:
 * O1 kernels know their index; stages do not fall;
 * O2 a kernel runs after what it reads is written, whole;
 * O3 a number that a kernel gets is known before its stage;
 * O4 the first kernel that writes a gradient sets it, all others add to it, in the last stage. */
void plan_verify_order(const Plan *plan);

/* After `place`:
 * P1 an activation is used within its lifetime only, and lies inside the area, aligned;
 * P2 activations alive together lie apart;
 * P3 parameters, their copies and moments lie apart in the state;
 * P4 scratch memory is enough for each kernel. */
void plan_verify_places(const Plan *plan);

#endif
