// node-wot as a user of Hearth's directory. Usage: node node_wot_user.js <node_modules> <address of the gateway>, the token on its
// input. It finds the Things by the directory's description, and uses a lamp and a bell by theirs alone: no address, header or
// shape of Hearth's own stands here. Says what it saw, a JSON object a line.
"use strict";
const path = require("path");
const [modules, gateway] = process.argv.slice(2);
const { Servient, Helpers } = require(path.join(modules, "@node-wot/core"));
const { HttpClientFactory, HttpsClientFactory } = require(path.join(modules, "@node-wot/binding-http"));

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const text = async (output) => Buffer.from(await output.arrayBuffer()).toString();
const body = async (content) => JSON.parse((await content.toBuffer()).toString());

async function main() {
  let token = "";
  for await (const chunk of process.stdin) token += chunk;
  token = token.trim();
  const servient = new Servient();
  servient.addClientFactory(new HttpClientFactory());
  servient.addClientFactory(new HttpsClientFactory());
  const wot = await servient.start();

  const introduction = await wot.requestThingDescription(`${gateway}/.well-known/wot`);
  servient.addCredentials({ [introduction.id]: { token } });
  const directory = await wot.consume(introduction);
  const listed = await (await directory.readProperty("things", { uriVariables: { limit: 50 } })).value();
  say({ listed: listed.map((one) => one.id) });
  const found = Object.fromEntries(listed.map((one) => [one.title, one]));
  const retrieved = await directory.invokeAction("retrieveThing", undefined, { uriVariables: { id: found.lamp.id } });
  say({ retrieved: JSON.parse(await text(retrieved)).title });

  for (const one of listed) servient.addCredentials({ [one.id]: { token } });
  const lamp = await wot.consume(found.lamp);
  const bell = await wot.consume(found.bell);

  say({ read: await (await lamp.readProperty("on")).value() });
  const values = [];
  const seen = new Promise((resolve, reject) => {
    const told = async (output) => {
      values.push(await output.value());
      if (values.length === 2) resolve(values);
    };
    lamp.observeProperty("on", told, reject).catch(reject);
  });
  await lamp.observeProperty("brightness", () => undefined); // a second one beside it
  await lamp.writeProperty("on", true);
  say({ written: true });
  while (values.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  await lamp.writeProperty("on", false);
  say({ observed: await seen });
  await lamp.writeMultipleProperties(new Map([["on", true], ["brightness", 40]]));
  const all = await lamp.readAllProperties();
  say({ all: [await all.get("on").value(), await all.get("brightness").value()] });

  const presses = [];
  const pressed = new Promise((resolve, reject) => {
    const told = async (output) => {
      presses.push(await output.value());
      if (presses.length === 3) resolve(presses);
    };
    bell.subscribeEvent("pressed", told, reject).then(() => say({ subscribed: true }), reject);
  });
  say({ presses: await pressed });

  await lamp.invokeAction("toggle");
  say({ toggled: await (await lamp.readProperty("on")).value() });

  // Asynchronous: by the form that says so, and its status by the form for that. Consumed anew, for where a form is chosen by its
  // index, node-wot 0.9 gives its credentials to the first request alone.
  const forms = found.lamp.actions.toggle.forms;
  const started = forms.findIndex((form) => form.response && form.response["htv:statusCodeValue"] === 201);
  const status = JSON.parse(
    await text(await (await wot.consume(found.lamp)).invokeAction("toggle", undefined, { formIndex: started })),
  );
  say({ started: status.status, href: status.href });
  const client = servient.getClientFor(new URL(gateway).protocol.slice(0, -1));
  client.setSecurity([found.lamp.securityDefinitions.bearer_sc], { token });
  const query = forms.find((form) => form.op.includes("queryaction"));
  const own = { ...query, href: new URL(status.href, query.href).href };
  let told = await body(await client.readResource(own));
  while (!told.timeEnded) told = await body(await client.readResource(own));
  say({ ended: told.status, execution: told.execution === status.execution });
  say({ newest: (await body(await client.readResource(query))).execution === status.execution });
  const cancel = await client.invokeResource({ ...own, "htv:methodName": "DELETE" }).catch((error) => String(error));
  say({ cancelled: cancel });

  const stranger = new Servient();
  stranger.addClientFactory(new HttpClientFactory());
  stranger.addClientFactory(new HttpsClientFactory());
  stranger.addCredentials({ [found.lamp.id]: { token: "none" } });
  const other = await (await stranger.start()).consume(found.lamp);
  say({ stranger: await other.readProperty("on").catch((error) => String(error)) });
  process.exit(0);
}

main().catch((error) => {
  say({ failed: String(error && error.stack ? error.stack : error) });
  process.exit(1);
});
