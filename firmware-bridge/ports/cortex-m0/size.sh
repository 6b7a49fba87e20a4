#!/bin/sh
# Prints code and memory, as the README's table has them. usage: size.sh build-folder tool-prefix
set -eu
build=$1 arm=$2
flags='-std=c11 -Iinclude -mcpu=cortex-m0 -mthumb -Os -ffunction-sections -fdata-sections'
mkdir -p "$build/size"
for file in src/*.c; do
  "${arm}gcc" $flags -fstack-usage -c "$file" -o "$build/size/$(basename "$file" .c).o"
done
"${arm}gcc" $flags -c ports/cortex-m0/sizes.c -o "$build/sizes.o"

total() { "${arm}size" -t "$@" | awk 'END { print $1, $2 + $3 }'; }
of() { "${arm}nm" -S --size-sort "$build/sizes.o" | awk -v name="size_of_$1" '$4 == name { print "0x" $2 }'; }

printf '%s, -Os, Cortex-M0\n' "$("${arm}gcc" --version | head -n 1)"
printf '| what | code, bytes | static data, bytes |\n|---|---|---|\n'
for part in "frames and check:framing crc32" "messages:message" "server:server options resources answer change ring observe sink" "JSON values:json"; do
  files=
  for name in ${part#*:}; do files="$files $build/size/$name.o"; done
  printf '| %s | %s | %s |\n' "${part%%:*}" $(total $files)
done
printf '| **the library** | **%s** | **%s** |\n' $(total "$build"/size/*.o)
for example in relay climate; do
  set -- $("${arm}size" "$build/$example-microbit.elf" | awk 'END { print $1 + $2, $2 + $3 }')
  printf '| %s on a micro:bit, everything | %s | %s |\n' "$example" "$1" "$2"
done
printf '\n| state | bytes |\n|---|---|\n'
for name in hb_bridge hb_remembered hb_observer hb_deframer; do printf '| `%s` | %d |\n' "$name" "$(of "$name")"; done
awk -F '\t' '{ if ($2 > most) { most = $2; name = $1 } } END { sub(/.*:/, "", name); printf "| deepest single stack frame (%s) | %d |\n", name, most }' \
  "$build"/size/*.su
printf '\n`sizeof(hb_bridge)` on this computer: '
"$build/size-here"
