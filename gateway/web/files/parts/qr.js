// A QR code, drawn from its modules: rows of 1 (dark) and 0. Always dark on light, or no camera reads it.

import { html } from "../core/ui.js";

const MARGIN = 4; // modules of quiet around it (ISO/IEC 18004, 9.1)

export function Qr({ rows, label }) {
  const side = rows.length + 2 * MARGIN;
  const dark = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index + MARGIN} ${y + MARGIN}h${run[0].length}v1h-${run[0].length}z`)).join("");
  return html`<svg class="qr" role="img" aria-label=${label} viewBox=${`0 0 ${side} ${side}`} shape-rendering="crispEdges">
    <rect width=${side} height=${side} fill="#fff" /><path d=${dark} fill="#000" /></svg>`;
}
