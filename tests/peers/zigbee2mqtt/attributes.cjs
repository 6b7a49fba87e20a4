// What simulated devices remember: their attributes, as written to them, moved by commands, or as a new device would have them.
const { load } = require("./modules.cjs")
const { Zcl } = load("zigbee-herdsman")

const T = Zcl.DataType

// Cluster and attribute -> what a fresh device says. The rest is the lowest legal value of its type.
const FRESH = {
  genBasic: { zclVersion: 3, stackVersion: 2, hwVersion: 1, dateCode: "20250101", swBuildId: "1.0", powerSource: 1 },
  genPowerCfg: { batteryVoltage: 30, batteryPercentageRemaining: 200, mainsVoltage: 2300 },
  genLevelCtrl: { currentLevel: 254, minLevel: 1, maxLevel: 254 },
  lightingColorCtrl: { colorCapabilities: 31, colorTempPhysicalMin: 50, colorTempPhysicalMax: 1000, colorTemperature: 300, colorMode: 2 },
  hvacThermostat: { localTemp: 2100, occupiedHeatingSetpoint: 2000, occupiedCoolingSetpoint: 2600, systemMode: 4 },
  haElectricalMeasurement: {
    acVoltageMultiplier: 1, acVoltageDivisor: 10, acCurrentMultiplier: 1, acCurrentDivisor: 1000, acPowerMultiplier: 1,
    acPowerDivisor: 10, rmsVoltage: 2300,
  },
  seMetering: { multiplier: 1, divisor: 1000, unitOfMeasure: 0 },
  msTemperatureMeasurement: { measuredValue: 2100 },
  msRelativeHumidity: { measuredValue: 5000 },
  closuresWindowCovering: { currentPositionLiftPercentage: 0, currentPositionTiltPercentage: 0 },
  ssIasZone: { zoneState: 1 },
}

class Attributes {
  constructor() {
    this.held = new Map()
  }

  key(place, cluster, id) {
    return `${place}/${cluster.ID}/${id}`
  }

  write(place, cluster, id, type, value) {
    this.held.set(this.key(place, cluster, id), { type, value })
  }

  // The record of a "read attributes response" for one attribute.
  read(place, cluster, id) {
    const held = this.held.get(this.key(place, cluster, id))
    if (held) return { attrId: id, status: 0, dataType: held.type, attrData: held.value }
    const attribute = Object.values(cluster.attributes).find((a) => a.ID === id)
    if (!attribute) return { attrId: id, status: Zcl.Status.UNSUPPORTED_ATTRIBUTE }
    const value = FRESH[cluster.name]?.[attribute.name] ?? lowest(attribute)
    if (value === undefined) return { attrId: id, status: Zcl.Status.UNSUPPORTED_ATTRIBUTE }
    return { attrId: id, status: 0, dataType: attribute.type, attrData: value }
  }

  // What a command of the standard clusters does to the attributes that show it. Returns those it moved: [id, type, value].
  // Transitions end at once.
  command(place, cluster, name, payload) {
    const now = (id, otherwise) => this.held.get(this.key(place, cluster, id))?.value ?? otherwise
    const moved = EFFECTS[cluster.name]?.(name, payload ?? {}, now) ?? []
    for (const [id, type, value] of moved) this.write(place, cluster, id, type, value)
    return moved
  }
}

const level = (p) => [[0, T.UINT8, Math.min(254, p.level)]]

const EFFECTS = {
  genOnOff(name, p, now) {
    const on = { on: 1, off: 0, onWithTimedOff: 1, offWithEffect: 0, toggle: now(0, 0) ? 0 : 1 }[name]
    const timed = name === "onWithTimedOff" ? [[0x4001, T.UINT16, p.ontime], [0x4002, T.UINT16, p.offwaittime]] : []
    return on === undefined ? [] : [[0, T.BOOLEAN, on], ...timed]
  },
  genLevelCtrl(name, p) {
    return name.startsWith("moveToLevel") ? level(p) : []
  },
  lightingColorCtrl(name, p) {
    if (name === "moveToColorTemp") return [[7, T.UINT16, p.colortemp], [8, T.ENUM8, 2]]
    if (name === "moveToColor") return [[3, T.UINT16, p.colorx], [4, T.UINT16, p.colory], [8, T.ENUM8, 1]]
    if (name === "moveToHueAndSaturation") return [[0, T.UINT8, p.hue], [1, T.UINT8, p.saturation], [8, T.ENUM8, 0]]
    if (name === "enhancedMoveToHueAndSaturation") return [[0x4000, T.UINT16, p.enhancehue], [1, T.UINT8, p.saturation], [8, T.ENUM8, 0]]
    return []
  },
  closuresWindowCovering(name, p) {
    const lift = { upOpen: 0, downClose: 100, goToLiftPercentage: p.percentageliftvalue }[name]
    if (lift !== undefined) return [[8, T.UINT8, lift]]
    return name === "goToTiltPercentage" ? [[9, T.UINT8, p.percentagetiltvalue]] : []
  },
  closuresDoorLock(name) {
    const locked = { lockDoor: 1, unlockDoor: 2 }[name]
    return locked === undefined ? [] : [[0, T.ENUM8, locked]]
  },
}

function lowest(attribute) {
  if (attribute.default !== undefined && typeof attribute.default === "number") return attribute.default
  const type = attribute.type
  if (type === T.CHAR_STR || type === T.LONG_CHAR_STR) return ""
  if (type === T.OCTET_STR || type === T.LONG_OCTET_STR) return Buffer.alloc(0)
  if (type === T.IEEE_ADDR) return "0x0000000000000000"
  if ([T.UINT64, T.INT64, T.UINT56, T.BITMAP64, T.DATA64, T.INT56, T.DATA56, T.BITMAP56].includes(type)) return 0n
  if ([T.ARRAY, T.STRUCT, T.SET, T.BAG, T.TOD, T.DATE, T.SEC_KEY, T.NO_DATA, T.UNKNOWN].includes(type)) return undefined
  return Math.max(0, attribute.min ?? 0)
}

exports.Attributes = Attributes
