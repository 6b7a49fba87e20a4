"""Component `image`: a picture on a topic, or its web address; both by reference. Source: Home Assistant, "MQTT Image"."""

from __future__ import annotations

from drivers.mqtt.components.pictures import add_picture, address
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity


def describe(key: str, config: Config) -> Entity:
    picture, url = config.topic("image_topic"), config.topic("url_topic")
    if bool(picture) == bool(url):
        raise ConfigError("either image_topic or url_topic should say where the picture is")
    if url and config.has("content_type"):
        raise ConfigError("content_type has no meaning beside url_topic")
    builder = Builder(key, "camera", config)
    if url:
        builder.property("image", address, state=url, template=config.template("url_template"))
    else:
        add_picture(builder, picture)
    return builder.build(title(config))
