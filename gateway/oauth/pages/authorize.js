// The authorization endpoint's page: begins the request, shows its code, and goes back once a person has answered elsewhere.

const NAMES = ["response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"];
const PAUSE_AFTER_A_FAULT_S = 5;

const element = (id) => document.getElementById(id);
const tell = (text) => { element("status").textContent = text; };
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

function asked() {
  const query = new URLSearchParams(location.search);
  for (const name of NAMES) if (query.getAll(name).length > 1) throw new Error(`${name} stands twice in the address`);
  const body = { resource: query.getAll("resource") };
  for (const name of NAMES) if (query.has(name)) body[name] = query.get(name);
  return body;
}

function goBack(answer, text) {
  element("asks").hidden = true;
  tell(text);
  element("link").href = answer.to;
  element("back").hidden = false;
  if (answer.at_once) location.replace(answer.to);
}

async function follow(begun) {
  for (;;) {
    await sleep(begun.interval);
    let answer;
    try {
      answer = await post("/oauth/authorize/look", { request: begun.request });
    } catch {
      tell("The gateway cannot be reached just now; trying again…");
      await sleep(PAUSE_AFTER_A_FAULT_S);
      continue;
    }
    if (answer.status === 200 && answer.body.to) return goBack(answer.body, "Answered. You can close this page.");
    if (answer.status === 400) return tell(answer.body.error_description);
    if (answer.status === 200) tell("Waiting for you to type the code…");
    else await sleep(PAUSE_AFTER_A_FAULT_S);
  }
}

async function begin() {
  const { status, body } = await post("/oauth/authorize", asked());
  if (status !== 201) {
    const why = body.error_description || body.detail || "The gateway refused.";
    return body.to ? goBack(body, why) : tell(`${why} Begin anew in the program that sent you here.`);
  }
  element("name").textContent = body.calls_itself;
  element("code").textContent = body.user_code;
  element("command").textContent = `hearth agent accept ${body.user_code}`;
  element("asks").hidden = false;
  tell("Waiting for you to type the code…");
  return follow(body);
}

begin().catch((error) => tell(`That did not work: ${error.message}`));
