#include "check.h"

int checks_done, checks_failed;
const char *check_about = "";

static int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bytes from_hex(const char *hex) {
    bytes all = {.length = 0};
    if (strcmp(hex, "-") == 0) return all;
    for (; hex[0] && hex[1]; hex += 2) {
        int high = nibble(hex[0]), low = nibble(hex[1]);
        if (high < 0 || low < 0 || all.length == sizeof all.at) break;
        all.at[all.length++] = (uint8_t)(high << 4 | low);
    }
    CHECK(*hex == 0);
    return all;
}

bool equal(bytes one, const uint8_t *other, size_t length) {
    return one.length == length && (length == 0 || memcmp(one.at, other, length) == 0);
}

bytes of(const uint8_t *from, size_t length) {
    bytes all = {.length = length};
    if (length) memcpy(all.at, from, length);
    return all;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s folder-of-vectors\n", arguments[0]);
        return 2;
    }
    test_vectors(arguments[1]);
    test_exchanges(arguments[1]);
    test_values();
    test_server();
    test_blocks();
    test_observe();
    test_link();
    test_relay();
    test_climate();
    printf("%d checks, %d failed\n", checks_done, checks_failed);
    return checks_failed > 0;
}
