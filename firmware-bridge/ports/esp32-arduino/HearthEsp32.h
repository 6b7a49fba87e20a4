// An ESP32 with Arduino as a board: its serial number, chance, a serial port or UDP as the way out.
#ifndef HEARTH_ESP32_H
#define HEARTH_ESP32_H

#include <Arduino.h>
#if __has_include(<esp_random.h>)
#include <esp_random.h>
#endif

#include "board.h"

// `urn:dev:mac:` and the EUI-64 of the chip's MAC address (RFC 9039): every board has its own, with nothing to set.
inline const char *hearth_serial_number() {
    static char id[29];
    uint64_t mac = ESP.getEfuseMac();  // the first byte of the address is the lowest
    const uint8_t *b = reinterpret_cast<const uint8_t *>(&mac);
    snprintf(id, sizeof id, "urn:dev:mac:%02x%02x%02xfffe%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
    return id;
}

inline void hearth_fill(hb_board &board) {
    board.id = hearth_serial_number();
    for (uint8_t &byte : board.random) byte = static_cast<uint8_t>(esp_random());
}

// Sets an output whose load is on at `on_level`.
inline void hearth_output(uint8_t pin, uint8_t on_level, bool on) { digitalWrite(pin, on == (on_level == HIGH) ? HIGH : LOW); }

// Makes `pin` an output that is off from its first moment on: pulled there, told, and only then driven. (Core 3 ignores
// digitalWrite before pinMode, and an output begins as LOW, which is on where on_level is LOW.)
inline void hearth_output_off(uint8_t pin, uint8_t on_level) {
    pinMode(pin, on_level == HIGH ? INPUT_PULLDOWN : INPUT_PULLUP);
    hearth_output(pin, on_level, false);
    pinMode(pin, OUTPUT);
}

// Frames over a serial port. Nothing else may print to it but hb_frame_text.
class HearthSerial {
   public:
    explicit HearthSerial(Stream &stream) : stream_(stream) { hb_deframer_init(&deframer_); }

    void begin(hb_board &board) {
        hearth_fill(board);
        board.context = this;
        board.send = [](void *self, const hb_peer *, const uint8_t *message, size_t length) {
            hb_frame(message, length, put, self);
        };
    }

    void turn(hb_bridge &bridge) {
        static const hb_peer other_end = {};
        while (stream_.available() > 0) {
            size_t length = hb_deframe(&deframer_, static_cast<uint8_t>(stream_.read()));
            if (length) hb_receive(&bridge, millis(), &other_end, hb_deframed(&deframer_), length);
        }
    }

   private:
    static void put(void *self, uint8_t byte) { static_cast<HearthSerial *>(self)->stream_.write(byte); }
    Stream &stream_;
    hb_deframer deframer_;
};

#endif
