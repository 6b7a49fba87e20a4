#define _GNU_SOURCE
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { BITS_PER_BYTE = 10 }; /* with start and stop bit */

static double next(line *self) { /* splitmix64, 0 to 1 */
    uint64_t z = self->chance += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static uint8_t over_the_line(line *self, uint8_t byte) {
    if (self->damage <= 0 || next(self) >= self->damage) return byte;
    self->damaged++;
    return (uint8_t)(byte ^ (1 + (unsigned)(next(self) * 255)));
}

bool line_drops(line *self) {
    bool drops = self->drop > 0 && next(self) < self->drop;
    if (drops) self->dropped++;
    return drops;
}

static int open_raw(const char *path) {
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios mode;
    if (slave < 0 || tcgetattr(slave, &mode) < 0) return slave;
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    return slave;
}

static int tie(const line *self) {
    char other[512];
    if (!self->link) return 0;
    snprintf(other, sizeof other, "%s.new", self->link);
    unlink(other);
    return symlink(self->path, other) < 0 ? -1 : rename(other, self->link);
}

int line_plug(line *self) {
    self->first = self->waiting = 0;
    self->may_read = self->may_write = 0;
    self->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (self->master < 0 || grantpt(self->master) < 0 || unlockpt(self->master) < 0) return -1;
    if (ptsname_r(self->master, self->path, sizeof self->path) != 0) return -1;
    self->slave = open_raw(self->path); /* kept open, so that the pty stays when the other side closes it */
    return self->slave < 0 ? -1 : tie(self);
}

void line_pull(line *self) {
    if (self->master >= 0) close(self->master);
    if (self->slave >= 0) close(self->slave);
    self->master = self->slave = -1;
    if (self->link) unlink(self->link);
}

void line_put(void *context, uint8_t byte) {
    line *self = context;
    if (self->master < 0 || self->waiting == LINE_QUEUE) return;
    self->queue[(self->first + self->waiting++) % LINE_QUEUE] = over_the_line(self, byte);
}

static size_t allowed(line *self, double *allowance, uint32_t milliseconds, size_t wanted) {
    if (self->baud == 0) return wanted;
    double most = self->baud / (double)BITS_PER_BYTE / 20; /* nothing is saved up for longer than 50 ms */
    *allowance += self->baud / (double)BITS_PER_BYTE * milliseconds / 1000.0;
    if (*allowance > most) *allowance = most;
    size_t whole = *allowance < 0 ? 0 : (size_t)*allowance;
    return whole < wanted ? whole : wanted;
}

static void send_due(line *self, uint32_t milliseconds) {
    size_t due = allowed(self, &self->may_write, milliseconds, self->waiting);
    while (due > 0) {
        size_t run = self->first + due > LINE_QUEUE ? LINE_QUEUE - self->first : due;
        ssize_t sent = write(self->master, self->queue + self->first, run);
        if (sent < 0 && errno != EAGAIN) return;
        if (sent <= 0) sent = (ssize_t)run; /* nobody reads: it is gone, as on a real line */
        self->first = (self->first + (size_t)sent) % LINE_QUEUE;
        self->waiting -= (size_t)sent;
        self->may_write -= (double)sent;
        self->bytes_out += (size_t)sent;
        due -= (size_t)sent;
    }
}

size_t line_turn(line *self, uint32_t milliseconds, uint8_t *into, size_t room) {
    if (self->master < 0) return 0;
    send_due(self, milliseconds);
    size_t most = allowed(self, &self->may_read, milliseconds, room);
    if (most == 0) return 0;
    ssize_t got = read(self->master, into, most);
    if (got <= 0) return 0;
    self->may_read -= (double)got;
    self->bytes_in += (size_t)got;
    for (ssize_t i = 0; i < got; i++) into[i] = over_the_line(self, into[i]);
    return (size_t)got;
}
