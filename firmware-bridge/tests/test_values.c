/* Sinks and JSON values. */
#include "bench.h"

static bool bool_of(const char *json, bool *value) { return hb_json_bool((const uint8_t *)json, strlen(json), value); }
static bool int_of(const char *json, int32_t *value) {
    return hb_json_int((const uint8_t *)json, strlen(json), -300, 2147483647, value);
}
static bool is_string(const char *json) { return hb_json_string((const uint8_t *)json, strlen(json)); }

static void test_json(void) {
    bool on = true;
    CHECK(bool_of("false", &on) && !on && bool_of("true", &on) && on);
    static const char *const no_bools[] = {"", "tru", "truee", "True", " true", "true ", "1", "0", "\"true\"", "null", "true\n"};
    for (size_t i = 0; i < sizeof no_bools / sizeof no_bools[0]; i++) CHECK(!bool_of(no_bools[i], &on) && on);
    CHECK(!hb_json_bool((const uint8_t *)"true\0", 5, &on));
    int32_t number = 7;
    CHECK(int_of("0", &number) && number == 0 && int_of("-300", &number) && number == -300);
    CHECK(int_of("2147483647", &number) && number == 2147483647);
    static const char *const no_ints[] = {"", "-", "-301", "2147483648", "9999999999", "99999999999", "1.0", "1e3", "01", "+1", " 1", "1 ", "--1", "0x1", "true", "null", "NaN"};
    for (size_t i = 0; i < sizeof no_ints / sizeof no_ints[0]; i++) CHECK(!int_of(no_ints[i], &number) && number == 2147483647);
    static const char *const strings[] = {"\"\"", "\"a\"", "\"\\n\\\"\\\\\"", "\"\\u00e4\"", "\"\xc3\xa4\"", "\"\xf0\x9f\x8f\xa0\"",
                                          "\"\x7f\"", "\"\xc2\x80\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"", "\"\xef\xbf\xbf\"",
                                          "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"", "\"\\uafAF\"", "\"\\u0909\"",
                                          "\"\\ud7ff\"", "\"\\u8000\"", "\"\\uE000\""};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) CHECK(is_string(strings[i]));
    static const char *const no_strings[] = {"", "\"", "a", "\"a", "a\"", "\"\\\"", "\"\\x\"", "\"\\u00g0\"", "\"\\ud800\"", "\"a\"b\"",
                                             "\"\n\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xc3\"", "\"\\u00e\"", "\"\xf5\x80\x80\x80\"",
                                             "\"\x80\"", "\"\xc1\xbf\"", "\"\xe0\x9f\xbf\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
                                             "\"\\u000/\"", "\"\\u000:\"", "\"\\u000@\"", "\"\\u000G\"", "\"\\u000`\"", "\"\\uDFFF\"",
                                             "\"\\uDC00\"", "\"\xe2\x82\""};
    for (size_t i = 0; i < sizeof no_strings / sizeof no_strings[0]; i++) CHECK(!is_string(no_strings[i]));
}

static bool fixed_is(int32_t value, uint8_t decimals, const char *text) {
    uint8_t room[32];
    hb_sink sink = {.window = room, .capacity = sizeof room};
    hb_put_fixed(&sink, value, decimals);
    return sink.kept == strlen(text) && memcmp(room, text, sink.kept) == 0;
}

static void test_numbers(void) {
    CHECK(fixed_is(0, 0, "0") && fixed_is(-1, 0, "-1") && fixed_is(INT32_MAX, 0, "2147483647"));
    CHECK(fixed_is(INT32_MIN, 0, "-2147483648") && fixed_is(INT32_MIN, 2, "-21474836.48"));
    CHECK(fixed_is(2150, 2, "21.50") && fixed_is(-5, 2, "-0.05") && fixed_is(0, 1, "0.0") && fixed_is(100, 2, "1.00"));
    CHECK(fixed_is(7, 9, "0.000000007") && fixed_is(7, 200, "0.000000007"));
}

/* Whatever the window, it shows what is there, and the check is that of the whole. */
static void test_windows(void) {
    static const char whole[] = "The whole of it is nowhere, only a window.";
    const size_t length = strlen(whole);
    for (size_t skip = 0; skip <= length + 2; skip++) {
        for (size_t capacity = 0; capacity <= length + 2; capacity++) {
            uint8_t room[64];
            hb_sink sink = {.window = room, .capacity = capacity, .skip = (uint32_t)skip};
            for (size_t at = 0, piece = 1; at < length; at += piece, piece = piece % 7 + 1)
                hb_put(&sink, whole + at, piece < length - at ? piece : length - at);
            size_t left = skip < length ? length - skip : 0;
            CHECK(sink.total == length && sink.kept == (left < capacity ? left : capacity));
            CHECK(sink.kept == 0 || memcmp(room, whole + skip, sink.kept) == 0);
            CHECK(sink.check == hb_crc32(HB_CRC32_START, whole, length));
        }
    }
}

void test_values(void) {
    check_about = "values";
    test_json();
    test_numbers();
    test_windows();
}
