// The simulated radio: stands where a serial adapter with its Zigbee network would be.
//
// Real: everything above it, that is Zigbee2MQTT, its extensions, zigbee-herdsman's controller and frames (requests are encoded and
// answers parsed as bytes), and all converters. Not real: the air, and the devices. Every device answers, at once, and agrees: a write
// is kept and read back, a command of a standard cluster moves the attributes that show it (attributes.cjs) and is reported, a Tuya data
// point is reported as it was set. A manufacturer's own command is answered with success and nothing else. No device says anything
// of its own accord, refuses, or knows which of its attributes a real one lacks.
const { load } = require("./modules.cjs")
const { Attributes } = require("./attributes.cjs")
const { Zcl, Zdo, ZSpec } = load("zigbee-herdsman")
const { Adapter } = load("zigbee-herdsman/dist/adapter/adapter.js")

exports.COORDINATOR = "0x00124b00ffffffff"
const { GLOBAL, SPECIFIC } = Zcl.FrameType
const TUYA_SETTERS = new Set(["dataRequest", "sendData"])

class Radio extends Adapter {
  constructor(network, serial, backup, options) {
    super(network, serial, backup, options)
    this.attributes = new Attributes()
    this.manufacturerID = Zcl.ManufacturerCode.RESERVED_10
    this.heard = 0
    this.tsn = 0
  }

  start = async () => "resumed"
  stop = async () => {}
  getCoordinatorIEEE = async () => exports.COORDINATOR
  getCoordinatorVersion = async () => ({ type: "simulated", meta: { revision: "1" } })
  reset = async () => {}
  supportsBackup = async () => false
  backup = async () => Promise.reject(new Error("a simulated radio keeps no backup"))
  addInstallCode = async () => {}
  permitJoin = async () => {}
  setChannelInterPAN = async () => {}
  restoreChannelInterPAN = async () => {}
  sendZclFrameInterPANToIeeeAddr = async () => {}
  sendZclFrameInterPANBroadcast = async () => Promise.reject(new Error("nobody is near"))
  sendZclFrameToAll = async () => {}

  getNetworkParameters = async () => ({
    panID: this.networkOptions.panID,
    extendedPanID: "0xdddddddddddddddd",
    channel: this.networkOptions.channelList[0],
    nwkUpdateID: 0,
  })

  waitFor() {
    return { promise: new Promise(() => {}), cancel: () => {} }
  }

  async sendZdo(ieee, network, cluster, payload, disableResponse) {
    if (network === ZSpec.COORDINATOR_ADDRESS) return this.ofCoordinator(cluster)
    if (disableResponse) return undefined
    return [Zdo.Status.SUCCESS, undefined]
  }

  ofCoordinator(cluster) {
    if (cluster === Zdo.ClusterId.ACTIVE_ENDPOINTS_REQUEST) return [0, { nwkAddress: 0, endpointList: [1] }]
    const simple = { nwkAddress: 0, length: 8, endpoint: 1, profileId: ZSpec.HA_PROFILE_ID, deviceId: 5, deviceVersion: 0, inClusterList: [], outClusterList: [] }
    return cluster === Zdo.ClusterId.SIMPLE_DESCRIPTOR_REQUEST ? [0, simple] : [0, undefined]
  }

  async sendZclFrameToGroup(group, frame) {
    this.heard += 1
  }

  async sendZclFrameToEndpoint(ieee, network, endpoint, frame, timeout, disableResponse) {
    this.heard += 1
    if (network === ZSpec.COORDINATOR_ADDRESS) return undefined
    const request = received(frame)
    const at = { ieee, network, endpoint, frame, place: `${ieee}/${endpoint}` }
    const answer = request.header.isGlobal ? this.foundation(at, request.payload) : this.specific(at, request.payload)
    if (answer) setImmediate(() => this.emit("zclPayload", answer)) // as an adapter does with all that it hears
    return disableResponse ? undefined : answer
  }

  foundation(at, records) {
    const cluster = at.frame.cluster
    switch (at.frame.command.name) {
      case "read":
        return this.says(at, "readRsp", records.map((r) => this.attributes.read(at.place, cluster, r.attrId)))
      case "write":
      case "writeUndiv":
        for (const r of records) this.attributes.write(at.place, cluster, r.attrId, r.dataType, r.attrData)
        return this.says(at, "writeRsp", [{ status: 0 }])
      case "writeStructured":
        return this.says(at, "writeStructuredRsp", [{ status: 0 }])
      case "configReport":
        return this.says(at, "configReportRsp", [{ status: 0 }])
      default:
        return this.says(at, "defaultRsp", { cmdId: at.frame.command.ID, statusCode: 0 })
    }
  }

  specific(at, payload) {
    const { cluster, command } = at.frame
    const moved = this.attributes.command(at.place, cluster, command.name, payload)
    if (moved.length) this.tells(at, "report", moved.map(([attrId, dataType, attrData]) => ({ attrId, dataType, attrData })))
    if (cluster.name === "manuSpecificTuya" && TUYA_SETTERS.has(command.name)) this.tuya(at, payload)
    const answer = command.response !== undefined && answerTo(cluster, command, payload)
    if (answer) return this.says(at, answer.name, answer.payload, SPECIFIC)
    return this.says(at, "defaultRsp", { cmdId: command.ID, statusCode: 0 })
  }

  // A Tuya device reports each data point that it was told, with the value that it took.
  tuya(at, payload) {
    this.tells(at, "dataReport", { seq: payload.seq, dpValues: payload.dpValues }, SPECIFIC)
  }

  tells(at, command, payload, type = GLOBAL) {
    this.tsn = (this.tsn + 1) % 256
    const heard = this.frame(at, this.tsn, command, payload, type)
    setImmediate(() => this.emit("zclPayload", heard))
  }

  says(at, command, payload, type = GLOBAL) {
    return this.frame(at, at.frame.header.transactionSequenceNumber, command, payload, type)
  }

  frame(at, tsn, command, payload, type) {
    const { cluster, header } = at.frame
    const frame = Zcl.Frame.create(type, Zcl.Direction.SERVER_TO_CLIENT, true, header.manufacturerCode, tsn, command, cluster, payload, {})
    const data = frame.toBuffer()
    return {
      clusterID: cluster.ID, address: at.network, header: Zcl.Header.fromBuffer(data), data, endpoint: at.endpoint,
      linkquality: 120, groupID: 0, wasBroadcast: false, destinationEndpoint: 1,
    }
  }
}

// What arrives at the device: the request's bytes, read again. Some requests are lists whose length only their device knows; of those
// the bytes are made, and the payload is taken as it was before.
function received(frame) {
  const bytes = frame.toBuffer()
  try {
    return Zcl.Frame.fromBuffer(frame.cluster.ID, Zcl.Header.fromBuffer(bytes), bytes, { [frame.cluster.name]: frame.cluster })
  } catch {
    return frame
  }
}

// The answers of its own kind that a standard cluster's command has; others get the default response.
function answerTo(cluster, command, payload) {
  const name = Object.values(cluster.commandsResponse).find((c) => c.ID === command.response)?.name
  if (cluster.name === "genGroups" && (name === "addRsp" || name === "removeRsp")) return { name, payload: { status: 0, groupid: payload.groupid } }
  if (cluster.name === "genScenes" && name) return { name, payload: { status: 0, groupId: payload.groupid ?? 0, sceneId: payload.sceneid ?? 0 } }
  if (cluster.name === "closuresDoorLock" && ["lockDoorRsp", "unlockDoorRsp"].includes(name)) return { name, payload: { status: 0 } }
  return undefined
}

exports.Radio = Radio
