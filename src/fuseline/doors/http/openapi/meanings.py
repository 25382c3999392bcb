"""What the fields of requests mean, for readers of the document: one sentence for all wires that have the field."""

from collections.abc import Mapping
from typing import Any

BODY: Mapping[str, str] = {
    "model": "Who answers: a name of fusion, or a model of the list.",
    "models": "Who answers, and who takes over in order; behind `model` where that is given, too.",
    "fallbacks": "Who takes over when the model cannot begin, in order.",
    "messages": "The conversation.",
    "input": "The conversation: a text, or items.",
    "system": "Instructions for who writes.",
    "instructions": "Instructions for who writes.",
    "stream": "Whether the reply comes as a stream of events.",
    "stream_options": "What the stream carries beside the reply.",
    "tools": "Functions of the client's, and server tools, among them fusion.",
    "tool_choice": "Whether tools may or must be called, or which one.",
    "parallel_tool_calls": "Whether several functions may be called at once.",
    "web_search_options": "OpenAI's older way to ask for a search: declares the server tool `web_search`.",
    "plugins": "Plugins; the one with the id `fusion` carries the parameters of fusion beside it.",
    "max_tokens": "Output tokens of who writes.",
    "max_completion_tokens": "Output tokens of who writes; it wins over `max_tokens`.",
    "max_output_tokens": "Output tokens of who writes.",
    "max_tool_calls": "Steps of server tools that the outer model may take; above 30 it is 30.",
    "stop_server_tools_when": "Rules by which server tools are taken away; they stand in for `max_tool_calls`.",
    "include_reasoning": "False keeps reasoning out of the reply.",
    "include_reasoning_details": "`server_tools` shows the run among the reasoning details.",
    "temperature": "Sampling of who writes.",
    "top_p": "Sampling of who writes.",
    "top_k": "Sampling of who writes.",
    "min_p": "Sampling of who writes.",
    "top_a": "Sampling of who writes.",
    "frequency_penalty": "Sampling of who writes.",
    "presence_penalty": "Sampling of who writes.",
    "repetition_penalty": "Sampling of who writes.",
    "logit_bias": "Sampling of who writes.",
    "seed": "Sampling of who writes, as far as the upstream has one.",
    "stop": "Texts before which who writes stops.",
    "stop_sequences": "Texts before which who writes stops.",
    "n": "A request gets one answer.",
    "logprobs": "Handed on to who writes.",
    "top_logprobs": "Handed on to who writes.",
    "verbosity": "Handed on to who writes.",
    "prediction": "Handed on to who writes.",
    "response_format": "The form of the answer.",
    "text": "The form of the answer, and how long-winded it is.",
    "output_config": "The form of the answer, and how much effort to make.",
    "reasoning": "How much who writes shall think.",
    "reasoning_effort": "How much who writes shall think; it must not differ from `reasoning.effort`.",
    "thinking": "How much who writes shall think, and whether the client reads it.",
    "provider": "Wishes about routing and data, for every call to OpenRouter.",
    "session_id": "What belongs together, for every call to OpenRouter.",
    "user": "Who the client's user is; it goes with every call.",
    "service_tier": "It goes with every call.",
    "prompt_cache_key": "It goes with every call.",
    "cache_control": "Has an upstream keep the whole prompt; for the model that answers, where it wants to be asked.",
    "metadata": "The client's own notes.",
    "store": "Responses are not kept for later requests.",
    "previous_response_id": "There are no earlier responses here: the whole conversation comes in `input`.",
    "conversation": "There are no conversations here: the whole of it comes in `input`.",
    "truncation": "Said back in the reply.",
    "safety_identifier": "Said back in the reply.",
    "prompt_cache_options": "Accepted for clients that send it.",
}
FUSION: Mapping[str, str] = {
    "enabled": "False takes fusion off the table.",
    "preset": "The panel, analyst and writer of that name.",
    "analysis_models": "The seats: names, or objects with wishes of their own.",
    "model": "The analyst; under a name of fusion it writes, too, unless `writer` is given.",
    "writer": "Who writes, and who takes over in order.",
    "max_tool_calls": "Steps of server tools for each seat and the analyst; 4 where it is absent.",
    "max_completion_tokens": "Output tokens of each seat and the analyst, with reasoning; 16,000 where it is absent.",
    "reasoning": "How much panel and analyst shall think.",
    "temperature": "Sampling of the panel; the analyst always has 0.",
    "tools": "Server tools for seats and analyst.",
    "min_panel": "Seats that must answer; no more than there are.",
    "quorum": "Once so many have answered, the others have `grace_s` left.",
    "grace_s": "Seconds for latecomers after the quorum.",
    "deadline_s": "Seconds for the whole run.",
    "seed": "Fixes which seat gets which letter.",
    "max_cost": "Dollars for the whole run; every model needs a known price.",
    "collections": "Private documents that may be searched, by the names of their collections.",
    "panel_only": "The run ends when the panel was heard: no analysis, and an empty answer.",
    "repair": "`on`: the writer is asked once more about what one seat alone said and the answer does not.",
    "expose": "How much of the report the reply shows.",
}
SEAT: Mapping[str, str] = {
    "model": "Who sits.",
    "instructions": "What this seat is told beside the question.",
    "temperature": "Sampling of this seat.",
    "tools": "Server tools of this seat.",
    "reasoning": "How much this seat shall think.",
    "max_completion_tokens": "Output tokens of this seat.",
}
MEANINGS = {
    "ChatBody": BODY,
    "MessagesBody": BODY,
    "ResponsesBody": BODY,
    "FusionParameters": FUSION,
    "SeatShape": SEAT,
}
"""By the name of the shape."""


def explained(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """A shape whose fields say what they mean, where its code does not say it itself."""
    words = MEANINGS.get(name, {})
    fields = {
        field: {**({"description": words[field]} if field in words else {}), **part}
        for field, part in shape.get("properties", {}).items()
    }
    return {**shape, "properties": fields} if words else shape
