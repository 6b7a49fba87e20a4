#ifndef HEARTH_STUB_WIFI_UDP_H
#define HEARTH_STUB_WIFI_UDP_H

#include <string.h>

#include <vector>

#include "Arduino.h"

class IPAddress {
   public:
    IPAddress(uint8_t a, uint8_t b, uint8_t c, uint8_t d) : bytes_{a, b, c, d} {}
    uint8_t operator[](int index) const { return bytes_[index]; }

   private:
    uint8_t bytes_[4];
};
class WiFiUDP {
   public:
    uint8_t begin(uint16_t) { return 1; }
    int parsePacket() {
        int size = static_cast<int>(incoming.size());
        now_ = incoming;
        incoming.clear();
        return size;
    }
    int read(uint8_t *into, size_t room) {
        size_t part = now_.size() < room ? now_.size() : room;
        memcpy(into, now_.data(), part);
        return static_cast<int>(part);
    }
    IPAddress remoteIP() { return IPAddress(192, 0, 2, 1); }
    uint16_t remotePort() { return 5683; }
    int beginPacket(IPAddress to, uint16_t port) { return to[0] == 192 && port == 5683; }
    size_t write(const uint8_t *bytes, size_t length) {
        outgoing.assign(bytes, bytes + length);
        return length;
    }
    int endPacket() { return 1; }
    static std::vector<uint8_t> incoming, outgoing;

   private:
    std::vector<uint8_t> now_;
};

#endif
