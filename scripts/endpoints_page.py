"""Writes the reference page of the built-in endpoints: what is known of each, who says so, and what a test has seen."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from fuseline.catalog import facts
from fuseline.catalog.endpoints import LEFT_OPEN
from fuseline.types.models import PLAIN, DataPolicy

Verified: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Software by name, with the wires that a test spoke to it and what that test looks at."""
VERIFIED = Path(__file__).parent.parent / "tests" / "real" / "verified.toml"
UNVERIFIED = "not verified: no account here"
TRAINS = {True: "may train on it", False: "does not train on it", None: "training unknown"}
RETAINS = {True: "keeps it for a while", False: "keeps nothing", None: "keeping unknown"}

INTRODUCTION = """# Endpoints

These {count} are known without being configured, in the order in which they are preferred. One can be called as soon as
one of its variables is set; where its address has a part of your own, that variable is wanted, too. `azure`, `bedrock`
and the two of Vertex AI also take what their vendor's own library finds ([providers](../guides/providers.md)).

Addresses, models and prices come from {source},
of {date}. The rest is from the page that each row names.

* **Wire**: the protocol that is spoken there. **Quirks**: where the server departs from it as most speak it;
  [`endpoints.<name>.quirks`](configuration.md) says what each word means.
* **Data**: what it does by default with what it is sent, as the linked page says. What no page was found to say is
  unknown, and never taken for harmless.
* **Verified**: by a test that speaks to the real software. We have no accounts, so of the hosted ones none is.

Whatever is wrong here, the settings file puts right: `[endpoints.<name>]` replaces a row.
"""
SOFTWARE = """## Software that a test spoke to

The same wires, spoken to servers that no one here wrote.
"""


def endpoints_page() -> str:
    """The page: a row for each endpoint, then the software that was really spoken to."""
    verified = read_verified()
    listed = facts.models()
    head = INTRODUCTION.format(count=len(facts.endpoints()), source=listed.source, date=listed.date)
    rows = [endpoint_row(name, fact, verified) for name, fact in facts.endpoints().items()]
    columns = ("endpoint", "variable", "models", "wire", "quirks", "data", "described", "verified")
    return "\n".join([head, *table(columns, rows), "", SOFTWARE, *software(verified)]) + "\n"


def read_verified() -> Verified:
    """What tests have spoken to; nothing where no such test is there."""
    return tomllib.loads(VERIFIED.read_text("utf-8")) if VERIFIED.is_file() else {}


def endpoint_row(name: str, fact: facts.EndpointFacts, verified: Verified) -> Iterator[str]:
    """The cells of one endpoint."""
    yield f"`{name}`"
    yield ", ".join(f"`{key}`" for key in fact.api_key_env) + needs(fact)
    yield str(len(facts.rows(name)))
    yield fact.wire
    yield ", ".join(
        f"`{quirk} = {word(value)}`" for quirk, value in asdict(fact.quirks).items() if differs(quirk, value)
    )
    yield policy(fact)
    yield f"[here]({fact.source})"
    yield how(verified[name]) if name in verified else UNVERIFIED


def needs(fact: facts.EndpointFacts) -> str:
    """The variables that an address wants beside a key."""
    wanted = dict.fromkeys(LEFT_OPEN.findall(fact.base_url))
    return " with " + ", ".join(f"`{variable}`" for variable in wanted) if wanted else ""


def differs(quirk: str, value: object) -> bool:
    """Whether this is worth saying."""
    return value != getattr(PLAIN, quirk)


def word(value: object) -> str:
    """A value as it stands in the settings file."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def policy(fact: facts.EndpointFacts) -> str:
    """What an endpoint says that it does with what it is sent."""
    if fact.policy == DataPolicy():
        return "unknown"
    return f"[{TRAINS[fact.policy.trains]}, {RETAINS[fact.policy.retains]}]({fact.policy_source})"


def software(verified: Verified) -> Iterator[str]:
    """A row for each piece of software that is no hosted endpoint."""
    spoken = [(each, row) for each, row in verified.items() if each not in facts.endpoints()]
    rows = [(str(row.get("title", each)), ", ".join(wires(row)), how(row)) for each, row in spoken]
    return table(("software", "wires", "verified"), rows)


def wires(row: Mapping[str, Any]) -> list[str]:
    """The wires that a test spoke."""
    named = row["wire"]
    return [named] if isinstance(named, str) else list(named)


def how(row: Mapping[str, Any]) -> str:
    """What a test looked at, and which it is."""
    return f"{row['what']} (`{row['test']}`)"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table."""
    names = list(columns)
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
