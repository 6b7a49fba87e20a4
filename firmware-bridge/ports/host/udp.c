/* CoAP over UDP: the peer's address and port are the bytes of hb_peer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simulator.h"

_Static_assert(HB_PEER_BYTES >= 19, "family, address and port");

typedef union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} address;

static hb_peer peer_of(const address *from) {
    hb_peer peer = {{0}};
    bool six = from->any.sa_family == AF_INET6;
    peer.bytes[0] = six ? 6 : 4;
    memcpy(peer.bytes + 1, six ? (const void *)&from->six.sin6_port : (const void *)&from->four.sin_port, 2);
    if (six)
        memcpy(peer.bytes + 3, &from->six.sin6_addr, 16);
    else
        memcpy(peer.bytes + 3, &from->four.sin_addr, 4);
    return peer;
}

static socklen_t address_of(const hb_peer *peer, address *to) {
    memset(to, 0, sizeof *to);
    if (peer->bytes[0] == 6) {
        to->six.sin6_family = AF_INET6;
        memcpy(&to->six.sin6_port, peer->bytes + 1, 2);
        memcpy(&to->six.sin6_addr, peer->bytes + 3, 16);
        return sizeof to->six;
    }
    to->four.sin_family = AF_INET;
    memcpy(&to->four.sin_port, peer->bytes + 1, 2);
    memcpy(&to->four.sin_addr, peer->bytes + 3, 4);
    return sizeof to->four;
}

int udp_open(simulator *self) {
    address here;
    memset(&here, 0, sizeof here);
    socklen_t length = sizeof here.four;
    if (inet_pton(AF_INET6, self->udp_host, &here.six.sin6_addr) == 1) {
        here.six.sin6_family = AF_INET6;
        here.six.sin6_port = htons((uint16_t)self->udp_port);
        length = sizeof here.six;
    } else if (inet_pton(AF_INET, self->udp_host, &here.four.sin_addr) == 1) {
        here.four.sin_family = AF_INET;
        here.four.sin_port = htons((uint16_t)self->udp_port);
    } else {
        errno = EINVAL;
        return -1;
    }
    self->socket = socket(here.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->socket < 0 || bind(self->socket, &here.any, length) < 0) return -1;
    if (getsockname(self->socket, &here.any, &length) < 0) return -1;
    self->udp_port = ntohs(here.any.sa_family == AF_INET6 ? here.six.sin6_port : here.four.sin_port);
    return 0;
}

void udp_turn(simulator *self) {
    uint8_t datagram[DATAGRAM_MAX];
    for (;;) {
        address from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(self->socket, datagram, sizeof datagram, MSG_TRUNC, &from.any, &length);
        if (got < 0) return;
        hb_peer peer = peer_of(&from);
        if (line_drops(&self->line)) continue;
        if ((size_t)got > sizeof datagram) /* C6: the rest of it is gone */
            hb_refuse(simulator_bridge(self), &peer, datagram, sizeof datagram);
        else
            hb_receive(simulator_bridge(self), simulator_now(), &peer, datagram, (size_t)got);
    }
}

void udp_send(simulator *self, const hb_peer *peer, const uint8_t *message, size_t length) {
    address to;
    socklen_t size = address_of(peer, &to);
    (void)!sendto(self->socket, message, length, 0, &to.any, size);
}
