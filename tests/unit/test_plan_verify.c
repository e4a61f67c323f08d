/* One break for each invariant of compiler/plan/verify.h, in the plan of a small network: the
 * verifier names the invariant, and the line of the file that the broken thing is from. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include "compiler/pipeline.h"
#include "compiler/plan/verify.h"

static Plan *plan;
static Entry *train;

static void make_plan(void) {
    begin();
    build_model();
    static Unit u; /* bug() says on what it worked */
    u = (Unit){.arena = arena,
               .diag = diag,
               .options = {.input = "small.lua", .optimize = true, .winograd = true},
               .graph = graph};
    ck_assert_msg(pipeline_passes(&u, "differentiate"), "%s", errors());
    plan = u.plan;
    train = plan->entries[0];
}

static Node *node_of(const Op *op) {
    for (int i = 0; i < train->graph->n_nodes; i++)
        if (train->graph->nodes[i]->op == op) return train->graph->nodes[i];
    bug("no node of %s", op->name);
}

static Value *value_of(const Op *op) {
    return &train->values[node_of(op)->id];
}

static Kernel *kernel_of(const Op *op) {
    for (int i = 0; i < train->n_kernels; i++)
        if (train->kernels[i]->node->op == op) return train->kernels[i];
    bug("no kernel of %s", op->name);
}

static Buffer *operand_of(const Op *op, const char *param) {
    Kernel *k = kernel_of(op);
    for (int i = 0; i < k->n_operands; i++)
        if (!strcmp(k->operands[i].param, param)) return k->operands[i].buffer;
    bug("%s has no operand %s", op->name, param);
}

static Buffer *activation(int from) {
    for (int i = from; i < train->n_buffers; i++)
        if (buffer_placed(train->buffers[i])) return train->buffers[i];
    bug("no activation");
}

static void L1_elements(void) {
    value_of(&op_conv2d)->layout.H++;
}
static void L1_rows(void) {
    value_of(&op_conv2d)->layout.cs = 2;
}
static void L2(void) {
    value_of(&op_flatten)->storage = node_of(&op_conv2d);
}
static void L3(void) {
    plan->params[0].kh++;
}
static void L4(void) {
    plan->params[1].value->offset += 16;
}
static void L5_frozen(void) {
    plan->phases[1].ranges[0].count += 16;
}
static void L5_untrained(void) {
    plan->phases[0].n_ranges = 0;
}
static void L5_gradients(void) {
    plan->phases[0].gradient_of[1] += 16;
}
static void F1_missing(void) {
    value_of(&op_conv2d)->family = NULL;
}
static void F1_memory(void) {
    value_of(&op_flatten)->family = value_of(&op_dropout)->family;
}
static void F1_wrong(void) {
    value_of(&op_conv2d)->family = value_of(&op_cross_entropy)->family;
}
static void F2(void) {
    plan->role[ROLE_PACK] = NULL;
}
static void F3_later(void) {
    value_of(&op_relu)->root = node_of(&op_linear);
}
static void F3_unrelated(void) {
    value_of(&op_linear_dgrad)->root = node_of(&op_conv2d);
}
static void S1(void) {
    value_of(&op_conv2d)->stage = 3;
}
static void K1_lost(void) {
    kernel_of(&op_conv2d)->n_fused = 0;
}
static void K1_twice(void) {
    kernel_of(&op_linear)->pool = node_of(&op_max_pool2d);
}
static void K2_writes_field(void) {
    kernel_of(&op_cross_entropy)->operands[1].written = true;
}
static void K2_writes_state(void) {
    kernel_of(&op_conv2d)->operands[1].written = true;
}
static void K2_reads_output(void) {
    operand_of(&op_linear, "x")->space = SPACE_OUTPUT;
}
static void K3(void) {
    kernel_of(&op_linear)->parts = 2;
}
static void K4(void) {
    operand_of(&op_linear, "x")->size -= 16;
}
static void K5(void) {
    kernel_of(&op_cross_entropy)->n_operands = 2;
}
static void K6_place(void) {
    operand_of(&op_linear_wgrad, "dw")->offset += 16;
}
static void O1_index(void) {
    train->kernels[1]->index = 0;
}
static void O1_stage(void) {
    train->kernels[0]->stage = 5;
}
static void O2(void) {
    Kernel *first = train->kernels[0];
    train->kernels[0] = train->kernels[1];
    train->kernels[1] = first;
    train->kernels[0]->index = 0;
    first->index = 1;
}
static void O3(void) {
    for (int i = 0; i < train->n_numbers; i++) train->numbers[i].stage = 0;
}
static void O4_adds(void) {
    kernel_of(&op_linear_wgrad)->adds = true;
}
static void O4_stage(void) {
    train->stages = 2;
}
static void P1_early(void) {
    activation(0)->first++;
}
static void P1_outside(void) {
    activation(0)->offset = train->sample_floats;
}
static void P1_aligned(void) {
    activation(0)->offset += 4;
}
static void P2(void) {
    for (int i = 0; i < train->n_buffers; i++)
        if (buffer_placed(train->buffers[i])) train->buffers[i]->offset = 0;
}
static void P3(void) {
    plan->moment_offset -= 16;
}
static void P3_moments(void) {
    plan->phases[0].moments += 16;
}
static void P4(void) {
    train->scratch_floats = -1;
}

static const struct {
    const char *code;
    void (*act)(void);
    bool placed; /* the message names a line of the file */
} breaks[] = {
    {"L1", L1_elements, true},
    {"L1", L1_rows, true},
    {"L2", L2, true},
    {"L3", L3, true},
    {"L4", L4, true},
    {"L5", L5_frozen, false},
    {"L5", L5_untrained, true},
    {"L5", L5_gradients, true},
    {"F1", F1_missing, true},
    {"F1", F1_memory, true},
    {"F1", F1_wrong, true},
    {"F2", F2, false},
    {"F3", F3_later, true},
    {"F3", F3_unrelated, true},
    {"S1", S1, true},
    {"K1", K1_lost, true},
    {"K1", K1_twice, true},
    {"K2", K2_writes_field, true},
    {"K2", K2_writes_state, true},
    {"K2", K2_reads_output, true},
    {"K3", K3, true},
    {"K4", K4, true},
    {"K5", K5, false},
    {"K6", K6_place, true},
    {"O1", O1_index, true},
    {"O1", O1_stage, true},
    {"O2", O2, true},
    {"O3", O3, true},
    {"O4", O4_adds, true},
    {"O4", O4_stage, true},
    {"P1", P1_early, true},
    {"P1", P1_outside, false},
    {"P1", P1_aligned, false},
    {"P2", P2, false},
    {"P3", P3, false},
    {"P3", P3_moments, false},
    {"P4", P4, true},
};

static void verify(void) {
    plan_verify_layouts(plan);
    plan_verify_families(plan);
    plan_verify_stages(plan);
    plan_verify_kernels(plan);
    plan_verify_order(plan);
    plan_verify_places(plan);
}

static void break_and_verify(void *act) {
    (*(void (**)(void))act)();
    verify();
}

START_TEST(the_plan_is_sound) {
    verify();
}
END_TEST

START_TEST(a_break_is_named) {
    void (*act)(void) = breaks[_i].act;
    expect_bug(break_and_verify, &act, arena_printf(arena, "%s: ", breaks[_i].code));
    if (breaks[_i].placed) expect_bug(break_and_verify, &act, "small.lua:");
}
END_TEST

SUITE("plan verifier", FIXTURE(make_plan, end),
      LOOP(a_break_is_named, sizeof breaks / sizeof *breaks), TESTS(the_plan_is_sound))
