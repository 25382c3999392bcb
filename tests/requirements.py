"""What Fuseline promises, as data: an id for each documented behaviour, and the tests that show it.

`wire` and `vector` ids follow the vendor's protocol, `client` ids what real clients need, `fault` ids the fault table;
`ours` are our own.
"""

from collections.abc import Mapping

import pytest


def requirement(*ids: str) -> pytest.MarkDecorator:
    """Mark a test as showing these requirements."""
    unknown = [one for one in ids if one not in REQUIREMENTS]
    assert not unknown, f"no such requirement: {unknown}"
    return pytest.mark.requirement(*ids)


VECTORS: Mapping[str, str] = {
    "vector:C1": "the alias on chat, forced: concrete model, one server-tool call executed",
    "vector:C2": "the budget preset; explicit analysis_models beat it",
    "vector:C3": "parameters out of range are a 400: panel size, tool calls, tools, preset, fusion inside itself",
    "vector:C5": "one panelist down with 429: status_code in failed_models, the run completes",
    "vector:C6": "all panelists down with 402: insufficient_credits, and still a final answer with HTTP 200",
    "vector:C7": "an analyst that returns prose: no analysis, responses kept, judge_not_valid_json",
    "vector:C8": "a forced choice causes exactly one run of the panel",
    "vector:C9": "a client that leaves closes all upstream connections",
    "vector:C10": "the depth header with the alias is a plain completion",
    "vector:C12": "fusion beside a client function: a named choice is fusion only",
}
WIRE: Mapping[str, str] = {
    "wire:alias": "four names stand for fusion, and flash for its preset; the reply names the concrete model",
    "wire:alias-always": "the alias convenes the panel by itself without client tools and with the user speaking last",
    "wire:alias-tools": "with client tools the outer model decides, with fusion beside them",
    "wire:alias-auto": "tool_choice auto leaves the panel to the model, none makes a plain call",
    "wire:plugin": "the plugin on a model of one's own offers fusion, and its parameters apply",
    "wire:tool": "the server tool takes the full parameter set",
    "wire:enabled-false": "a plugin that is not enabled makes the alias a plain call",
    "wire:precedence": "tool parameters beat the plugin, explicit fields beat presets, presets beat defaults",
    "wire:tool-result": "the outer model gets status, analysis, responses, failed_models and sources",
    "wire:capped": "a second call in the same turn is refused and costs nothing",
    "wire:relaxed": "a forced choice is dropped after the first result",
    "wire:recursion": "fusion as a seat, analyst, writer or tool of itself is a 400",
    "wire:variants": "a variant suffix on the alias is understood",
    "wire:seat-objects": "seats may be objects with their own instructions, temperature, reasoning and limits",
    "wire:duplicates": "the same model twice is two seats, told apart by index",
    "wire:usage": "usage comes with every reply; cost is the grand total and each call is listed",
    "wire:stream": "a stream has its deltas, one finish reason, a usage chunk without choices, and [DONE]",
    "wire:events": "our events travel in valid empty-delta chunks, and only on request",
    "wire:report": "the report stands in the reply and in the last chunk as expose says",
    "wire:generation": "a run can be looked up as soon as it has ended, with its calls",
    "wire:models": "the models list shows fusion with its parameters, and every field that clients require",
    "wire:errors": "errors come in the envelope with their status, whatever the route or body",
    "wire:unknown-fields": "unknown fields and client tool types are ignored",
    "wire:functions": "client functions beside fusion reach the client as tool calls, and fusion's never do",
}
CLIENTS: Mapping[str, str] = {
    "client:never-silent": "a stream is never silent for two seconds; a whole reply trickles after three",
    "client:early-status": "a failure within the hold has its real status",
    "client:late-error": "a failure after the first byte comes in-band, with a finish reason of error, and [DONE]",
    "client:no-retry": "after money was spent SDKs are told not to retry",
    "client:openai-sdk": "the unmodified openai SDK works, streamed and not",
    "client:keys": "a key is taken from Authorization or x-api-key, and only the right one",
    "client:disconnect": "a client that goes away stops every upstream call within two seconds, and the run is saved",
}
OURS: Mapping[str, str] = {
    "ours:anonymous": "analyst and writer see letters in a seeded order, never names",
    "ours:boundary": "answers stand between boundaries that none of them can forge",
    "ours:repair": "an analyst's broken JSON is repaired by one more call",
    "ours:schema-learned": "an upstream that refuses a parameter is asked without it from then on",
    "ours:fallbacks": "analyst and writer have substitutes",
    "ours:stand-in": "where no writer can write, the best panel answer is given and marked",
    "ours:quorum": "after a quorum latecomers have a grace period, and what they said is kept",
    "ours:max-cost": "a run never costs more than its limit",
    "ours:cost": "cost is reported, computed or unknown, in whole nano-dollars",
    "ours:written-first": "a call is on disk before its first byte goes out",
    "ours:content-off": "with content off no text is kept",
    "ours:config": "a bad file is refused with line and key",
    "ours:text-exact": "answers pass byte for byte, however the network splits them",
    "ours:prompts": "the prompts say what the quality page requires",
    "ours:default-panel": "without settings a panel is built from what can be called, and explained",
    "ours:python": "fuse() gives answer, analysis, panel answers, failures and usage; a stream gives events",
    "ours:cli": "fuseline ask answers on stdout, tells on stderr, and exits as documented",
    "ours:demo": "the demo runs without key or network and says that it plays recordings",
    "ours:thousand": "a thousand open streams complete without a silence of five seconds",
    "ours:no-secret": "no key shows up in a reply, an error, a log or the database",
}
FAULTS: Mapping[str, str] = {
    **{f"fault:F{number:02}": "a row of the fault table: panel member" for number in range(1, 47)},
    **{f"fault:F{number:02}": "a row of the fault table: whole panel, analyst, writer" for number in range(58, 78)},
}
REQUIREMENTS: Mapping[str, str] = {**VECTORS, **WIRE, **CLIENTS, **OURS, **FAULTS}
