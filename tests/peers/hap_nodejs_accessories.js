// Accessories of hap-nodejs: one with a room full of services, and a bridge with three behind it. What it would announce by mDNS
// it prints, a line of JSON each; what it is told to do, too. argv: the folder with node_modules, a folder for its keys, two device ids,
// two ports.
// On standard input, a line each: {"accessory", "characteristic", "value"} to show that, {"add": "lamp"} for a fourth behind the bridge.
const path = require("path")
const readline = require("readline")
const [modules, storage, roomId, bridgeId, roomPort, bridgePort] = process.argv.slice(2)
const library = path.join(modules, "hap-nodejs")
const advertisers = require(path.join(library, "dist/lib/Advertiser.js"))

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n")

// mDNS is the test's: this process stays on the loopback interface.
class Printed extends advertisers.CiaoAdvertiser.__proto__ {
  constructor(info) {
    super()
    this.info = info
    this.hash = Original.computeSetupHash(info)
  }
  initPort(port) {
    this.port = port
  }
  tell() {
    say({ announced: this.info.displayName, port: this.port, txt: Original.createTxt(this.info, this.hash) })
  }
  async startAdvertising() {
    this.tell()
  }
  updateAdvertisement() {
    this.tell()
  }
  async destroy() {}
}
const Original = advertisers.CiaoAdvertiser
advertisers.CiaoAdvertiser = Printed

const { Accessory, Bridge, Categories, Characteristic, HAPStorage, Service, uuid } = require(library)
HAPStorage.setCustomStoragePath(storage)
Accessory.parseBindOption = () => ({ serverAddress: "127.0.0.1" })

const known = {}

function made(name, type = Accessory) {
  const accessory = new type(name, uuid.generate(name))
  accessory
    .getService(Service.AccessoryInformation)
    .setCharacteristic(Characteristic.Manufacturer, "Node")
    .setCharacteristic(Characteristic.SerialNumber, `NODE-${name}-0815`)
  known[name] = accessory
  accessory.on("identify", (paired, done) => (say({ told: name, name: "Identify", value: true }), done()))
  return accessory
}

function heard(accessory, service) {
  for (const one of service.characteristics)
    if (one.props.perms.includes("pw"))
      one.on("set", (value, done) => (say({ told: accessory.displayName, name: one.displayName, value }), done(null)))
  return service
}

// Current follows target, as a motor does.
function follows(service, target, current, of = (value) => value) {
  service
    .getCharacteristic(target)
    .on("change", ({ newValue }) => setTimeout(() => service.updateCharacteristic(current, of(newValue)), 60))
}

const room = made("Room")
const add = (type, subtype) => heard(room, room.addService(type, type.name + (subtype || ""), subtype))
const lock = add(Service.LockMechanism)
lock.getCharacteristic(Characteristic.LockTargetState).setProps({ perms: ["pr", "pw", "ev", "tw"] })
lock.updateCharacteristic(Characteristic.LockCurrentState, 0)
follows(lock, Characteristic.LockTargetState, Characteristic.LockCurrentState)
const garage = add(Service.GarageDoorOpener)
garage.updateCharacteristic(Characteristic.CurrentDoorState, 1)
garage.updateCharacteristic(Characteristic.TargetDoorState, 1)
follows(garage, Characteristic.TargetDoorState, Characteristic.CurrentDoorState)
const blind = add(Service.WindowCovering)
blind.updateCharacteristic(Characteristic.PositionState, 2)
follows(blind, Characteristic.TargetPosition, Characteristic.CurrentPosition)
const heating = add(Service.Thermostat)
heating.updateCharacteristic(Characteristic.TargetTemperature, 20)
const light = add(Service.Lightbulb)
light.addOptionalCharacteristic(Characteristic.Hue)
for (const one of [Characteristic.Brightness, Characteristic.Hue, Characteristic.Saturation])
  heard(room, { characteristics: [light.getCharacteristic(one)] })
add(Service.TemperatureSensor)
add(Service.MotionSensor)
add(Service.ContactSensor)
add(Service.StatelessProgrammableSwitch)

const bridge = made("Bridge", Bridge)
function behind(name) {
  const accessory = made(name)
  heard(accessory, accessory.addService(Service.Outlet, name))
  bridge.addBridgedAccessory(accessory)
}
for (const name of ["One", "Two", "Three"]) behind(name)

const common = { pincode: "031-45-154", advertiser: "ciao", addIdentifyingMaterial: false }
room.publish({ ...common, username: roomId, port: Number(roomPort), category: Categories.OTHER })
bridge.publish({ ...common, username: bridgeId, port: Number(bridgePort), category: Categories.BRIDGE })

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const wish = JSON.parse(line)
  if (wish.add) return behind(wish.add)
  const of = known[wish.accessory].services.flatMap((service) => service.characteristics)
  of.find((one) => one.displayName === wish.characteristic).updateValue(wish.value)
})
