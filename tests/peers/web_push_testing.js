// The push service of the package web-push-testing, on loopback and under TLS, which it does not have of itself.
// Arguments: the folder of node_modules, certificate, key. The first line says where it listens; it ends with its input.

const https = require("node:https");
const fs = require("node:fs");
const path = require("node:path");

const [modules, certificate, key] = process.argv.slice(2);
const source = path.join(modules, "web-push-testing", "src");
const { PushApiModel } = require(path.join(source, "PushApiModel.js"));
const Service = require(path.join(source, "server.js"));

const model = new PushApiModel();
const service = new Service(model, 0);
service.setRequestHandlers();
const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, service._app);
server.listen(0, "127.0.0.1", () => {
  const origin = `https://127.0.0.1:${server.address().port}`;
  model.notifyUrl = `${origin}/notify/`;
  console.log(origin);
});
process.stdin.on("end", () => process.exit(0)).resume();
