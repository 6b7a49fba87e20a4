/* hearth-endpoint: the examples on this computer. */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "simulator.h"

static const char usage[] =
    "usage: hearth-endpoint [options] relay|climate\n"
    "An endpoint of Hearth's firmware bridge, simulated. Prints `ready pty PATH` or `ready udp HOST PORT`.\n"
    "  --udp HOST:PORT  over UDP instead of a pty; port 0 is any\n"
    "  --link PATH      a symbolic link to the pty, kept up to date when it is plugged again\n"
    "  --id URN         the serial number; default urn:dev:os:32473-relay-1 or …-climate-1\n"
    "  --baud N         as slow as a line of that speed; default 0, as fast as it goes\n"
    "  --damage P       chance that a byte arrives wrong, each way\n"
    "  --drop P         chance that a frame or datagram is lost, each way\n"
    "  --seed N         of damage and loss; default 1\n"
    "  --log FILE       each act and each output as a line: milliseconds, acted|output|power, what, value\n"
    "  --keep           go on when standard input ends: needed in the background\n"
    "Standard input takes, a line each: noise P P (damage, drop) | pull | plug | restart (power) | interlock 0|1 |\n"
    "measure CELSIUS PERCENT | sensors 0|1 | state | quit\n";

static volatile sig_atomic_t stopped;
static void stop(int signal_number) { stopped = signal_number; }

static int misused(const char *about) {
    fprintf(stderr, "hearth-endpoint: %s\n%s", about, usage);
    return 2;
}

static bool take_udp(simulator *self, char *where) {
    char *colon = strrchr(where, ':');
    if (!colon || (size_t)(colon - where) >= sizeof self->udp_host) return false;
    *colon = 0;
    snprintf(self->udp_host, sizeof self->udp_host, "%s", where);
    self->udp_port = (unsigned)strtoul(colon + 1, NULL, 10);
    return self->udp_port < 65536;
}

static int take_options(simulator *self, int count, char **arguments) {
    static const struct option options[] = {
        {"udp", 1, NULL, 'u'},  {"link", 1, NULL, 'l'}, {"id", 1, NULL, 'i'},  {"baud", 1, NULL, 'b'}, {"damage", 1, NULL, 'd'},
        {"drop", 1, NULL, 'r'}, {"seed", 1, NULL, 's'}, {"log", 1, NULL, 'o'}, {"keep", 0, NULL, 'k'}, {"help", 0, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        switch (option) {
        case 'u':
            if (!take_udp(self, optarg)) return misused("--udp takes HOST:PORT");
            break;
        case 'l': self->line.link = optarg; break;
        case 'i': self->id = optarg; break;
        case 'b': self->line.baud = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'd': self->line.damage = strtod(optarg, NULL); break;
        case 'r': self->line.drop = strtod(optarg, NULL); break;
        case 's': self->line.chance = strtoull(optarg, NULL, 10); break;
        case 'k': self->keep = true; break;
        case 'o':
            if (!(self->log = fopen(optarg, "a"))) return misused("the log cannot be written");
            break;
        default: return misused("");
        }
    }
    if (optind != count - 1) return misused("say relay or climate");
    self->is_relay = strcmp(arguments[optind], "relay") == 0;
    if (!self->is_relay && strcmp(arguments[optind], "climate") != 0) return misused("say relay or climate");
    if (!self->id) self->id = self->is_relay ? "urn:dev:os:32473-relay-1" : "urn:dev:os:32473-climate-1";
    return 0;
}

/* Reads what is there of standard input, which poll has said is something; false: it ended. */
static bool listen_to_people(simulator *self) {
    static char text[256];
    static size_t length;
    char chunk[256];
    ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
    for (ssize_t i = 0; i < got; i++) {
        if (chunk[i] != '\n') {
            if (length < sizeof text - 1) text[length++] = chunk[i];
            continue;
        }
        text[length] = 0;
        length = 0;
        if (!simulator_command(self, text)) stopped = SIGTERM;
    }
    return got > 0;
}

static void run(simulator *self) {
    bool listening = true;
    while (!stopped) {
        struct pollfd waits[2] = {{.fd = listening ? STDIN_FILENO : -1, .events = POLLIN},
                                  {.fd = self->board.datagrams ? self->socket : self->line.baud ? -1 : self->line.master, .events = POLLIN}};
        poll(waits, 2, self->line.waiting || self->line.baud ? 1 : 5);
        if (waits[0].revents && !listen_to_people(self)) {
            listening = false;
            if (self->keep) continue;
            fputs("hearth-endpoint: standard input has ended, and so does this; with --keep it goes on without it\n", stderr);
            return;
        }
        simulator_turn(self);
    }
}

int main(int count, char **arguments) {
    static simulator self = {.socket = -1, .sensors_work = true, .inputs = {true}, .measured = {2150, 4500}};
    self.line.master = self.line.slave = -1;
    self.line.chance = 1;
    int refused = take_options(&self, count, arguments);
    if (refused) return refused;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (simulator_start(&self) < 0) {
        perror("hearth-endpoint");
        return 1;
    }
    run(&self);
    line_pull(&self.line);
    if (self.log) fclose(self.log);
    return 0;
}
