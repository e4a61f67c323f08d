/* The arena, the writer, diagnostics and the names nearest to others. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include <limits.h>
#include <stdint.h>

#include "common/clean.h"
#include "compiler/base/format.h"
#include "compiler/base/writer.h"

START_TEST(memory_is_aligned_zeroed_and_apart) {
    enum { COUNT = 2000 };
    unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t n = i % 97;
        blocks[i] = ARENA_ARRAY(arena, unsigned char, n);
        ck_assert_uint_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < n; j++) ck_assert_uint_eq(blocks[i][j], 0);
        memset(blocks[i], (int)(i % 255) + 1, n);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i % 97; j++) ck_assert_uint_eq(blocks[i][j], i % 255 + 1);
}
END_TEST

START_TEST(big_and_empty_allocations) {
    const size_t big = (size_t)10 << 20;
    char *before = arena_strdup(arena, "before"), *memory = arena_alloc(arena, big, 1);
    memset(memory, 'x', big);
    char *after = arena_strdup(arena, "after");
    ck_assert_int_eq(memory[big - 1], 'x');
    ck_assert_str_eq(before, "before");
    ck_assert_str_eq(after, "after");
    ck_assert_ptr_nonnull(ARENA_ARRAY(arena, int, 0));
    ck_assert_ptr_nonnull(arena_alloc(arena, 5, 0));
}
END_TEST

/* Sizes whose product overflows count as exhausted memory; they do not give a small block. */
START_TEST(impossible_allocations_end_the_program) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        arena_alloc(arena, SIZE_MAX / 4, 8);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
END_TEST

START_TEST(arrays_grow_and_keep_what_they_have) {
    int *items = NULL, n = 0, cap = 0;
    for (int i = 0; i < 10000; i++) {
        ARENA_PUSH(arena, items, n, cap, i * 3);
        ck_assert_int_eq(n, i + 1);
        ck_assert_int_ge(cap, n);
    }
    for (int i = 0; i < n; i++) ck_assert_int_eq(items[i], i * 3);
}
END_TEST

START_TEST(texts_of_any_length_are_printed) {
    char *text = arena_printf(arena, "%0*d", 100000, 7);
    ck_assert_uint_eq(strlen(text), 100000);
    ck_assert_int_eq(text[99999], '7');
    ck_assert_str_eq(arena_printf(arena, "%s", ""), "");
}
END_TEST

/* What format_into makes of it, in a room of so many bytes. */
__attribute__((format(printf, 3, 4))) static int formatted(char *to, size_t room,
                                                           const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int n = format_into(to, room, format, args);
    va_end(args);
    return n;
}

START_TEST(texts_are_formatted_as_by_printf) {
    char text[64], wanted[64];
    snprintf(wanted, sizeof wanted, "%d %lld %s%%", INT_MIN, LLONG_MIN, "x");
    ck_assert_int_eq(formatted(text, sizeof text, "%d %lld %s%%", INT_MIN, LLONG_MIN, "x"),
                     (int)strlen(wanted));
    ck_assert_str_eq(text, wanted);
    ck_assert_int_eq(formatted(text, sizeof text, "%d,%d", 0, INT_MAX), 12);
    ck_assert_str_eq(text, "0,2147483647");
    ck_assert_int_eq(formatted(text, sizeof text, "%s", ""), 0);
    ck_assert_str_eq(text, "");
    /* What it leaves to printf, from the first argument on. */
    ck_assert_int_eq(formatted(text, sizeof text, "%d %.17g %.*s", 7, 0.1, 2, "abc"), 24);
    ck_assert_str_eq(text, "7 0.10000000000000001 ab");
    /* Longer than there is room, by one byte and by a piece in the middle. */
    ck_assert_int_eq(formatted(text, 5, "%s", "12345"), 5);
    ck_assert_int_eq(formatted(text, 6, "%s", "12345"), 5);
    ck_assert_str_eq(text, "12345");
    text[4] = 'x';
    ck_assert_int_eq(formatted(text, 4, "%d%s%d", 1, "12345", 2), 7);
    ck_assert_int_eq(text[4], 'x');
    ck_assert_int_eq(formatted(NULL, 0, "%d", 12), 2);
}
END_TEST

START_TEST(blocks_are_indented) {
    Writer *w = writer_new(arena);
    ck_assert_str_eq(writer_text(w), "");
    w_open(w, "static int f(int %s)", "x");
    w_open(w, "if (x)");
    w_line(w, "one;\n\ntwo;");
    w_line(w, "%s", "");
    w_close(w);
    w_open(w, "%s", "");
    w_indent(w, 1);
    w_line(w, "deep;");
    w_indent(w, -1);
    w_close_with(w, ";");
    w_raw(w, "#raw\n");
    w_close(w);
    ck_assert_str_eq(writer_text(w), "static int f(int x) {\n"
                                     "    if (x) {\n"
                                     "        one;\n"
                                     "\n"
                                     "        two;\n"
                                     "\n"
                                     "    }\n"
                                     "    {\n"
                                     "            deep;\n"
                                     "    };\n"
                                     "#raw\n"
                                     "}\n");
    ck_assert_int_eq(writer_lines(w), 12);
}
END_TEST

START_TEST(statements_flow) {
    Writer *w = writer_new(arena);
    w_open(w, "{");
    for (int i = 0; i < 12; i++) w_flow(w, "value[%d] = %d;", i, 100 * i);
    w_line(w, "alone;");
    w_flow(w, "%s", "first;");
    w_flow(w, "%s", "second;");
    w_close(w);
    const char *text = "{ {\n"
                       "    value[0] = 0; value[1] = 100; value[2] = 200; value[3] = 300; "
                       "value[4] = 400; value[5] = 500;\n"
                       "    value[6] = 600; value[7] = 700; value[8] = 800; value[9] = 900; "
                       "value[10] = 1000; value[11] = 1100;\n"
                       "    alone;\n"
                       "    first; second;\n"
                       "}\n";
    ck_assert_str_eq(writer_text(w), text);
    ck_assert_int_eq(writer_lines(w), 6);
}
END_TEST

START_TEST(long_texts_are_kept) {
    Writer *w = writer_new(arena);
    w_open(w, "begin");
    for (int i = 0; i < 5000; i++) w_line(w, "line %d", i);
    w_close(w);
    const char *text = writer_text(w);
    ck_assert_int_eq(writer_lines(w), 5002);
    ck_assert_ptr_nonnull(strstr(text, "\n    line 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n    line 4999\n}\n"));
    ck_assert_ptr_null(strstr(text, " \n"));
}
END_TEST

START_TEST(diagnostics_say_where) {
    diag_source(diag, "a.lua", "first\r\nsecond\n\n  fourth");
    ck_assert_int_eq(diag_errors(diag), 0);
    diag_error(diag, (Loc){"a.lua", 2}, "number %d", 7);
    diag_note(diag, (Loc){"a.lua", 4}, "made here");
    diag_error(diag, (Loc){"a.lua", 0}, "the whole file");
    diag_error(diag, (Loc){"", 0}, "nowhere");
    diag_error(diag, (Loc){"b.lua", 3}, "a file without a text");
    diag_error(diag, (Loc){"a.lua", 99}, "a line that is not there");
    diag_error(diag, (Loc){"a.lua", 3}, "an empty line");
    diag_error(diag, (Loc){"a.lua", 1}, "several\nlines\n");
    diag_error(diag, (Loc){"a.lua", 1}, "%s", "");
    ck_assert_int_eq(diag_errors(diag), 8);
    ck_assert_str_eq(errors(), "a.lua:2: error: number 7\n"
                               "     2 | second\n"
                               "a.lua:4: note: made here\n"
                               "     4 |   fourth\n"
                               "a.lua: error: the whole file\n"
                               "error: nowhere\n"
                               "b.lua:3: error: a file without a text\n"
                               "a.lua:99: error: a line that is not there\n"
                               "a.lua:3: error: an empty line\n"
                               "     3 | \n"
                               "a.lua:1: error: several\n"
                               "    lines\n"
                               "     1 | first\n"
                               "a.lua:1: error: \n"
                               "     1 | first\n");
}
END_TEST

START_TEST(the_same_error_is_said_once) {
    for (int i = 0; i < 3; i++) diag_error(diag, (Loc){"a.lua", 2}, "again");
    diag_error(diag, (Loc){"a.lua", 3}, "again");
    diag_error(diag, (Loc){"b.lua", 3}, "again");
    ck_assert_int_eq(diag_errors(diag), 3);
    diag_note(diag, (Loc){"b.lua", 4}, "and");
    diag_note(diag, (Loc){"b.lua", 4}, "and");
    ck_assert_int_eq(diag_errors(diag), 3);
    ck_assert_str_eq(errors(), "a.lua:2: error: again\na.lua:3: error: again\n"
                               "b.lua:3: error: again\nb.lua:4: note: and\nb.lua:4: note: and\n");
}
END_TEST

static const char *cleaned(const char *text) {
    char *to = ARENA_ARRAY(arena, char, 100);
    ck_assert_uint_eq(clean_text(to, 100, text, strlen(text)), strlen(to));
    return to;
}

START_TEST(text_is_cleaned) {
    ck_assert_str_eq(cleaned("plain\ttext"), "plain\ttext");
    ck_assert_str_eq(cleaned("\x1b[31mred\a\x7f\r\n"), "?[31mred????");
    /* Of one, two, three and four bytes. */
    ck_assert_str_eq(cleaned("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
                     "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    /* C1 controls, as characters and as bytes; U+00A0 is not one. */
    ck_assert_str_eq(cleaned("\xc2\x80\xc2\x9b"
                             "1m\xc2\x9f\xc2\xa0"),
                     "??1m?\xc2\xa0");
    ck_assert_str_eq(cleaned("\x9b"
                             "1m\xff"),
                     "?1m?");
    /* Text that is written in another direction than it is read. */
    ck_assert_str_eq(cleaned("\xe2\x80\xae"
                             "x\xe2\x81\xa6y\xe2\x80\x94"),
                     "?x?y\xe2\x80\x94");
    /* Characters that are cut, too long, surrogates or beyond Unicode. */
    ck_assert_str_eq(cleaned("\xc3"), "?");
    ck_assert_str_eq(cleaned("\xe2\x82x"), "??x");
    ck_assert_str_eq(cleaned("\xc0\xaf"), "??");
    ck_assert_str_eq(cleaned("\xe0\x80\xaf"), "???");
    ck_assert_str_eq(cleaned("\xed\xa0\x80"), "???");
    ck_assert_str_eq(cleaned("\xf4\x90\x80\x80"), "????");
}
END_TEST

START_TEST(clean_text_keeps_within_its_room) {
    char to[8];
    ck_assert_uint_eq(clean_text(to, sizeof to, "1234567890", 10), 7);
    ck_assert_str_eq(to, "1234567");
    ck_assert_uint_eq(clean_text(to, sizeof to, "12345\xe2\x82\xac", 8), 5);
    ck_assert_str_eq(to, "12345");
    ck_assert_uint_eq(clean_text(to, sizeof to, "a\0b", 3), 3);
    ck_assert_str_eq(to, "a?b");
    ck_assert_uint_eq(clean_text(to, 1, "a", 1), 0);
    ck_assert_str_eq(to, "");
}
END_TEST

START_TEST(diagnostics_are_clean_and_short) {
    const char *long_line = arena_printf(arena, "%01000d", 0);
    diag_source(diag, "\x1b.lua", arena_printf(arena, "\x1b[2J\n%s\n", long_line));
    diag_error(diag, (Loc){"\x1b.lua", 1}, "of \xc2\x9b%d", 3);
    diag_error(diag, (Loc){"\x1b.lua", 2}, "%s", long_line);
    const char *zeros = arena_printf(arena, "%0400d", 0);
    ck_assert_str_eq(errors(), arena_printf(arena,
                                            "?.lua:1: error: of ?3\n"
                                            "     1 | ?[2J\n"
                                            "?.lua:2: error: %s\n"
                                            "     2 | %s\n",
                                            zeros, zeros));
}
END_TEST

static void make_bug(void *number) {
    bug("number %d", *(int *)number);
}

START_TEST(bugs_say_where_and_abort) {
    int seven = 7;
    expect_bug(make_bug, &seven, "test_base.c:");
    expect_bug(make_bug, &seven, ": number 7\n");
}
END_TEST

SUITE("base", FIXTURE(begin, end),
      TESTS(memory_is_aligned_zeroed_and_apart, big_and_empty_allocations,
            impossible_allocations_end_the_program, arrays_grow_and_keep_what_they_have,
            texts_of_any_length_are_printed, texts_are_formatted_as_by_printf, blocks_are_indented,
            statements_flow, long_texts_are_kept, diagnostics_say_where,
            the_same_error_is_said_once, text_is_cleaned, clean_text_keeps_within_its_room,
            diagnostics_are_clean_and_short, bugs_say_where_and_abort))
