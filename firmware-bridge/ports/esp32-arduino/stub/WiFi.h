#ifndef HEARTH_STUB_WIFI_H
#define HEARTH_STUB_WIFI_H

enum { WL_CONNECTED = 3 };
struct WiFiStub {
    void begin(const char *, const char *) {}
    int status() { return WL_CONNECTED; }
};
extern WiFiStub WiFi;

#endif
