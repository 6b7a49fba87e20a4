/* A micro:bit as a board: UART0 with interrupts, a clock of 1 ms, pins, the watchdog. */
#include "microbit.h"

#include "nrf51.h"

enum { RX_ROOM = 512, TX_PATIENCE = 20000, PATIENCE = 100000 }; /* bytes; turns of a loop */
#ifdef QEMU
enum { IN_QEMU = 1 }; /* which has no interlock to close and no thermometer */
#else
enum { IN_QEMU = 0 };
#endif

static volatile uint32_t milliseconds;
static volatile uint16_t rx_head, rx_tail;
static volatile uint8_t rx[RX_ROOM];

void on_timer0(void) { /* about once a millisecond; late or not, none is lost */
    static uint32_t counted;
    TIMER_COMPARE0 = 0;
    TIMER_CAPTURE1 = 1;
    uint32_t microseconds = TIMER_CC1;
    while ((uint32_t)(microseconds - counted) >= 1000u) {
        counted += 1000u;
        milliseconds++;
    }
    TIMER_CC0 = microseconds + 1000u;
}

void on_uart0(void) {
    while (UART_RXDRDY) {
        UART_RXDRDY = 0;
        uint8_t byte = (uint8_t)(UART_RXD & 0xffu);
        uint16_t next = (uint16_t)((rx_head + 1u) % RX_ROOM);
        if (next == rx_tail) continue; /* full: the frame is lost, its check says so */
        rx[rx_head] = byte;
        rx_head = next;
    }
}

bool microbit_take(uint8_t *byte) {
    if (rx_tail == rx_head) return false;
    *byte = rx[rx_tail];
    rx_tail = (uint16_t)((rx_tail + 1u) % RX_ROOM);
    return true;
}

void microbit_put(void *context, uint8_t byte) {
    (void)context;
    UART_TXDRDY = 0;
    UART_TXD = byte;
    for (unsigned i = 0; i < TX_PATIENCE && !UART_TXDRDY; i++) {
    }
}

uint32_t microbit_now(void) { return milliseconds; }

void microbit_still_alive(void) { WDT_RR0 = 0x6e524635u; }

void microbit_output(void *context, unsigned output, bool on) {
    (void)context;
    uint32_t pin = 1u << (output == BOARD_RELAY ? PIN_RELAY : PIN_LED_ROW);
    if (on)
        GPIO_OUTSET = pin;
    else
        GPIO_OUTCLR = pin;
}

bool microbit_input(void *context, unsigned input) {
    (void)context;
    (void)input;
    return IN_QEMU || !(GPIO_IN >> PIN_INTERLOCK & 1u); /* a broken wire is an open interlock */
}

bool microbit_measure(void *context, unsigned quantity, int32_t *hundredths) {
    (void)context;
    if (IN_QEMU) {
        *hundredths = (quantity == BOARD_TEMPERATURE ? 2100 : 4500) + (int32_t)(milliseconds / 1000u % 100u);
        return true;
    }
    if (quantity != BOARD_TEMPERATURE) return false; /* a micro:bit has no hygrometer: connect one here */
    TEMP_DATARDY = 0;
    TEMP_START = 1;
    for (unsigned i = 0; i < PATIENCE && !TEMP_DATARDY; i++) {
    }
    *hundredths = (int32_t)TEMP_TEMP * 25;
    return TEMP_DATARDY != 0;
}

static void fill_with_chance(uint8_t *bytes, size_t length) {
    RNG_START = 1;
    for (size_t i = 0; i < length; i++) {
        RNG_VALRDY = 0;
        for (unsigned j = 0; j < PATIENCE && !RNG_VALRDY; j++) {
        }
        bytes[i] = (uint8_t)(RNG_VALUE & 0xffu);
    }
    RNG_STOP = 1;
}

static char *put_hex(char *to, uint32_t value) {
    for (unsigned shift = 32; shift > 0;) {
        shift -= 4;
        *to++ = "0123456789abcdef"[value >> shift & 15u];
    }
    return to;
}

static const char *serial_number(void) {
    static char id[] = "urn:dev:os:32473-microbit-0123456789abcdef";
    put_hex(put_hex(id + sizeof id - 17, FICR_DEVICEID0), FICR_DEVICEID1);
    return id;
}

static void start_uart(void) {
    GPIO_OUTSET = 1u << PIN_TX;
    GPIO_DIRSET = 1u << PIN_TX;
    GPIO_PIN_CNF(PIN_RX) = 0;
    UART_PSELTXD = PIN_TX;
    UART_PSELRXD = PIN_RX;
    UART_BAUDRATE = 0x01d7e000u; /* 115,200 */
    UART_ENABLE = 4;
    UART_INTENSET = 1u << 2; /* RXDRDY */
    UART_STARTTX = 1;
    UART_STARTRX = 1;
}

static void start_clock(void) {
    CLOCK_HFCLKSTART = 1; /* the crystal: the UART needs its accuracy */
    TIMER_BITMODE = 3;
    TIMER_PRESCALER = 4; /* 1 MHz */
    TIMER_CC0 = 1000;
    TIMER_INTENSET = 1u << 16;
    TIMER_START = 1;
}

static void start_watchdog(void) { /* 2 s */
    WDT_CRV = 2u * 32768u;
    WDT_RREN = 1;
    WDT_START = 1;
}

void microbit_start(hb_board *board) {
    GPIO_OUTCLR = 1u << PIN_RELAY | 1u << PIN_LED_ROW | 1u << PIN_LED_COLUMN;
    GPIO_DIRSET = 1u << PIN_RELAY | 1u << PIN_LED_ROW | 1u << PIN_LED_COLUMN;
    GPIO_PIN_CNF(PIN_INTERLOCK) = 3u << 2; /* input with pull-up */
    start_clock();
    start_uart();
    start_watchdog();
    NVIC_ISER = 1u << IRQ_UART0 | 1u << IRQ_TIMER0;
    *board = (hb_board){.id = serial_number(), .output = microbit_output, .input = microbit_input, .measure = microbit_measure};
    fill_with_chance(board->random, sizeof board->random);
}
