"""llm as its users call it from Python, with this server's models in its settings."""

import json
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

from speech import KEY, URL, Ask, Seen, Told, speak

folder = Path(os.environ["HOME"]) / "llm"
os.environ["LLM_USER_PATH"] = str(folder)  # before llm is imported, which looks for its settings then

import llm  # noqa: E402


def model(ask: Ask) -> llm.Model:
    """The model that is asked."""
    folder.mkdir(exist_ok=True)
    settings = [
        {
            "model_id": "asked",
            "model_name": ask.model,
            "api_base": f"{URL}/v1",
            "api_key_name": "fuseline",
            "responses": ask.wire == "responses",
        }
    ]
    (folder / "extra-openai-models.yaml").write_text(json.dumps(settings))  # JSON is YAML
    (folder / "keys.json").write_text(json.dumps({"fuseline": KEY}))
    return llm.get_model("asked")


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    tools = [llm.ServerSideTool(tool) for tool in ask.tools]
    response = model(ask).prompt(ask.question, stream=False, **({"tools": tools} if tools else {}))
    return Told(response.text(), (response.response_json or {}).get("model"))


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream."""
    yield from model(ask).prompt(ask.question)


def interrupted(ask: Ask) -> Told:
    """Press Ctrl-C when the command has begun to print."""
    model(ask)
    with subprocess.Popen(
        ["llm", "-m", "asked", ask.question], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as command:
        first = command.stdout.read(1)
        command.send_signal(signal.SIGINT)
    return Told(first, left=bool(first))


speak(whole, streamed, leave=interrupted)
