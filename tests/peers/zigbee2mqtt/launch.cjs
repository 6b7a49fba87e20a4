// Starts the real Zigbee2MQTT on a data folder (ZIGBEE2MQTT_DATA), with the simulated radio in place of a serial adapter.
// Says "zigbee2mqtt has started" when it listens, "zigbee2mqtt has announced" when the messages for Home Assistant of all its devices
// are out. Ends on SIGTERM as Zigbee2MQTT does, and when its standard input ends.
const { load } = require("./modules.cjs")
const { Adapter } = load("zigbee-herdsman/dist/adapter/adapter.js")
const { Radio } = require("./radio.cjs")

Adapter.create = async (network, serial, backup, options) => new Radio(network, serial, backup, options)

// Looks on while devices are announced; changes nothing.
function watchAnnouncements(controller) {
  const { HomeAssistant } = load("zigbee2mqtt/dist/extension/homeassistant.js")
  const discover = HomeAssistant.prototype.discover
  const announced = new Set()
  let all = 0
  let said = false
  HomeAssistant.prototype.discover = async function (entity, publish = true) {
    await discover.call(this, entity, publish)
    if (!publish || said) return
    announced.add(entity)
    all ||= 1 + [...controller().zigbee.devicesAndGroupsIterator((d) => d.type !== "Coordinator")].length
    said = announced.size >= all
    if (said) console.log("zigbee2mqtt has announced")
  }
}

async function main() {
  let controller
  watchAnnouncements(() => controller)
  const settings = load("zigbee2mqtt/dist/util/settings.js")
  settings.reRead()
  const errors = settings.validate()
  if (errors.length) throw new Error(`configuration: ${errors.join("; ")}`)
  const { Controller } = load("zigbee2mqtt/dist/controller.js")
  controller = new Controller(
    async () => controller.stop(false),
    async (code) => process.exit(code),
  )
  let stopping = false
  const stop = () => {
    if (!stopping) void controller.stop(false)
    stopping = true
  }
  process.on("SIGTERM", stop)
  process.on("SIGINT", stop)
  process.stdin.on("end", stop).resume()
  await controller.start()
  console.log("zigbee2mqtt has started")
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
