// An agent asks to be let in: a person types the code that stands where the agent is, looks at it, and signs the answer.

import { ask, element, fact, me, run, show, signed, tell, why } from "/pages/phone.js";

const CODE = /^[0-9A-Z]{4}-?[0-9A-Z]{4}$/;
const given = location.hash.slice(1).toUpperCase();

const spelled = (typed) => {
  const code = typed.trim().toUpperCase();
  return CODE.test(code) && !code.includes("-") ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
};

async function look(event) {
  event.preventDefault();
  const code = spelled(element("code").value);
  const found = await ask(`/agents/requests/${encodeURIComponent(code)}`);
  if (found.status !== 200) return tell(why(found));
  const { calls_itself, from, shown_by, expires_at, user_code, proposed } = found.body;
  element("name").textContent = calls_itself;
  const list = element("facts");
  list.replaceChildren();
  fact(list, "Its code", user_code);
  fact(list, "Shown by", shown_by);
  fact(list, "Asked from", from);
  fact(list, "Until", new Date(expires_at).toLocaleTimeString());
  element("principal").value = proposed.principal;
  element("answer").onsubmit = (submitted) => run(() => accept(submitted, user_code, proposed));
  element("no").onclick = () => run(() => answer(user_code, { answer: "deny" }));
  show("form", false);
  show("request");
  return tell("");
}

function accept(event, code, proposed) {
  event.preventDefault();
  const ends = element("ends").value;
  const body = { answer: "accept", principal: element("principal").value.trim(), name: proposed.name };
  if (ends) body.expires_in = Number(ends);
  return answer(code, body);
}

async function answer(code, body) {
  const done = await ask(`/agents/requests/${encodeURIComponent(code)}`, await signed(`agents/requests/${code}`, body));
  if (done.status >= 300) return tell(why(done));
  show("request", false);
  return tell(body.answer === "accept" ? `It is in, as ${done.body.principal}. You can close this page.` : "It was turned away.");
}

async function begin() {
  if (CODE.test(given)) element("command").textContent = `hearth agent accept ${given}`;
  if (!(await me())) {
    tell("The gateway does not know this phone.");
    return show("elsewhere");
  }
  element("form").addEventListener("submit", (event) => run(() => look(event)));
  show("form"); // the code is typed even where the address has one: whoever types it has looked at the agent
  return tell("");
}

run(begin);
