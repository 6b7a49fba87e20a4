/* The relay, or with -DCLIMATE the climate sensor, on a micro:bit. */
#include "microbit.h"
#ifdef CLIMATE
#include "climate.h"
typedef climate device;
#define device_init climate_init
#define device_poll climate_poll
#else
#include "relay.h"
typedef relay device;
#define device_init relay_init
#define device_poll relay_poll
#endif

static device this_device;
static hb_board board;
static hb_deframer deframer;

static void send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    (void)peer;
    hb_frame(message, length, microbit_put, context);
}

int main(void) {
    static const hb_peer other_end = {{0}};
    microbit_start(&board);
    board.send = send;
    hb_deframer_init(&deframer);
    device_init(&this_device, &board, microbit_now());
    for (;;) {
        uint8_t byte;
        while (microbit_take(&byte)) {
            size_t length = hb_deframe(&deframer, byte);
            if (length) hb_receive(&this_device.bridge, microbit_now(), &other_end, hb_deframed(&deframer), length);
        }
        device_poll(&this_device, microbit_now());
        microbit_still_alive();
        __asm volatile("wfi"); /* until a byte or the next millisecond */
    }
}
