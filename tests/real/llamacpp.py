"""`python -m tests.real.llamacpp <folder> [key]`: llama.cpp's own server with a model of random weights, made here.

The model has one layer. Each letter makes it say another, all of them in turn with some chance in it, and so now and
then the mark of a tool call or of the end of a thought. It never ends by itself: what ends it is a limit, a grammar of
the server's, or a client that leaves.
"""

import string
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "tiny"
CONTEXT = 8_192
"""Tokens that a conversation may have: so many that an answer without a limit takes seconds."""
WIDTH, INNER, HEADS = 32, 64, 2
UNKNOWN, CONTROL, NORMAL, USER_DEFINED, BYTE = 2, 3, 1, 4, 6
"""Kinds of tokens, as GGUF numbers them."""
LETTERS = ("▁", "\n", *string.ascii_lowercase, *string.digits, *'_-+.,:"[]{}')
"""All that JSON is made of, and no more: the fewer there are, the sooner their round is through."""
MARKS = ("<tool_call>", "<think>", "</think>")
ENDING: Mapping[str, float] = {'"': 0.2, "]": 0.5, "}": 0.2}
"""How much more likely than others those are that end texts, lists and objects."""
URGE = 4.0
"""How strongly a letter makes for the next one."""
TEMPLATE = """\
{%- if tools -%}<|system|>Functions: {{ tools | tojson }}<|end|>{%- endif -%}
{%- for message in messages -%}
<|{{ message.role }}|>
{%- if message.reasoning_content -%}<think>{{ message.reasoning_content }}</think>{%- endif -%}
{{ message.content or '' }}
{%- for call in message.tool_calls or [] -%}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>
{%- endfor -%}
<|end|>
{%- endfor -%}
{%- if add_generation_prompt -%}<|assistant|>
{%- if enable_thinking is defined and not enable_thinking -%}<think></think>{%- else -%}<think>{%- endif -%}
{%- endif -%}
"""
"""How a conversation is laid out: the server finds out by itself how this model thinks and calls."""

Weights = NDArray[np.float32]


def main() -> None:
    """Make the model in a folder, serve it on a free port, say where, and stop when the standard input ends."""
    path = Path(sys.argv[1]) / "tiny.gguf"
    write_model(path)
    serving = serve(path, sys.argv[2:])
    print(f"listening at {serving.listening_address}", flush=True)
    sys.stdin.read()


def serve(path: Path, keys: list[str]) -> Any:
    """llama.cpp's server over the model, for those who have one of the keys; for everybody where there are none."""
    native: Any = import_module("xllamacpp")  # it has no types
    wanted = native.CommonParams()
    wanted.model.path, wanted.model_alias = str(path), {NAME}
    wanted.hostnames, wanted.port, wanted.api_keys = ["127.0.0.1"], 0, keys
    wanted.n_parallel = 4
    wanted.n_ctx = CONTEXT * wanted.n_parallel
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.warmup, wanted.ui, wanted.endpoint_slots, wanted.verbosity = False, False, True, 0
    wanted.sampling.seed = 7
    return native.Server(wanted)


def write_model(path: Path) -> None:
    """A whole model file: a llama of one layer, its tokens, and its template."""
    gguf: Any = import_module("gguf")  # its types are partial
    kinds = tokens()
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(NAME)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(1)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(kinds))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(kinds))
    writer.add_token_types(list(kinds.values()))
    writer.add_token_scores([-1.0 if kind == NORMAL else 0.0 for kind in kinds.values()])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    for name, weights in layers(kinds).items():
        writer.add_tensor(f"{name}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tokens() -> dict[str, int]:
    """Every token with its kind: three that steer, all bytes, the letters that it can say, and the marks."""
    steering = {"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL}
    pieces = {f"<0x{byte:02X}>": BYTE for byte in range(256)}
    return {**steering, **pieces, **dict.fromkeys(LETTERS, NORMAL), **dict.fromkeys(MARKS, USER_DEFINED)}


def layers(kinds: dict[str, int]) -> dict[str, Weights]:
    """Random weights, but for what is said: the first dimension tells how likely a token is, the others after which."""
    chance = np.random.default_rng(7)

    def random(*shape: int, scale: float = 0.03) -> Weights:
        return (chance.standard_normal(shape) * scale).astype(np.float32)

    heard = random(len(kinds), WIDTH)
    heard[:, 0] = 0.0
    heard /= np.linalg.norm(heard, axis=1, keepdims=True)
    said = heard[successors(kinds, chance)] * URGE
    heard[:, 0] = 1.0
    said[:, 0] = [likelihood(token, kind) for token, kind in kinds.items()]
    ones = np.ones(WIDTH, np.float32)
    return {
        "token_embd": heard,
        "output": said,
        "output_norm": ones,
        "blk.0.attn_norm": ones,
        **{f"blk.0.attn_{part}": random(WIDTH, WIDTH) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_norm": ones,
        "blk.0.ffn_gate": random(INNER, WIDTH),
        "blk.0.ffn_up": random(INNER, WIDTH),
        "blk.0.ffn_down": random(WIDTH, INNER),
    }


def successors(kinds: Mapping[str, int], chance: np.random.Generator) -> NDArray[np.int64]:
    """After which token each one is said: those that can be said in one round that leads through all of them."""
    places = np.arange(len(kinds))
    order = chance.permutation([place for place, (token, kind) in enumerate(kinds.items()) if spoken(token, kind)])
    places[order] = np.roll(order, 1)
    return places


def spoken(token: str, kind: int) -> bool:
    """Whether the model ever says it: no byte that is half a character, no end."""
    return kind == NORMAL or token in ("<tool_call>", "</think>")


def likelihood(token: str, kind: int) -> float:
    """Letters alike, what ends something more often, and all else never."""
    return ENDING.get(token, 0.0) if spoken(token, kind) else -20.0


if __name__ == "__main__":
    main()
