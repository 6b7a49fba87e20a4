// A relay at a serial port (USB): the example of examples/relay on an ESP32. README.md says how to choose and try the module.
#include <HearthEsp32.h>
#include <relay.h>

// The level at the pin at which the relay is drawn in. HIGH: a module with a high-level trigger, off also while the chip starts,
// hangs or has no power. Many opto-isolated modules are the other way round (low-level trigger): for those it must be LOW, or
// "off" switches on. Find out which yours is with nothing at its contact.
#ifndef RELAY_ON_LEVEL
#define RELAY_ON_LEVEL HIGH
#endif

const uint8_t RELAY_PIN = 26, LAMP_PIN = 2, INTERLOCK_PIN = 27;  // the interlock's contact closes to ground
HearthSerial line(Serial);
hb_board board;
relay device;

void setup() {
    hearth_output_off(RELAY_PIN, RELAY_ON_LEVEL);  // before anything else
    hearth_output_off(LAMP_PIN, HIGH);
    pinMode(INTERLOCK_PIN, INPUT_PULLUP);
    Serial.begin(115200);
    line.begin(board);  // also gives the board its serial number, from the chip; set board.id behind this line for another
    board.output = [](void *, unsigned output, bool on) {
        if (output == BOARD_RELAY)
            hearth_output(RELAY_PIN, RELAY_ON_LEVEL, on);
        else
            hearth_output(LAMP_PIN, HIGH, on);
    };
    board.input = [](void *, unsigned) { return digitalRead(INTERLOCK_PIN) == LOW; };
    relay_init(&device, &board, millis());
}

void loop() {
    line.turn(device.bridge);
    relay_poll(&device, millis());
}
