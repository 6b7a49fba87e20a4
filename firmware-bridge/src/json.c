/* The few JSON values that endpoints take (RFC 8259), strictly: what is not exactly a value in range is refused (C10). */
#include <string.h>

#include "hearth_bridge.h"

bool hb_json_bool(const uint8_t *json, size_t length, bool *value) {
    bool is_true = length == 4 && memcmp(json, "true", 4) == 0;
    bool is_false = length == 5 && memcmp(json, "false", 5) == 0;
    if (is_true || is_false) *value = is_true;
    return is_true || is_false;
}

bool hb_json_int(const uint8_t *json, size_t length, int32_t minimum, int32_t maximum, int32_t *value) {
    size_t at = length > 0 && json[0] == '-' ? 1 : 0;
    size_t digits = length - at;
    if (digits < 1 || digits > 10 || (digits > 1 && json[at] == '0')) return false;
    int64_t number = 0;
    for (size_t i = at; i < length; i++) {
        if (json[i] < '0' || json[i] > '9') return false;
        number = number * 10 + (json[i] - '0');
    }
    if (at) number = -number;
    if (number < minimum || number > maximum) return false;
    *value = (int32_t)number;
    return true;
}

/* Bytes of the UTF-8 character at `at` (RFC 3629: shortest form, no surrogates), 0 where it is none. */
static size_t character(const uint8_t *at, size_t left) {
    if (at[0] < 0x80) return 1;
    size_t bytes = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < bytes) return 0;
    for (size_t i = 1; i < bytes; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f)) return 0;
    if ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return 0;
    return bytes;
}

static bool is_hex(uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* Bytes of the escape at `at`, 0 where it is none. Surrogates are refused: such characters can be sent as they are. */
static size_t escape(const uint8_t *at, size_t left) {
    if (left < 2) return 0;
    if (at[1] != 'u') return at[1] && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
    if (left < 6) return 0;
    for (size_t i = 2; i < 6; i++)
        if (!is_hex(at[i])) return 0;
    bool surrogate = (at[2] | 0x20) == 'd' && at[3] >= '8';
    return surrogate ? 0 : 6;
}

bool hb_json_string(const uint8_t *json, size_t length) {
    if (length < 2 || json[0] != '"' || json[length - 1] != '"') return false;
    size_t end = length - 1;
    for (size_t i = 1; i < end;) {
        if (json[i] < 0x20 || json[i] == '"') return false;
        size_t bytes = json[i] == '\\' ? escape(json + i, end - i) : character(json + i, end - i);
        if (bytes == 0) return false;
        i += bytes;
    }
    return true;
}
