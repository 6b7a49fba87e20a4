"""An application with everything that the public MCP conformance suite asks a server for, served by the gateway's own bridge.

Names and texts are the suite's. The gateway itself has no use for prompts, samples, sounds or forms.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    CompleteResult,
    Completion,
    EmptyResult,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ReadResourceResult,
    SetLevelRequestParams,
)

from gateway.context import Gateway
from gateway.mcp.bridge import Bridge

PNG: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
WAV: Final = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
PAUSE_S: Final = 0.05
"""As the suite wants it between notifications."""

Json = dict[str, Any]
Handler = Callable[[Any, Any], Awaitable[Any]]


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def embedded(uri: str, mime: str, words: str) -> Json:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime, "text": words}}


IMAGE: Final = {"type": "image", "data": PNG, "mimeType": "image/png"}
CONTENTS: Final[dict[str, list[Json]]] = {
    "test_simple_text": [text("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [{"type": "audio", "data": WAV, "mimeType": "audio/wav"}],
    "test_embedded_resource": [
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    ],
    "test_multiple_content_types": [
        text("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
    "test_logging_tool": [text("Nothing was logged.")],
    "test_streaming_elicitation": [text("Nothing was asked.")],
}


def ask(message: str, **properties: Json) -> Json:
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sample(words: str, tokens: int) -> Json:
    messages = [{"role": "user", "content": text(words)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": tokens}}


STRING: Final = {"type": "string"}
ROOTS: Final = {"method": "roots/list", "params": {}}
NAME: Final = ask("What is your name?", name=STRING)
ROUNDS: Final[dict[str, tuple[list[dict[str, Json]], bool]]] = {
    "test_input_required_result_elicitation": ([{"user_name": NAME}], False),
    "test_input_required_result_sampling": (
        [{"capital_question": sample("What is the capital of France?", 100)}],
        False,
    ),
    "test_input_required_result_list_roots": ([{"client_roots": ROOTS}], False),
    "test_input_required_result_request_state": (
        [{"confirm": ask("Please confirm", ok={"type": "boolean"})}],
        True,
    ),
    "test_input_required_result_tampered_state": (
        [{"confirm": ask("Please confirm", ok={"type": "boolean"})}],
        True,
    ),
    "test_input_required_result_multiple_inputs": (
        [{"user_name": NAME, "greeting": sample("Generate a greeting", 50), "client_roots": ROOTS}],
        True,
    ),
    "test_input_required_result_multi_round": (
        [
            {"step1": ask("Step 1: What is your name?", name=STRING)},
            {"step2": ask("Step 2: What is your favorite color?", color=STRING)},
        ],
        True,
    ),
    "test_input_required_result_capabilities": ([{"sampled": sample("Say something", 20)}], False),
}
"""What each tool asks for, round by round, and whether it keeps a state in between."""

_ORDINALS: Final = ((1, "First"), (2, "Second"), (3, "Third"))
ENUMS: Final[Json] = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {
        "type": "string",
        "oneOf": [{"const": f"value{n}", "title": f"{word} Option"} for n, word in _ORDINALS],
    },
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {
        "type": "array",
        "items": {"type": "string", "enum": ["option1", "option2", "option3"]},
    },
    "titledMulti": {
        "type": "array",
        "items": {"anyOf": [{"const": f"value{n}", "title": f"{word} Choice"} for n, word in _ORDINALS]},
    },
}
DEFAULTS: Final[Json] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
FORMS: Final[dict[str, tuple[str, Json]]] = {
    "test_elicitation_sep1034_defaults": ("Elicitation completed", DEFAULTS),
    "test_elicitation_sep1330_enums": ("Elicitation completed", ENUMS),
    "test_elicitation": (
        "User response",
        {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        },
    ),
}
PROMPTS: Final[dict[str, list[str]]] = {
    "test_simple_prompt": [],
    "test_prompt_with_arguments": ["arg1", "arg2"],
    "test_prompt_with_embedded_resource": ["resourceUri"],
    "test_prompt_with_image": [],
    "test_input_required_result_prompt": [],
}
CONTEXT: Final = {"user_context": ask("What context should the prompt use?", context=STRING)}
RESOURCES: Final[dict[str, Json]] = {
    "test://static-text": {
        "mimeType": "text/plain",
        "text": "This is the content of the static text resource.",
    },
    "test://static-binary": {"mimeType": "image/png", "blob": PNG},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Watched."},
}


class Everything:
    """The handlers."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self._tools: dict[str, Handler] = {
            "test_error_handling": self._error,
            "test_tool_with_logging": self._logging,
            "test_tool_with_progress": self._progress,
            "test_sampling": self._sampling,
            "test_missing_capability": self._missing,
            "test_trigger_tool_change": self._changed_tools,
            "test_trigger_prompt_change": self._changed_prompts,
            **dict.fromkeys(CONTENTS, self._content),
            **dict.fromkeys(ROUNDS, self._rounds),
            **dict.fromkeys(FORMS, self._form),
        }

    async def list_tools(self, ctx: Any, params: Any) -> ListToolsResult:
        schema = {"type": "object", "properties": {}}
        listed = [{"name": name, "description": name, "inputSchema": schema} for name in self._tools]
        return ListToolsResult.model_validate({"tools": listed})

    async def call_tool(self, ctx: Any, params: Any) -> Any:
        handler = self._tools.get(params.name)
        if handler is None:
            raise MCPError(INVALID_PARAMS, f"there is no tool {params.name}")
        result = await handler(ctx, params)
        return CallToolResult.model_validate(result) if isinstance(result, dict) else result

    async def _content(self, ctx: Any, params: Any) -> Json:
        return {"content": CONTENTS[params.name]}

    async def _error(self, ctx: Any, params: Any) -> Json:
        return {"isError": True, "content": [text("This tool intentionally returns an error for testing")]}

    async def _logging(self, ctx: Any, params: Any) -> Json:
        for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            logged = {"level": "info", "data": words}
            await ctx.session._request_outbound.notify("notifications/message", logged)
            await asyncio.sleep(PAUSE_S)
        return {"content": [text("Logged three times.")]}

    async def _progress(self, ctx: Any, params: Any) -> Json:
        for done in (0, 50, 100):
            await ctx.session.report_progress(done, 100)
            await asyncio.sleep(PAUSE_S)
        return {"content": [text("Told three times.")]}

    async def _sampling(self, ctx: Any, params: Any) -> Json:
        request = sample(params.arguments["prompt"], 100)
        answer = await ctx.session._request_outbound.send_raw_request(request["method"], request["params"])
        return {"content": [text(f"LLM response: {answer['content']['text']}")]}

    async def _form(self, ctx: Any, params: Any) -> Json:
        words, properties = FORMS[params.name]
        message = (params.arguments or {}).get("message", "Please fill in")
        request = ask(message, **properties)["params"]
        if params.name != "test_elicitation":
            del request["requestedSchema"]["required"]
        answer = await ctx.session._request_outbound.send_raw_request("elicitation/create", request)
        said = f"{words}: action={answer['action']}, content={answer.get('content')}"
        return {"content": [text(said)]}

    async def _missing(self, ctx: Any, params: Any) -> Json:
        can = ctx.session.client_capabilities
        if can is None or can.sampling is None:
            data: Json = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "sampling is needed", data)
        return {"content": [text("It is there.")]}

    async def _changed_tools(self, ctx: Any, params: Any) -> Json:
        await self.bus.publish(ToolsListChanged())
        return {"content": [text("changed")]}

    async def _changed_prompts(self, ctx: Any, params: Any) -> Json:
        await self.bus.publish(PromptsListChanged())
        return {"content": [text("changed")]}

    async def _rounds(self, ctx: Any, params: Any) -> Any:
        rounds, keeps = ROUNDS[params.name]
        number = int(params.request_state or 0)
        answers = params.input_responses or {}
        if all(_answered(answers.get(key)) for key in rounds[number]):
            number += 1
        if number == len(rounds):
            said = {key: one.model_dump(mode="json") for key, one in answers.items()}
            name = ((said.get("user_name") or {}).get("content") or {}).get("name", "")
            return {"content": [text(f"Hello, {name}! {'state-ok' if keeps else ''} {said}")]}
        wanted = {"inputRequests": rounds[number]} | ({"requestState": str(number)} if keeps else {})
        return InputRequiredResult.model_validate(wanted)

    async def list_prompts(self, ctx: Any, params: Any) -> ListPromptsResult:
        listed = [
            {
                "name": name,
                "description": name,
                "arguments": [{"name": one, "description": one, "required": True} for one in arguments],
            }
            for name, arguments in PROMPTS.items()
        ]
        return ListPromptsResult.model_validate({"prompts": listed})

    async def get_prompt(self, ctx: Any, params: Any) -> Any:
        given = params.arguments or {}
        match params.name:
            case "test_simple_prompt":
                contents = [text("This is a simple prompt for testing.")]
            case "test_prompt_with_arguments":
                words = f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"
                contents = [text(words)]
            case "test_prompt_with_embedded_resource":
                words = "Embedded resource content for testing."
                shown = embedded(given["resourceUri"], "text/plain", words)
                contents = [shown, text("Please process the embedded resource above.")]
            case "test_prompt_with_image":
                contents = [IMAGE, text("Please analyze the image above.")]
            case _:
                answers = params.input_responses or {}
                if not _answered(answers.get("user_context")):
                    return InputRequiredResult.model_validate({"inputRequests": CONTEXT})
                contents = [text(f"In the context of {answers['user_context'].content}.")]
        return GetPromptResult.model_validate(
            {"messages": [{"role": "user", "content": one} for one in contents]}
        )

    async def list_resources(self, ctx: Any, params: Any) -> ListResourcesResult:
        listed = [
            {"uri": uri, "name": uri, "description": uri, "mimeType": found["mimeType"]}
            for uri, found in RESOURCES.items()
        ]
        return ListResourcesResult.model_validate({"resources": listed})

    async def list_templates(self, ctx: Any, params: Any) -> ListResourceTemplatesResult:
        one = {"uriTemplate": "test://template/{id}/data", "name": "template", "description": "By id"}
        return ListResourceTemplatesResult.model_validate({"resourceTemplates": [one]})

    async def read(self, ctx: Any, params: Any) -> ReadResourceResult:
        found = RESOURCES.get(params.uri)
        if found is None and params.uri.startswith("test://template/"):
            number = params.uri.split("/")[3]
            words = f'{{"id":"{number}","templateTest":true,"data":"Data for ID: {number}"}}'
            found = {"mimeType": "application/json", "text": words}
        if found is None:
            raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": params.uri})
        return ReadResourceResult.model_validate({"contents": [{"uri": params.uri, **found}]})

    async def done(self, ctx: Any, params: Any) -> EmptyResult:
        return EmptyResult()

    async def complete(self, ctx: Any, params: Any) -> CompleteResult:
        return CompleteResult(completion=Completion(values=["paris", "park", "party"], total=3))


def _answered(answer: Any) -> bool:
    return answer is not None and getattr(answer, "action", "accept") == "accept"


def everything(gateway: Gateway) -> Bridge:
    app = Everything()
    hint = CacheHint(1_000, "private")
    cached: Any = (
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
    )
    server: Server[Any] = Server(
        "everything",
        version="1",
        cache_hints=dict.fromkeys((*cached, "server/discover"), hint),
        on_list_tools=app.list_tools,
        on_call_tool=app.call_tool,
        on_list_prompts=app.list_prompts,
        on_get_prompt=app.get_prompt,
        on_list_resources=app.list_resources,
        on_list_resource_templates=app.list_templates,
        on_read_resource=app.read,
        on_subscribe_resource=app.done,
        on_unsubscribe_resource=app.done,
        on_subscriptions_listen=ListenHandler(app.bus),
        on_completion=app.complete,
    )
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, app.done)
    security = RequestStateSecurity(keys=[os.urandom(32)])
    server.middleware.append(RequestStateBoundary(security, default_audience="everything"))
    return Bridge(server)
