// Runs a sketch against the stub: a ping is answered, its link is there, and outputs begin as they should.
#include "Arduino.h"
#include "ESPmDNS.h"
#include "WiFi.h"
#include "WiFiUdp.h"
#include "hearth_bridge.h"

HardwareSerial Serial;
EspClass ESP;
WiFiStub WiFi;
MDNSStub MDNS;
std::vector<uint8_t> WiFiUDP::incoming, WiFiUDP::outgoing;
int stub_pins[40];

uint32_t millis() {
    static uint32_t now;
    return now++;
}
void delay(uint32_t) {}
uint32_t esp_random() { return 0x5a; }
float temperatureRead() { return 21.5f; }
// As core 3 has it: what is written before pinMode is lost, and an output begins with what was written since, else LOW.
static uint8_t stub_modes[40];
void pinMode(uint8_t pin, uint8_t mode) {
    if (mode == OUTPUT && stub_modes[pin] != OUTPUT) printf("pin %d is an output, and begins %s\n", pin, stub_pins[pin] ? "HIGH" : "LOW");
    stub_modes[pin] = mode;
}
void digitalWrite(uint8_t pin, uint8_t value) {
    if (!stub_modes[pin]) return;
    if (stub_modes[pin] == OUTPUT && stub_pins[pin] != value) printf("pin %d goes %s\n", pin, value ? "HIGH" : "LOW");
    stub_pins[pin] = value;
}
int digitalRead(uint8_t pin) { return stub_pins[pin]; }

static const uint8_t ping[] = {0x40, 0, 0x12, 0x34}, reset[] = {0x70, 0, 0x12, 0x34};
static const uint8_t frame[] = {0xc0, 0xac, 0x40, 0x00, 0x12, 0x34, 0xd1, 0x59, 0xa1, 0xb1, 0xc0};

int main() {
    setup();
    Serial.incoming.assign(frame, frame + sizeof frame);
    WiFiUDP::incoming.assign(ping, ping + sizeof ping);
    for (int i = 0; i < 100; i++) loop();
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    bool answered = WiFiUDP::outgoing.size() == 4 && memcmp(WiFiUDP::outgoing.data(), reset, 4) == 0;
    for (uint8_t byte : Serial.outgoing)
        if (hb_deframe(&deframer, byte) == 4) answered = memcmp(hb_deframed(&deframer), reset, 4) == 0;
    puts(answered ? "the sketch answers" : "the sketch does not answer");
    return !answered;
}
