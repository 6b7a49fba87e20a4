/* The climate sensor of examples/. */
#include "bench.h"

static bench table;
static uint16_t mid;

static uint8_t act(uint8_t method, const char *path, const char *payload) {
    ask one = method == HB_GET ? GET : PUT;
    one.path = path;
    one.payload = payload;
    one.mid = mid++;
    say(&table, &table.climate.bridge, 0, written(one));
    return sent(&table, 0).code;
}

static bool value_is(const char *path, const char *value) {
    return act(HB_GET, path, "") == HB_CONTENT && payload_is(&table, 0, value);
}

void test_climate(void) {
    check_about = "climate";
    bench_start(&table, 0, false);
    CHECK(value_is("temperature", "21.50") && value_is("humidity", "40.05") && value_is("interval", "10"));
    CHECK(value_is("hearth/link", "7f3a21c90000"));
    table.measured[0] = -5;
    wait(&table, 9900);
    CHECK(value_is("temperature", "21.50"));
    wait(&table, 200);
    CHECK(value_is("temperature", "-0.05"));
    CHECK(act(HB_PUT, "interval", "1") == HB_CHANGED && act(HB_PUT, "interval", "3601") == HB_BAD_REQUEST);
    CHECK(act(HB_PUT, "interval", "1.5") == HB_BAD_REQUEST && value_is("interval", "1"));
    table.sensor_works = false;
    wait(&table, 1000);
    CHECK(act(HB_GET, "temperature", "") == HB_UNAVAILABLE && payload_is(&table, 0, "The sensor does not answer."));
    CHECK(act(HB_PUT, "label", "\"\xc3\xa4\"") == HB_CHANGED && value_is("label", "\"\xc3\xa4\""));
    CHECK(act(HB_PUT, "label", "\xc3\xa4") == HB_BAD_REQUEST && act(HB_PUT, "label", "") == HB_BAD_REQUEST);
    CHECK(value_is("label", "\"\xc3\xa4\""));
}
