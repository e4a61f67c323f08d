/* What holds for the table of every instruction set. */
#include "../suite.h"

#include "compiler/isa/isa.h"
#include "compiler/kernels/contract.h"

START_TEST(is_found_by_its_name) {
    const Isa *isa = all_isas[_i];
    ck_assert_ptr_eq(isa_by_name(isa->name), isa);
    ck_assert_int_eq(isa->suffix[0], '_');
    ck_assert_str_eq(isa->suffix + 1, isa->name);
}
END_TEST

START_TEST(portable_code_is_last) {
    for (int i = 0; i < ISA_COUNT; i++) {
        const bool special = i < ISA_COUNT - 1;
        ck_assert_int_eq(all_isas[i]->machine != NULL, special);
        ck_assert_int_eq(all_isas[i]->header != NULL, special);
    }
    ck_assert_ptr_null(all_isas[ISA_COUNT]);
}
END_TEST

START_TEST(tiles_fit_the_registers) {
    const Isa *isa = all_isas[_i];
    const int wide = isa->tile_blocks * isa_vectors(isa),
              other = isa->memory_operands ? 1 : wide + 1;
    ck_assert_int_le(isa->max_rows * wide + other, isa->registers);
    for (int rows = 1; rows <= isa->max_rows; rows++) {
        const int vectors = tile_short_blocks(isa, rows) * isa_vectors(isa);
        ck_assert_int_le(rows * vectors + (isa->memory_operands ? 1 : vectors + 1), isa->registers);
    }
}
END_TEST

/* MAC<n> of vocabulary/common.h. */
START_TEST(rows_have_a_word) {
    const Isa *isa = all_isas[_i];
    const int most = tile_short_blocks(isa, 1),
              blocks = most < MAX_TILE_BLOCKS ? most : MAX_TILE_BLOCKS;
    char word[16];
    snprintf(word, sizeof word, "MAC%d(", blocks * isa_vectors(isa));
    extern const char embedded_common[];
    ck_assert_msg(strstr(embedded_common, word) != NULL, "%s lacks %s", isa->name, word);
}
END_TEST

SUITE("isa", LOOP(is_found_by_its_name, ISA_COUNT), LOOP(tiles_fit_the_registers, ISA_COUNT),
      LOOP(rows_have_a_word, ISA_COUNT), TESTS(portable_code_is_last))
