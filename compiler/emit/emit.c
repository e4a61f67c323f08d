/* The generated file: banner, includes, helpers, and its sections in order. */
#include "emit.h"

#include <string.h>

#include "../base/snippets.h"
#include "parts.h"

extern const char embedded_batch[], embedded_dropout[], embedded_prelude[], embedded_share[];

const char *emit_abi_check(Arena *arena, const EmitInfo *info) {
    return arena_printf(arena,
                        "#if NN_ABI != %d\n"
                        "#error \"made by nngen %s for version %d of model.h: compile the "
                        "architecture again with the nngen of this model.h\"\n"
                        "#endif\n",
                        MODEL_ABI, info->version, MODEL_ABI);
}

/* " (k_slice_v2)": the kernel's function, if its name differs from the kernel's; for each
 * instruction set where these differ. */
static const char *function_names(Emission *em, const Entry *e, const Kernel *k, const char *name) {
    const char *first = emit_function_name(em->sections[0], e, k), *all = "";
    bool same = true;
    for (int i = 0; em->info->isas[i]; i++) {
        const char *function = emit_function_name(em->sections[i], e, k);
        all = arena_printf(em->arena, "%s%sk_%s%s", all, i ? ", " : "", function,
                           em->info->isas[i]->suffix);
        same = same && !strcmp(function, first);
    }
    if (same && !strcmp(first, name)) return "";
    return arena_printf(em->arena, " (%s)", same ? arena_printf(em->arena, "k_%s", first) : all);
}

static void write_banner(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    const char *isas = "";
    for (int i = 0; em->info->isas[i]; i++)
        isas = arena_printf(em->arena, "%s%s%s", isas, i ? ", " : "", em->info->isas[i]->name);
    w_line(w, "/* %s: made by nngen %s from %s.", p->graph->name, em->info->version,
           em->info->source);
    w_line(w, " * sha256 of the source: %s", em->info->sha256);
    w_line(w, " * instruction sets: %s, chosen at run time", isas);
    w_line(w, " *");
    w_line(w, " * Contents, by what to search for:");
    w_line(w, " *   ==== state: where parameters, copies of weights and moments lie");
    for (int i = 0; i < p->n_entries; i++)
        w_line(w, " *   ==== %s: where its values lie, what its tasks share, numbers of the batch",
               p->entries[i]->name);
    const char *isa = em->info->isas[0]->name;
    w_line(w, " *   ==== %s: words of an instruction set; the same of each other one:", isa);
    w_line(w, " *   ==== %s, weights: what copies them", isa);
    for (int i = 0; i < p->n_entries; i++)
        w_line(w, " *   ==== %s, %s: kernels that no entry before it has, then what runs it", isa,
               p->entries[i]->name);
    w_line(w, " *   ==== %s, calls: the functions of NnCode", isa);
    w_line(w,
           " *   ==== tables: fields, parameters, phases, summary, kernels, memory, graph, model");
    w_line(w, " *");
    w_line(w, " * Kernels in order of execution: their number in NnModel.kernels, name and the "
              "function if "
              "it is called");
    w_line(w, " * otherwise, what they do, where that is written, and the work:");
    for (int i = 0; i < p->n_entries; i++) {
        const Entry *e = p->entries[i];
        w_line(w, " *");
        w_line(w, " * %s", e->name);
        const char *const *names = emit_kernel_names(em->arena, e);
        for (int j = 0; j < e->n_kernels; j++) {
            const Kernel *k = e->kernels[j];
            const int index = emit_kernel_index(p, e, k);
            const char *number = index < 0 ? "   " : arena_printf(em->arena, "%3d", index);
            w_line(w, " *   %s %s%s: %s%s", number, names[j], function_names(em, e, k, names[j]),
                   emit_placed(em->arena, emit_what(em->arena, k), k->node->loc),
                   emit_work(em->arena, k));
        }
    }
    w_line(w, " *");
    w_line(
        w,
        " * Names of values: x_ is a field, y_ what a layer makes, dx_ the gradient of the loss in "
        "what a layer reads");
    w_line(w, " * (dy_: in what it makes), winner_ the places that a max-pool chose, d_ the "
              "gradient of a "
              "parameter.");
    w_line(w, " * Tensors are [sample][y][x][channel] with channels padded to 16 floats; weights "
              "are [block of 16");
    w_line(w, " * outputs][ky][kx][input][16]. Straight code has at most 8 reduction steps and 256 "
              "multiply-adds, a");
    w_line(w, " * kernel 400 lines. */");
}

/* Includes that declare the intrinsics, and an error for machines without code. Instruction sets of
 * one machine are neighbours and have one header. */
static void write_headers(Emission *em) {
    const char *header = NULL, *missing = "";
    for (int i = 0; em->info->isas[i]; i++) {
        const Isa *isa = em->info->isas[i];
        if (!isa->machine) {
            missing = NULL;
        } else if (!header || strcmp(header, isa->header) != 0) {
            header = isa->header;
            w_raw(em->w,
                  arena_printf(em->arena, "#if %s\n#include %s\n#endif\n", isa->machine, header));
            missing =
                arena_printf(em->arena, "%s%s!(%s)", missing, *missing ? " && " : "", isa->machine);
        }
    }
    if (missing)
        w_raw(em->w,
              arena_printf(em->arena,
                           "#if %s\n#error \"no instruction set of this file is for this machine: "
                           "compile the architecture again, --isa with portable\"\n#endif\n",
                           missing));
    w_line(em->w, "%s", "");
}

/* The helpers that the code needs. */
static void write_prelude(Writer *w, Arena *arena, const char *code) {
    Snippets helpers = {0};
    snippets_add(&helpers, arena, embedded_dropout);
    snippets_add(&helpers, arena, embedded_prelude);
    snippets_add(&helpers, arena, embedded_share);
    snippets_add(&helpers, arena, embedded_batch);
    snippets_use(&helpers, code);
    snippets_write(w, &helpers);
    w_line(w, "%s", "");
}

const char *emit_c(const Plan *plan, const EmitInfo *info) {
    Arena *draft = arena_new();
    Writer *code = writer_new(draft), *w = writer_new(plan->arena);
    Emission em = {.plan = plan, .info = info, .arena = plan->arena, .w = code};
    em.values = ARENA_ARRAY(em.arena, ValueNames, plan->n_entries);
    for (int i = 0; i < plan->n_entries; i++)
        em.values[i] = emit_value_names(em.arena, plan, plan->entries[i]);
    emit_heading(code, "state");
    emit_state_map(&em);
    emit_fields(&em);
    emit_places(&em);
    emit_turns(&em);
    for (int i = 0; i < plan->n_entries; i++) emit_entry_common(&em, plan->entries[i]);
    for (int i = 0; info->isas[i]; i++) {
        emit_section(&em, info->isas[i]);
        em.sections[i] = em.functions;
    }
    emit_heading(code, "tables");
    emit_tables(&em);
    em.w = w;
    write_banner(&em);
    w_raw(w, "#include \"model.h\"\n\n");
    w_raw(w, emit_abi_check(em.arena, info));
    w_raw(w, "#ifdef __FAST_MATH__\n#error \"nngen's results are exact to the bit: compile without "
             "-ffast-math\"\n#endif\n"
             "#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ "
             "!= 16\n"
             "#error \"this target computes floats in a higher precision, as x87 does: compile "
             "with -msse2 "
             "-mfpmath=sse, or the like\"\n#endif\n"
             "#if defined(__ARM_NEON) && !defined(__aarch64__)\n"
             "#error \"NEON of 32-bit Arm flushes subnormal numbers: compile with -mfpu=vfpv4-d16, "
             "or the "
             "like\"\n#endif\n\n");
    write_headers(&em);
    w_line(w, "enum { NN_CHUNK_MIN = %d, NN_MAX_CHUNKS = %d };", plan->chunk_min, plan->chunk_max);
    w_line(w, "%s", "");
    write_prelude(w, draft, writer_text(code));
    w_line(w, "extern const NnModel %s;", emit_symbol(em.arena, plan->graph));
    w_line(w, "%s", "");
    w_raw(w, writer_text(code));
    arena_free(draft);
    return writer_text(w);
}

const char *emit_main(const Plan *plan) {
    return arena_printf(plan->arena, "#define NN_MODEL_SYMBOL %s\n#include \"nngen/main.c\"\n",
                        emit_symbol(plan->arena, plan->graph));
}
