"""Words that tell nothing about anybody: what devices, their publishers and the discovery format are made of.

Whatever is not here is replaced in a recording. So a word that is missing costs readability, never a secret.
"""

from __future__ import annotations

from typing import Final

from drivers.mqtt import abbreviations

_FORMAT: Final = """
abbr ack action actions activity alarm all any arm armed arming attr attributes auto automation avail availability
available avty away base binary blind bridge brightness button by camera cancel category ch channel class cleanup
clear climate cmd cmnd cmps cns code color color_temp command components config configuration connections content
control cover cu current custom cycle dev dev_cla device device_automation diagnostic direction disabled disarm
disarmed disarming dock docked e2e effect enabled encoding ent entity err error event events expire extended fan
features firmware flash force format from get gps group group_id groups hass homeassistant hs humidifier humidity hvac
hw hw_version ic icon id identifiers ids image in info init installed is it item json kelvin key latest lawn level
light list lo local lock locked locking log logging lwt manufacturer mapping max max_temp mdi mdl memory message mf
min mireds mode mode_stat model modes mower name no node none not notify null number object objects of off offline on
online open opening operation opt optimistic option options or origin osc oscillate oscillation paused payload pct
pending percentage pl platform pos position power precision prefix presence preset press pressed previous progress
property protocol ptrn publish qos range rate raw reason received rejected release report reports request response
restart ret retain retained return returning rgb rgbw rgbww route sa scale scene schema sensor sensors sent serial set
settings siren size sn source spd speed stat stat_t state states status step stop stopped sub subtype suggested
summary support supported sw sw_version swing switch sync system t tag target tele temp temperature template text then
tilt time title to toggle token tone tones topic tpl transition trigger triggered triggers typ type unavailable uniq
unique unit unknown unlock unlocked unlocking update updates uptime url use user utf8 vacuum value valve version via
volume warning water white wifi xy zone
"""

_HOUSE: Final = """
absolute ac acceleration account active adaptive add added address air alert altitude ambient amount angle antifrost
apparent application aqi area armaway armhome arrow atmospheric awning backlight barrier battery beep behavior
behaviour bell blink blue boiler boost box breathe bssid bulb burglar buzzer calibration call candle carbon celsius
center change changed charge charged charging child chime clean cleaning clear click clicked clock close closed
closing co co2 cold colorloop colour comfort conductivity config connected connection connectivity consumed
consumption contact cool cooling cosmos count countdown counter credential cube curtain custom cyan daily damper data
date dawn day daylight deadband deadzone decrease default defrost dehumidifier delay delta detect detected detection
detector dew dial dim dimmer dioxide disable disconnected display distance disturb do door doorbell double down drop
dry drying duration dusk duty eco edge edit eight email emergency empty enable energy enrolled evening export external
extra factory fade fahrenheit fall false fast fault filter finish fire fireplace first five fixed floor flow follow
forced forward four frequency friday frost full garage gas gate generator gentle glisten green guard half hard heat
heater heating heavy held high history hold holiday home horizontal host hostname hot hour hours hue humid humidifying
hydronic hysteresis identify idle illuminance illumination images imei import increase increasing index indicator
indoor indoors inner input inside install internal interval invalid inverted inverter irradiance jam jammed key keypad
keys lamp last lat latitude leak learn led left lifetime light lighting limit line link linkquality lockout login logo
lon long longitude loop low lower lqi lux machine magenta mail mains maintenance manual mass master maximum measure
measured measurement medium melody meter methane mid middle mild minimum minute minutes modus moist moisture monday
monetary monoxide month monthly morning motion motor moving mowing multimaster music mute muted nc network night nine
nitrogen noise normal normally not_home nothing occupancy occupied odor offset ok okay once one only operating orange
orientation other ou outage outdoor outdoors outer outlet output outside overcurrent overheat overload overvoltage
owner ozone packages pairing palette panic parent part partial party pass passphrase passwd password pattern pause
peak percent period permit permit_join person ph phase phone picture pin pir play playing plug pm pm1 pm10 pm25 png
point police pollution power_factor pre precipitation preheat preheating presence pressure problem product production
profile program programming protect protection proximity psk pulse pump purifier purple push pwd quadruple quality
quick quiet quintuple radar radiator radon rain rainbow random rating reachable reactive read ready reboot red refresh
region regular rejoin relative relay relock remaining remote repeat reported reset reverse reversed rfid right ring
ringing ringtone rise rising role rotate rotation rssi run running runtime safe safety saturated saturation saturday
save scan schedule screen second seconds secret seen select self sensitivity sequence service session setpoint setting
seven shade shake short shut shutter side signal silence silent single sirens situation six skip slave sleep slide
slow smart smoke snow socket soft soil solar sos sound spa sparkle spectrum spring ssid standby start started startup
stationary steady style sulphur sun sunday sunrise sunset super supply surface switched switching symbol table tamper
tampered tank tariff temporary ten test tested the thermometer thermostat thi three threshold thunder thursday tick
timeout timer timeset timestamp today toggle tomorrow top total touch transmit trip triple true tuesday turn turned
two type ultra under underfloor unoccupied unreachable up updated updating upper usage usb used username vacation
value valve variant vent ventilation vertical very vibration voc vol voltage waiting wake warm warmer watering wave
weak wednesday week weekday weekend weekly weight wet wheel wind window winter with without work working year yellow
yes yesterday zero
"""

_UNITS: Final = """
ah bar bit bits byte bytes ca cbar cm cm² db dba dbm deg eur ft gal gb gj gw hpa hz inhg iso kb kbit kg khz kj km kmh
kpa kva kvar kvarh kw kwh l100 lb lm lx ma mah mb mbar mbit mg mhz mi min mj ml mm mmhg mph ms msec mv mw mwh mwhs m²
m³ pa ppb ppm psi rpm sec sqm ug usd utc va vah var varh vpd wh °c °f µg µs μg
"""

_TEMPLATES: Final = """
abs and as as_datetime as_timestamp average base64_decode base64_encode bitwise_and bitwise_or bool capitalize ceil
cos default defined dict elif else endfor endif endmacro endswith first float floor for format from_json has hex if
iif in index int is is_defined is_number items join json_attr_t json_attr_tpl keys last length list log lower map
mapping math max min multiply namespace none not now number or ord pack range regex_findall regex_findall_index
regex_match regex_replace regex_search reject rejectattr replace replaced reverse round select selectattr sin slice
sort sqrt startswith strftime string strip strptime sum tan this timedelta timestamp_custom timestamp_local
timestamp_utc title to_json tojson trim truncate tuple typeof undefined unique unpack upper utcnow value value_json
values wordcount
"""

_PUBLISHERS: Final = """
antizapping api apps aqara arduino barrier belllink bindings birth ble bluetooth board bthome chip cluster clusters
com coordinator decode decoder definition devices dimmable discovery dummy ember ems end endpoint endpoints esp esp32
esp8266 esphome evcc extended2 ezsp friendly fulltopic fw gateway github hearth http https ieee ikea interview
interviewed interviewing io ip ipaddress join koenkk lan leave link2mqtt lumi mac map marlin matter mesh module
modules mqtt mqttinfo net ntc ntp omg opendtu openmqttgateway org ota ota_url owrt pan philips radio ram restapi
result rf router rpc rtl433 scenes server settings shelly shutter simulated sku snzb soc sonoff ssl sta stack stat
statetext stic tasmota template theengs thread tls tuya ui uptime valetudo vendor will wled www zb zbbridge zha zigbee
zigbee2mqtt znp zstack zwave zwavejs2mqtt
"""

_EXPOSED: Final = """
1221051039510110150109113116116 access address attribute availability binary bind category cluster composite
configured date_code description enum exposes interval label length manufacturer_code numeric power_source property
reporting scenes software_build_id strobe values
"""
"""How Zigbee2MQTT describes a model; the number is its bridge's name in every house."""

_TASMOTA: Final = """
am2301 apparentpower backlog bat berry bme280 bmp280 btn bulb cam channel cmnd ct dew dht11 dht22 dimmer dn downtime
ds18b20 dslp factor fallback fn ft fulltopic heap hn hsbcolor if lk loadavg lt md module mqttcount ofln onln point
powerretain reactivepower rl scd30 sensorretain sgp30 sh shd sho sht shutter1 shutter2 shutter3 shutter4 si7021
sleepmode so st statussns statussts stopic sw swc swn tele tempunit today total totalstarttime tp ty uptimesec ver
wificount
"""

_MEANINGS: Final = """
accuracy ampere amps array basic batt blood boolean bq cal calibrated ccf cell cells changed compounds concentration
convert defrosting demand difference electric emitter exported fl formaldehyde formaldehyd ft³ gcal glucose gradient grid
hcho high infrared inf injected integer intensity iso8601 kcal klx kv legacy location mcal mired modulation mpa mva mvar
multipleof nitrous nmi nominal occurred organic onoff oscillating oxide oz panel params parts pci performance produced
properties rated receiver sat scanned segment segments signal storage strength tension timings tracker tvoc tw uri uv
media vcc volatile volt volts watt watts yd µv μv
"""
"""Rest of components, device classes, units and payloads of the discovery format."""

_BRIDGED: Final = """
administer alt coap coaps cov did manage operate pubsub view
"""
"""Thing Descriptions over CoAP: schemes, terms of Hearth's firmware, hosts that are nowhere."""

_DESCRIPTIONS: Final = """
alg apikey apparent authorization barometric bearer body cancelaction cbor cel charset combo const cookie cubic cubicmetre data
decibel degc degf degree delete descriptions diagram digest directory exclusive federal header hectopascal hertz htv
instantaneous intl invokeaction iot iotschema jwt kilowatt kilowatthour kilowatthr liter litre longpoll meta methodname
metre million monitor multi nosec oauth2 observe observeallproperties observemultipleproperties observeproperty octet
om ontology parts pascal patch photo plain post psk purl put qudt query queryaction readallproperties
readmultipleproperties readproperty relation saref saref4bldg sense sse stream subprotocol subscribe subscribeallevents
subscribeevent td thing things unobserveallproperties unobserveproperty unsubscribeallevents unsubscribeevent video w3
urn utf watthour websub wot writeallproperties writemultipleproperties writeonly writeproperty xml
"""
"""Thing Descriptions: operations, schemes, media types, prefixes and types of the vocabularies that they use."""

_ACCESSORIES: Final = "aa accessories arcdegrees bool characteristics ev hap hd homekit pr pw tlv tw uint wr"
"""HomeKit: formats, permissions and units of characteristics."""

_NODES: Final = """
brama bramka brana cancello deep deur dor driveway dør einfahrt entrance erase garagedeur garagentor garageport garaje
grind haustur haustür hoftor hoftür infinity nan neustart nvs poort port portail portao portão porte porton portone
portón puerta redemarrer redémarrer reiniciar riavvia shutdown soll sollwert tor tur tür unpair upgrade vrata
werksreset wipe
"""
"""ESPHome: words of names by which something counts as a gate, or as done to the device itself."""

_TABLES: Final = (
    _FORMAT, _HOUSE, _UNITS, _TEMPLATES, _PUBLISHERS, _EXPOSED, _TASMOTA, _MEANINGS, _DESCRIPTIONS, _ACCESSORIES, _NODES,
    _BRIDGED,
)  # fmt: skip

WORDS: Final[frozenset[str]] = frozenset(
    part
    for table in (abbreviations.CONFIG, abbreviations.DEVICE, abbreviations.ORIGIN)
    for word in (
        *" ".join(_TABLES).split(),
        *table,
        *table.values(),
    )
    for part in (word, *word.split("_"))
)
"""In lower case; what is joined by underscores counts part by part."""
