"""Writes the catalogue's models from a dump of models.dev: one row a line, so that a new dump is a readable diff.

    python scripts/generate_models.py models-dev.json.gz

A dump is `{"source": ..., "date": ..., "providers": {id: {"models": {name: facts}}}}`, plain or gzipped.
"""

import argparse
import gzip
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from fuseline.catalog.facts import EndpointFacts, Row, TierRow
from fuseline.catalog.names import bare, chats
from fuseline.catalog.prices import per_million

Facts: TypeAlias = Mapping[str, Any]
Providers: TypeAlias = Mapping[str, Facts]

CATALOG = Path(__file__).parent.parent / "src" / "fuseline" / "catalog"
MODALITIES = {"image": "image", "pdf": "file", "audio": "audio", "video": "video"}
"""What models.dev calls kinds of input, and what we do."""
ROUTERS = ("~", "openrouter/")
"""Names that stand for other models: the catalogue finds those itself."""
WIRES = {
    "@ai-sdk/openai-compatible": "chat",
    "@ai-sdk/openai": "responses",
    "@ai-sdk/anthropic": "messages",
    "@ai-sdk/google": "gemini",
}
"""The wires of models that speak another than their provider's others, by the adapter that models.dev names."""
FIGURES = ("input", "output", "cache_read", "cache_write", "reasoning")
"""What models.dev calls prices, in the order of ours."""
GIFT = re.compile(r".*[:-]free")
"""Names that say that a model costs nothing."""


def main() -> None:
    """Read the dump that the command line names and write the file."""
    parser = argparse.ArgumentParser(description="Write the catalogue's models from a dump of models.dev.")
    parser.add_argument("dump", type=Path, help="the dump, .json or .json.gz")
    parser.add_argument("--out", type=Path, default=CATALOG / "models.jsonl")
    arguments = parser.parse_args()
    tables = tomllib.loads((CATALOG / "endpoints.toml").read_text("utf-8"))
    endpoints = {name: EndpointFacts(**table) for name, table in tables.items()}
    arguments.out.write_text(render(read_dump(arguments.dump), endpoints), "utf-8")


def read_dump(path: Path) -> Facts:
    """Read a dump. Fractions stay decimal, so that prices keep the digits they were written with."""
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content, parse_float=Decimal)


def render(dump: Facts, endpoints: Mapping[str, EndpointFacts]) -> str:
    """The file as text: source, date and columns, then a block for each endpoint, with its name and its rows."""
    providers: Providers = dump["providers"]
    known = hearsay(providers)
    head = {"source": dump["source"], "date": dump["date"], "columns": Row._fields}
    blocks = ([compact(name), *rows(providers, endpoints[name], known)] for name in sorted(endpoints))
    return "\n\n".join([compact(head), *("\n".join(block) for block in blocks)]) + "\n"


def rows(providers: Providers, endpoint: EndpointFacts, known: Mapping[str, Facts]) -> Iterator[str]:
    """The rows of one endpoint's models that chat, by name.

    :raises ValueError: naming the model whose price cannot be one.
    """
    for name in sorted(providers[endpoint.models_dev]["models"]):
        facts = complete(providers, endpoint.models_dev, name, known)
        if not name.startswith(ROUTERS) and chats(name) and speaks_text(facts) and served(endpoint, name, facts):
            try:
                yield compact(row(name, facts, gives(endpoint, name)))
            except ValueError as error:
                raise ValueError(f"{endpoint.models_dev} {name}: {error}") from None


def served(endpoint: EndpointFacts, name: str, facts: Facts) -> bool:
    """Whether a model is there at this address and on this wire, not only beside it."""
    if endpoint.models is not None and not endpoint.models.fullmatch(name):
        return False
    apart: Facts = facts.get("provider") or {}
    if not apart:
        return True
    same = "api" not in apart or path_of(apart["api"]) == path_of(endpoint.base_url)
    return same and ("npm" not in apart or WIRES.get(apart["npm"]) == endpoint.wire)


def path_of(address: str) -> str:
    """The path of an address in which some words may be left open."""
    return re.sub(r"\$?\{\w+\}", "{}", address).partition("://")[2].partition("/")[2].strip("/")


def gives(endpoint: EndpointFacts, name: str) -> bool:
    """Whether a model is said in public to cost nothing here; any other price of zero means that none is known."""
    return bool(GIFT.fullmatch(name) or (endpoint.free and endpoint.free.fullmatch(name)))


def speaks_text(facts: Facts) -> bool:
    """Whether a model takes text and gives text; a context of 0 is how models.dev marks what has no chat."""
    modalities = facts.get("modalities", {})
    return facts.get("limit", {}).get("context") != 0 and all(
        "text" in modalities.get(side, ("text",)) for side in ("input", "output")
    )


def row(name: str, facts: Facts, free: bool) -> Row:
    """One model's row.

    :raises ValueError: when a price cannot be one.
    """
    limit: Facts = facts.get("limit", {})
    cost: Facts = facts.get("cost") or {}
    figures, tiers = prices(cost, free), [tier(each, free) for each in cost.get("tiers", ())]
    per_million(*figures, tiers={longer.above: longer[1:] for longer in tiers})
    price_in, price_out, price_cached, price_written, price_reasoning = figures
    return Row(
        name=name,
        family=facts.get("family") or "",
        released=facts.get("release_date") or "",
        context=limit.get("context") or None,
        max_output=limit.get("output") or None,
        price_in=price_in,
        price_out=price_out,
        price_cached=price_cached,
        price_written=price_written,
        price_reasoning=price_reasoning,
        tiers=tuple(tiers),
        takes=takes(facts.get("modalities", {}).get("input", ())),
        tools=facts.get("tool_call") is not False,
        reasons=facts.get("reasoning"),
        schemas=facts.get("structured_output"),
        temperature=facts.get("temperature") is not False,
        efforts=",".join(efforts(facts)),
        budget=any(option["type"] == "budget_tokens" for option in options(facts)),
        deprecated=facts.get("status") == "deprecated",
    )


def takes(inputs: Iterable[str]) -> str:
    """What a model takes beside text, in our words, with commas between."""
    return ",".join(sorted(MODALITIES[kind] for kind in inputs if kind in MODALITIES))


def options(facts: Facts) -> Sequence[Facts]:
    """The ways in which a model is told how much to think."""
    return facts.get("reasoning_options") or ()


def efforts(facts: Facts) -> Iterator[str]:
    """The words for how much to think."""
    for option in options(facts):
        if option["type"] == "effort":
            yield from (value for value in option["values"] if value)


def prices(cost: Facts, free: bool) -> list[str | None]:
    """The prices of a table in the order of ours. What costs nothing is free, or a gap in what is known."""
    return [price(cost[key]) if cost.get(key) or (free and cost.get(key) == 0) else None for key in FIGURES]


def tier(cost: Facts, free: bool) -> TierRow:
    """The prices of long inputs, behind the number of tokens above which they hold."""
    return TierRow(cost["tier"]["size"], *prices(cost, free))


def price(figure: int | Decimal | str) -> str:
    """Dollars per million tokens, as short as they can be written; what is no number stays as it is."""
    return figure if isinstance(figure, str) else f"{Decimal(figure).normalize():f}"


def complete(providers: Providers, provider: str, name: str, known: Mapping[str, Facts]) -> Facts:
    """A model's facts with those of the model it is based on, and what others say where that one is not there.

    What is true of one endpoint alone is never taken from another: a price, an address, an end that was announced.
    """
    own: Facts = providers[provider]["models"][name]
    vendor, _, original = own.get("base_model", "").partition("/")
    if not original:
        return own
    there = original in providers.get(vendor, {}).get("models", {}) and (vendor, original) != (provider, name)
    base = complete(providers, vendor, original, known) if there else known.get(bare(original), {})
    left_out = {"cost", "provider", "status", *own.get("base_model_omit", ())}
    return merged({key: value for key, value in base.items() if key not in left_out}, own)


def merged(base: Facts, own: Facts) -> Facts:
    """One set of facts over another, tables key by key."""
    tables = {key: {**base[key], **own[key]} for key in base.keys() & own.keys() if isinstance(own[key], dict)}
    return {**base, **own, **tables}


def hearsay(providers: Providers) -> Mapping[str, Facts]:
    """What most providers that say anything of a model say of it, by its bare name."""
    heard: defaultdict[str, list[Facts]] = defaultdict(list)
    for provider in sorted(providers):
        for name, facts in sorted(providers[provider]["models"].items()):
            heard[bare(name.partition(":")[0])].append(facts)
    return {name: majority(told) for name, told in heard.items()}


def majority(told: Sequence[Facts]) -> Facts:
    """One set of facts out of several: for each the commonest value."""
    plain = {
        key: most(facts.get(key) for facts in told) for key in ("family", "release_date", "tool_call", "reasoning")
    }
    tables = {
        table: {key: most(facts.get(table, {}).get(key) for facts in told) for key in keys}
        for table, keys in (("limit", ("context", "output")), ("modalities", ("input", "output")))
    }
    stated = {
        table: {key: value for key, value in facts.items() if value is not None} for table, facts in tables.items()
    }
    return {**plain, **stated}


def most(values: Iterable[Any]) -> Any:
    """The commonest value, of equally common ones the first; `None` where nobody says anything."""
    counted = Counter(json.dumps(value) for value in values if value is not None)
    return json.loads(counted.most_common(1)[0][0]) if counted else None


def compact(value: object) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    main()
