/* From reset to main (ARMv6-M architecture, vector table). */
#include <stdint.h>

#include "nrf51.h"

extern uint32_t start_of_data[], end_of_data[], start_of_bss[], end_of_bss[], top_of_stack[];
extern const uint32_t load_of_data[];
int main(void);
void on_reset(void);
void on_fault(void);

void on_reset(void) {
    const uint32_t *from = load_of_data;
    for (uint32_t *to = start_of_data; to < end_of_data; to++) *to = *from++;
    for (uint32_t *to = start_of_bss; to < end_of_bss; to++) *to = 0;
    main();
    on_fault();
}

void on_fault(void) { /* off, and begin again: the epoch tells the gateway */
    GPIO_OUTCLR = 1u << PIN_RELAY;
    AIRCR = 0x05fa0004u;
    for (;;) {
    }
}

typedef union vector {
    uint32_t *stack;
    void (*handler)(void);
} vector;

enum { EXCEPTIONS = 16 };
__attribute__((section(".vectors"), used)) static const vector vectors[EXCEPTIONS + 32] = {
    {.stack = top_of_stack},
    {.handler = on_reset},
    {.handler = on_fault}, /* NMI */
    {.handler = on_fault}, /* HardFault */
    [EXCEPTIONS + IRQ_UART0] = {.handler = on_uart0},
    [EXCEPTIONS + IRQ_TIMER0] = {.handler = on_timer0},
};
