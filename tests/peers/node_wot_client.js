// node-wot as a consumer of a Hearth Thing. Usage: node node_wot_client.js <node_modules> <address of the description> <id>, the
// token on its input. Reads, observes and writes `on`, waits for the change, and says what it saw, a JSON object a line.
"use strict";
const path = require("path");
const [modules, url, id] = process.argv.slice(2);
const { Servient } = require(path.join(modules, "@node-wot/core"));
const { HttpClientFactory } = require(path.join(modules, "@node-wot/binding-http"));

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

async function main() {
  let token = "";
  for await (const chunk of process.stdin) token += chunk;
  token = token.trim();
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const description = await response.json();
  const servient = new Servient();
  servient.addClientFactory(new HttpClientFactory());
  servient.addCredentials({ [description.id]: { token } });
  const wot = await servient.start();
  const thing = await wot.consume(description);
  say({ consumed: description.id, asked: id });
  say({ read: await (await thing.readProperty("on")).value() });
  const observed = new Promise((resolve, reject) => {
    thing.observeProperty("on", async (output) => resolve(await output.value()), reject).catch(reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await thing.writeProperty("on", true);
  say({ written: true });
  say({ observed: await observed });
  say({ readAgain: await (await thing.readProperty("on")).value() });
  process.exit(0);
}

main().catch((error) => {
  say({ failed: String(error && error.stack ? error.stack : error) });
  process.exit(1);
});
