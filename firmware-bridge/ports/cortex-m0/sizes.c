/* Symbols whose sizes are those of the library's types: read by size.sh, never run. */
#include "hearth_bridge.h"

char size_of_hb_bridge[sizeof(hb_bridge)];
char size_of_hb_remembered[sizeof(hb_remembered)];
char size_of_hb_observer[sizeof(hb_observer)];
char size_of_hb_deframer[sizeof(hb_deframer)];
