// A node-wot servient with a counter and a lamp. Usage: node node_wot_servient.js <node_modules> <port> [<user> <password>]
// It says {"port": …} when it listens, and {"told": …} of what it was told; a line {"thing", "property", "value"} on its input
// is a change at the device, {"thing", "event", "data"} an event.
"use strict";
const path = require("path");
const readline = require("readline");
const [modules, port, user, password] = process.argv.slice(2);
const { Servient } = require(path.join(modules, "@node-wot/core"));
const { HttpServer } = require(path.join(modules, "@node-wot/binding-http"));

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const security = user ? { scheme: "basic" } : { scheme: "nosec" };
const secured = user
  ? { securityDefinitions: { basic_sc: { scheme: "basic", in: "header" } }, security: "basic_sc" }
  : { securityDefinitions: { nosec_sc: { scheme: "nosec" } }, security: "nosec_sc" };

const COUNTER = {
  "@context": ["https://www.w3.org/2019/wot/td/v1", "https://www.w3.org/2022/wot/td/v1.1"],
  id: "urn:dev:wot:org:example:counter",
  title: "Counter",
  ...secured,
  properties: {
    count: { type: "integer", title: "Count", observable: true, readOnly: true },
    lastChange: { type: "string", observable: true, readOnly: true },
  },
  actions: {
    increment: { title: "Increment" },
    setTo: { title: "Set to", input: { type: "integer", minimum: 0, maximum: 1000 } },
  },
  events: { change: { data: { type: "integer" } } },
};
const LAMP = {
  "@context": ["https://www.w3.org/2019/wot/td/v1", "https://www.w3.org/2022/wot/td/v1.1", { iot: "http://iotschema.org/" }],
  "@type": "iot:Light",
  id: "urn:dev:wot:org:example:lamp",
  title: "Hall lamp",
  ...secured,
  properties: {
    on: { type: "boolean", observable: true },
    brightness: { type: "integer", minimum: 0, maximum: 255 },
  },
};

async function expose(wot, description, values) {
  const thing = await wot.produce(description);
  for (const name of Object.keys(description.properties)) {
    thing.setPropertyReadHandler(name, async () => values[name]);
    if (description.properties[name].readOnly) continue;
    thing.setPropertyWriteHandler(name, async (input) => {
      values[name] = await input.value();
      say({ told: name, value: values[name] });
      thing.emitPropertyChange(name);
    });
  }
  return thing;
}

async function main() {
  const servient = new Servient();
  const http = new HttpServer({ port: Number(port), address: "127.0.0.1", baseUri: `http://127.0.0.1:${port}`, security: [security] });
  servient.addServer(http);
  if (user) {
    servient.addCredentials({
      [COUNTER.id]: { username: user, password },
      [LAMP.id]: { username: user, password },
    });
  }
  const wot = await servient.start();
  const counts = { count: 0, lastChange: "never" };
  const light = { on: false, brightness: 0 };
  const counter = await expose(wot, COUNTER, counts);
  const lamp = await expose(wot, LAMP, light);
  const changed = () => {
    counts.lastChange = "now";
    for (const name of Object.keys(counts)) counter.emitPropertyChange(name);
    counter.emitEvent("change", counts.count);
  };
  counter.setActionHandler("increment", async () => {
    counts.count += 1;
    say({ told: "increment" });
    changed();
    return undefined;
  });
  counter.setActionHandler("setTo", async (input) => {
    counts.count = await input.value();
    say({ told: "setTo", value: counts.count });
    changed();
    return counts.count;
  });
  await counter.expose();
  await lamp.expose();
  say({ port: http.getPort() });
  const things = { counter: [counter, counts], lamp: [lamp, light] };
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const { thing, property, value, event, data } = JSON.parse(line);
    const [exposed, values] = things[thing];
    if (event) return exposed.emitEvent(event, data);
    values[property] = value;
    return exposed.emitPropertyChange(property);
  }).on("close", () => process.exit(0));
}

main().catch((error) => {
  say({ failed: String(error) });
  process.exit(1);
});
