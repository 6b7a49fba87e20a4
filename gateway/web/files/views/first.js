// The first run, in three steps: devices, a lamp that is on, an agent that may dim it and not unlock the door.

import { manages } from "../core/me.js";
import { link } from "../core/route.js";
import { useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Card, Empty, html, Page, useEffect, useRef, useState } from "../core/ui.js";
import { LetIn } from "../parts/first_agent.js";
import { mark } from "../parts/first_mark.js";
import { Find, Try } from "../parts/first_things.js";

const STEPS = ["devices", "lamp", "agent"];

function Progress({ step }) {
  return html`<ol class="progress" aria-label=${t("first.steps")}>${STEPS.map((name, number) => html`<li key=${name} class=${number < step ? "past" : ""} aria-current=${number === step ? "step" : undefined}>${t(`first.step_${name}`)}</li>`)}</ol>`;
}

export default function First() {
  useThings(); // they come as they are adopted
  const [step, setStep] = useState(0);
  const [lamp, setLamp] = useState("");
  const [made, setMade] = useState(null);
  const top = useRef(null);
  useEffect(() => { mark("begun"); }, []);
  useEffect(() => { if (step) { scrollTo(0, 0); top.current?.focus({ preventScroll: true }); } }, [step]);
  if (!manages()) return html`<${Page} title=${t("first.title")} back="#/"><${Empty}>${t("inbox.adults")}<//><//>`;
  const done = (agent, may, card, lock) => { mark("done"); setMade({ agent, may, lamp: card, lock }); setStep(3); };
  return html`<${Page} title=${t("first.title")} back="#/"><div ref=${top} tabindex="-1" class="first">
    ${step < 3 && html`<${Progress} step=${step} />`}
    ${step === 0 && html`<${Find} onDone=${() => setStep(1)} />`}
    ${step === 1 && html`<${Try} lamp=${lamp} onLamp=${setLamp} onDone=${() => setStep(2)} />`}
    ${step === 2 && html`<${LetIn} lamp=${lamp} onDone=${done} />`}
    ${step === 3 && html`<${Done} made=${made} />`}</div><//>`;
}

function Done({ made }) {
  const { agent, may, lamp, lock } = made;
  const who = agent.name || agent.principal;
  const line = (key, is, what) => html`<li class=${is ? "good" : ""}>${t(`first.${key}_${is ? "yes" : "no"}`, { agent: who, what })}</li>`;
  return html`<${Card} tone="accent"><p role="status"><strong>${t("first.done", { agent: who })}</strong></p>
      <ul>${line("end_lamp", may.lamp, lamp.title)}${lock && line("end_lock", may.lock, lock.title)}</ul><p>${t("first.asks_you")}</p><//>
    <a class="button primary large" href="#/">${t("first.home")}</a>
    <p><a href=${link("people", agent.principal)}>${t("first.change", { agent: who })}</a></p>`;
}
