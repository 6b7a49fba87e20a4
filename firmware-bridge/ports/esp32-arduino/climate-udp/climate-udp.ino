// A climate sensor over Wi-Fi: the example of examples/climate on an ESP32, found by mDNS as _coap._udp.
#include <ESPmDNS.h>
#include <HearthUdp.h>
#include <WiFi.h>
#include <climate.h>

// A network of its own is its place: what is said there is not encrypted. 2.4 GHz.
const char *const WIFI_NAME = "name of the network", *const WIFI_PASSWORD = "its password";

HearthUdp network;
hb_board board;
climate device;

void setup() {
    WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
    while (WiFi.status() != WL_CONNECTED) delay(100);
    network.begin(board);
    board.measure = [](void *, unsigned quantity, int32_t *hundredths) {
        if (quantity != BOARD_TEMPERATURE) return false;  // put your sensor here
        *hundredths = static_cast<int32_t>(temperatureRead() * 100.0f);
        return true;
    };
    climate_init(&device, &board, millis());
    MDNS.begin("hearth-climate");
    MDNS.addService("coap", "udp", 5683);
}

void loop() {
    network.turn(device.bridge);
    climate_poll(&device, millis());
}
