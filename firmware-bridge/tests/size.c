#include <stdio.h>

#include "hearth_bridge.h"

int main(void) {
    printf("%zu bytes, and %zu of `hb_deframer`\n", sizeof(hb_bridge), sizeof(hb_deframer));
    return 0;
}
