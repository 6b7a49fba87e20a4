#ifndef HEARTH_STUB_ESPMDNS_H
#define HEARTH_STUB_ESPMDNS_H

struct MDNSStub {
    bool begin(const char *) { return true; }
    bool addService(const char *, const char *, int) { return true; }
};
extern MDNSStub MDNS;

#endif
