// CoAP over UDP on an ESP32. Whoever reaches the port commands the device: a network of its own is its place (T6).
#ifndef HEARTH_UDP_H
#define HEARTH_UDP_H

#include <WiFiUdp.h>

#include "HearthEsp32.h"

class HearthUdp {
   public:
    bool begin(hb_board &board, uint16_t port = 5683) {
        hearth_fill(board);
        board.context = this;
        board.datagrams = true;
        board.send = [](void *self, const hb_peer *peer, const uint8_t *message, size_t length) {
            WiFiUDP &udp = static_cast<HearthUdp *>(self)->udp_;
            const uint8_t *p = peer->bytes;
            if (!udp.beginPacket(IPAddress(p[0], p[1], p[2], p[3]), static_cast<uint16_t>(p[4] << 8 | p[5]))) return;
            udp.write(message, length);
            udp.endPacket();
        };
        return udp_.begin(port);
    }

    void turn(hb_bridge &bridge) {
        uint8_t message[HB_MESSAGE_MAX];
        for (int size; (size = udp_.parsePacket()) > 0;) {
            IPAddress from = udp_.remoteIP();
            uint16_t port = udp_.remotePort();
            hb_peer peer = {{from[0], from[1], from[2], from[3], static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port & 0xff)}};
            int got = udp_.read(message, sizeof message);
            if (got < 0) continue;
            if (size > got)
                hb_refuse(&bridge, &peer, message, static_cast<size_t>(got));  // C6: the rest of it is gone
            else
                hb_receive(&bridge, millis(), &peer, message, static_cast<size_t>(got));
        }
    }

   private:
    WiFiUDP udp_;
};

#endif
