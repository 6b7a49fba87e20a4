// Writes a data folder for Zigbee2MQTT: its configuration, and the database of a network with one device a definition.
// argv: the folder, and a JSON object: { port, availability, models: [[vendor, model] …] | null for all, from, to }.
// Prints one JSON object: what was made, and which definitions are left out, and why.
const fs = require("fs")
const path = require("path")
const { definitions, identify } = require("./identities.cjs")

// Of these a real network cannot have one either: with it Zigbee2MQTT 2.14.1 announces nothing at all, of any device.
const STOPS_ZIGBEE2MQTT = new Map([["Imhotep Creation\nBRI4P", "its thermostat has no setpoint with bounds, which Zigbee2MQTT asserts"]])

async function main() {
  const [folder, text] = process.argv.slice(2)
  const wish = JSON.parse(text)
  const chosen = wish.models ? new Set(wish.models.map((pair) => pair.join("\n"))) : null
  const rows = []
  const made = []
  const leftOut = []
  const seen = new Set()
  let index = 0
  for (const definition of definitions()) {
    const n = ++index
    const name = `${definition.vendor}\n${definition.model}`
    if (chosen ? !chosen.has(name) || seen.has(name) : n < (wish.from ?? 1) || n > (wish.to ?? Infinity)) continue
    const broken = STOPS_ZIGBEE2MQTT.get(name)
    if (broken) {
      leftOut.push([definition.vendor, definition.model, broken])
      continue
    }
    const row = await identify(definition, n + 1)
    if (!row) {
      leftOut.push([definition.vendor, definition.model, "no identity leads to this definition"])
      continue
    }
    seen.add(name)
    rows.push(row)
    made.push({ n, vendor: definition.vendor, model: definition.model, description: definition.description, name: `dev_${n}`, ieee: row.ieeeAddr })
  }
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, "database.db"), rows.map((row) => JSON.stringify(row)).join("\n"))
  fs.writeFileSync(path.join(folder, "configuration.yaml"), JSON.stringify(configuration(wish, made), null, 1))
  process.stdout.write(JSON.stringify({ made, left_out: leftOut, definitions: index }) + "\n")
}

function configuration(wish, made) {
  return {
    version: 5,
    mqtt: { server: `mqtt://127.0.0.1:${wish.port}`, base_topic: "zigbee2mqtt" },
    serial: { port: "/dev/null", adapter: "ember" },
    homeassistant: { enabled: true },
    frontend: { enabled: false },
    availability: { enabled: Boolean(wish.availability) },
    advanced: {
      log_level: wish.log_level ?? "warning", log_output: ["console"], channel: 11, pan_id: 4660,
      ext_pan_id: Array(8).fill(221), network_key: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13],
    },
    devices: Object.fromEntries(made.map((d) => [d.ieee, { friendly_name: d.name }])),
  }
}

main()
