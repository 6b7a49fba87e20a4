// One question to a person: what would be done, by whom, why it is asked. Facts first, the agent's own words last and marked.

import { ask, element, fact, me, run, show, signed, tell, why } from "/pages/phone.js";

const id = decodeURIComponent(location.pathname.split("/")[2]);
const path = `/approvals/${encodeURIComponent(id)}`;
const HAZARDS = ["comfort", "a nuisance, or costs", "can do damage", "life safety"];
const LOOK_EVERY_S = 3;

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const plain = (value, unit) => `${value === null || value === undefined ? "unknown" : text(value)}${unit ? ` ${unit}` : ""}`;

function useFacts(list, use) {
  for (const effect of use.effects || []) {
    fact(list, effect.property, `${plain(effect.now, effect.unit)} → ${plain(effect.becomes, effect.unit)}`);
  }
  if (use.room) fact(list, "Room", use.room);
  for (const member of use.members || []) fact(list, "Moves", member.title || member.device);
  fact(list, "What it can do", HAZARDS[use.hazard] ?? String(use.hazard));
  if (use.reversibility !== "reversible") fact(list, "To undo it", use.reversibility);
}

function draw(shown) {
  const list = element("facts");
  list.replaceChildren();
  if (shown.use) {
    const { title, affordance, value } = shown.use;
    element("what").textContent = `${title}: ${affordance}${value === null ? "" : ` ${text(value)}`}`;
    useFacts(list, shown.use);
  } else {
    element("what").textContent = shown.title || "A plan of several steps";
    (shown.steps || []).forEach((step, index) => {
      const use = step.use || step;
      fact(list, `${index + 1}.`, `${use.title || use.thing}: ${use.affordance} ${use.value === null ? "" : text(use.value)}`);
    });
  }
  const { principal } = shown;
  fact(list, "Asked by", [principal.id, principal.acts_for && `for ${principal.acts_for}`, principal.makers.length
    && `let in by ${principal.makers.join(", ")}`].filter(Boolean).join(", "));
  for (const one of shown.asks) fact(list, "The rule", `${one.why} (${one.rule})`);
  for (const owed of shown.owes || []) fact(list, "Afterwards it", owed);
  const own = [shown.says, shown.calls_itself && `(it calls itself ${shown.calls_itself})`].filter(Boolean).join(" ");
  element("says").textContent = own;
  show("own", Boolean(own));
}

function countdown(expires) {
  const tick = () => {
    const left = Math.round((Date.parse(expires) - Date.now()) / 1000);
    element("left").textContent = left > 0 ? `Nobody need answer; in ${left} s it is over.` : "Its time is over.";
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

async function answer(question, said) {
  for (const name of ["yes", "no"]) element(name).disabled = true;
  try {
    const body = await signed(id, { answer: said, digest: question.digest });
    const done = await ask(path, body);
    if (done.status === 200) return over(done.body);
    tell(why(done));
  } finally {
    for (const name of ["yes", "no"]) element(name).disabled = false;
  }
}

function over(question) {
  show("question", false);
  tell(`${element("what").textContent}: ${question.state === "approved" ? "somebody said yes." : `${question.state}.`} You can close this page.`);
}

async function begin() {
  if (!(await me())) {
    tell("The gateway does not know this phone.");
    return show("elsewhere");
  }
  const found = await ask(path);
  if (found.status !== 200) {
    tell(found.status === 404 ? "There is no such question, or it is not for you." : why(found));
    return show("elsewhere", found.status === 404);
  }
  draw(found.body.shown);
  if (found.body.state !== "asked") return over(found.body);
  countdown(found.body.shown.expires_at);
  element("yes").addEventListener("click", () => run(() => answer(found.body, "approve")));
  element("no").addEventListener("click", () => run(() => answer(found.body, "deny")));
  element("app").href = `/#/approvals/${encodeURIComponent(id)}`;
  show("question");
  tell("");
  return follow();
}

async function follow() {
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_S * 1000));
  if (element("question").hidden) return;
  const now = await ask(path).catch(() => null);
  if (now?.status === 200 && now.body.state !== "asked") return over(now.body);
  return follow();
}

run(begin);
