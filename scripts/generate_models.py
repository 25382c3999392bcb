"""Writes the catalogue's models from a dump of models.dev: one row a line, so that a new dump is a readable diff.

    python scripts/generate_models.py models-dev.json.gz

A dump is `{"source": ..., "date": ..., "providers": {id: {"models": {name: facts}}}}`, plain or gzipped.
"""

import argparse
import gzip
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from fuseline.catalog.names import bare, chats

Facts: TypeAlias = Mapping[str, Any]
Providers: TypeAlias = Mapping[str, Facts]
Row: TypeAlias = list[str | int | bool | None]

CATALOG = Path(__file__).parent.parent / "src" / "fuseline" / "catalog"
COLUMNS = (
    "name", "family", "released", "context", "max_output", "price_in", "price_out", "price_cached", "takes", "tools",
)  # fmt: skip
MODALITIES = {"image": "image", "pdf": "file", "audio": "audio", "video": "video"}
"""What models.dev calls kinds of input, and what we do."""
ROUTERS = ("~", "openrouter/")
"""Names that stand for other models: the catalogue finds those itself."""


def main() -> None:
    """Read the dump that the command line names and write the file."""
    parser = argparse.ArgumentParser(description="Write the catalogue's models from a dump of models.dev.")
    parser.add_argument("dump", type=Path, help="the dump, .json or .json.gz")
    parser.add_argument("--out", type=Path, default=CATALOG / "models.json")
    arguments = parser.parse_args()
    endpoints = tomllib.loads((CATALOG / "endpoints.toml").read_text("utf-8"))
    arguments.out.write_text(render(read_dump(arguments.dump), endpoints), "utf-8")


def read_dump(path: Path) -> Facts:
    """Read a dump. Fractions stay decimal, so that prices keep the digits they were written with."""
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content, parse_float=Decimal)


def render(dump: Facts, endpoints: Mapping[str, Facts]) -> str:
    """The file as text: source, date and columns, then the rows of each endpoint."""
    providers: Providers = dump["providers"]
    known = hearsay(providers)
    head = [f'"{key}": {json.dumps(dump[key])},' for key in ("source", "date")]
    tables = ",\n".join(
        f"{json.dumps(name)}: [\n" + ",\n".join(rows(providers, endpoints[name]["models_dev"], known)) + "\n]"
        for name in sorted(endpoints)
    )
    return "\n".join(["{", *head, f'"columns": {compact(COLUMNS)},', '"endpoints": {', tables, "}", "}"]) + "\n"


def rows(providers: Providers, provider: str, known: Mapping[str, Facts]) -> Iterator[str]:
    """The rows of one provider's models that chat, by name."""
    for name in sorted(providers[provider]["models"]):
        facts = complete(providers, provider, name, known)
        if not name.startswith(ROUTERS) and chats(name) and speaks_text(facts):
            yield compact(row(name, facts))


def speaks_text(facts: Facts) -> bool:
    """Whether a model takes text and gives text; a context of 0 is how models.dev marks what has no chat."""
    modalities = facts.get("modalities", {})
    return facts.get("limit", {}).get("context") != 0 and all(
        "text" in modalities.get(side, ("text",)) for side in ("input", "output")
    )


def row(name: str, facts: Facts) -> Row:
    """One model's row, in the order of the columns."""
    limit: Facts = facts.get("limit", {})
    cost: Facts = facts.get("cost") or {}
    return [
        name,
        facts.get("family") or "",
        facts.get("release_date") or "",
        limit.get("context") or None,
        limit.get("output") or None,
        *(price(cost.get(key)) for key in ("input", "output", "cache_read")),
        takes(facts.get("modalities", {}).get("input", ())),
        facts.get("tool_call") is not False,
    ]


def takes(inputs: Iterable[str]) -> str:
    """What a model takes beside text, in our words, with commas between."""
    return ",".join(sorted(MODALITIES[kind] for kind in inputs if kind in MODALITIES))


def price(figure: int | Decimal | None) -> str | None:
    """Dollars per million tokens, as short as they can be written."""
    return None if figure is None else f"{Decimal(figure).normalize():f}"


def complete(providers: Providers, provider: str, name: str, known: Mapping[str, Facts]) -> Facts:
    """A model's facts with those of the model it is based on, and what others say where that one is not there.

    A price is never taken from elsewhere.
    """
    own: Facts = providers[provider]["models"][name]
    vendor, _, original = own.get("base_model", "").partition("/")
    if not original:
        return own
    there = original in providers.get(vendor, {}).get("models", {}) and (vendor, original) != (provider, name)
    base = complete(providers, vendor, original, known) if there else known.get(bare(original), {})
    return merged({key: value for key, value in base.items() if key != "cost"}, own)


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
    plain = {key: most(facts.get(key) for facts in told) for key in ("family", "release_date", "tool_call")}
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


def compact(values: Sequence[object]) -> str:
    """A JSON array on one line."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    main()
