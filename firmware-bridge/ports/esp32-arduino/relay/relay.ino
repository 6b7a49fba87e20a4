// A relay at a serial port (USB): the example of examples/relay on an ESP32.
#include <HearthEsp32.h>
#include <relay.h>

const uint8_t RELAY_PIN = 26, LAMP_PIN = 2, INTERLOCK_PIN = 27;  // the interlock's contact closes to ground
HearthSerial line(Serial);
hb_board board;
relay device;

void setup() {
    pinMode(RELAY_PIN, OUTPUT);
    pinMode(LAMP_PIN, OUTPUT);
    pinMode(INTERLOCK_PIN, INPUT_PULLUP);
    Serial.begin(115200);
    line.begin(board);
    board.output = [](void *, unsigned output, bool on) { digitalWrite(output == BOARD_RELAY ? RELAY_PIN : LAMP_PIN, on); };
    board.input = [](void *, unsigned) { return digitalRead(INTERLOCK_PIN) == LOW; };
    relay_init(&device, &board, millis());
}

void loop() {
    line.turn(device.bridge);
    relay_poll(&device, millis());
}
