// Enough of Arduino's API to compile and run the sketches here: a check, not an emulator.
#ifndef HEARTH_STUB_ARDUINO_H
#define HEARTH_STUB_ARDUINO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <deque>

enum { LOW = 0, HIGH = 1, INPUT_PULLUP = 5, INPUT_PULLDOWN = 9, OUTPUT = 3 };

class Stream {
   public:
    virtual ~Stream() = default;
    virtual int available() { return static_cast<int>(incoming.size()); }
    virtual int read() {
        int byte = incoming.front();
        incoming.pop_front();
        return byte;
    }
    virtual size_t write(uint8_t byte) {
        outgoing.push_back(byte);
        return 1;
    }
    std::deque<uint8_t> incoming, outgoing;
};
class HardwareSerial : public Stream {
   public:
    void begin(unsigned long) {}
};
class EspClass {
   public:
    uint64_t getEfuseMac() { return 0x665544332211u; }
};
extern HardwareSerial Serial;
extern EspClass ESP;
extern int stub_pins[40];

uint32_t millis();
void delay(uint32_t milliseconds);
uint32_t esp_random();
float temperatureRead();
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
void setup();
void loop();

#endif
