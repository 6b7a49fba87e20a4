"""The directory (WoT Discovery, section 7.3.2): pages, sorted, in the wanted format; ETags, HEAD, and who may ask."""

from __future__ import annotations

from tests.gateway.api.desk import House, lamp, lock, sensor


async def test_pages_follow_one_another_to_the_end(house: House) -> None:
    await house.adopt(*(lamp(f"lamp{number}") for number in range(5)))
    owner = await house.owner()
    found: list[str] = []
    url = "/things?limit=2&sort_by=id&sort_order=asc"
    while url:
        async with owner.get(url) as answer:
            found += [house.gateway.names.plain(one["id"]) for one in await answer.json()]
            url = str(answer.links["next"]["url"]) if "next" in answer.links else ""
    assert found == sorted(found) == [f"lamp{number}" for number in range(5)]
    for query in ("sort_by=title", "sort_order=desc", "limit=x", "offset=-1"):
        async with owner.get(f"/things?{query}") as answer:
            assert answer.status == 400


async def test_a_list_that_is_known_is_not_sent_again(house: House) -> None:
    await house.adopt(lamp(), lock())
    owner, agent = await house.owner(), await house.agent()
    async with owner.get("/things") as answer:
        etag = answer.headers["ETag"]
        assert "Authorization" in answer.headers["Vary"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        async with owner.get("/things", headers={"If-None-Match": known}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    async with agent.get("/things", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 200  # it may do less, so it reads something else
    await house.adopt(sensor())
    async with owner.get("/things", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 200


async def test_a_list_comes_in_the_format_of_the_specification(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get("/things", headers={"Accept": "application/ld+json"}) as answer:
        assert answer.content_type == "application/ld+json"
        assert len(await answer.json(content_type=None)) == 1
    async with owner.get("/things") as answer:
        assert answer.content_type == "application/json"


async def test_head_answers_as_get_without_a_body(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    for path in ("/.well-known/wot", "/things", "/things/lamp", "/things?view=summary"):
        async with owner.get(path) as whole, owner.head(path) as head:
            assert (head.status, await head.read()) == (200, b"")
            assert head.content_type == whole.content_type
            assert head.headers.get("ETag") == whole.headers.get("ETag")


async def test_strangers_read_the_introduction_alone(house: House) -> None:
    await house.adopt(lamp())
    stranger = house.session()
    async with stranger.get("/.well-known/wot") as answer:
        assert (answer.status, answer.content_type) == (200, "application/td+json")
        etag, introduction = answer.headers["ETag"], await answer.json(content_type=None)
    assert "lamp" not in str(introduction).lower()
    async with stranger.get("/.well-known/wot", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    for path in ("/things", "/things/lamp", "/events/thing_created"):
        async with stranger.get(path) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_directory_does_what_its_description_says(house: House) -> None:
    await house.adopt(lamp(), sensor())
    owner = await house.owner()
    async with owner.get("/.well-known/wot") as answer:
        directory = await answer.json(content_type=None)
    (things,) = directory["properties"]["things"]["forms"]
    async with owner.get(
        things["href"].partition("{")[0], params={"limit": "1"}, headers={"Accept": things["contentType"]}
    ) as answer:
        assert answer.content_type == things["response"]["contentType"]
        (first,) = await answer.json(content_type=None)
    (one,) = directory["actions"]["retrieveThing"]["forms"]
    async with owner.get(one["href"].replace("{id}", first["id"])) as answer:
        assert answer.content_type == one["response"]["contentType"]
        assert await answer.json(content_type=None) == first
    for event in directory["events"].values():
        (form,) = event["forms"]
        async with owner.get(form["href"].partition("{")[0]) as answer:
            assert (answer.status, answer.content_type) == (200, form["contentType"])
