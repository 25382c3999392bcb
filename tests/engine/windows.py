"""A house whose models have windows and senses of their own, and what the upstream's log says of how they were used."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

from fuseline.assembly import House, open_house
from fuseline.engine.fitting import CAUTION
from fuseline.settings.sections import ModelSettings
from fuseline.types.json import JsonObject
from fuseline.types.tokens import estimate
from tests.house import CANARY, PRICED, settings
from tests.upstream import Upstream, says
from tests.upstream.turns import EMPTY_ANALYSIS

COMPARES = says(json.dumps(EMPTY_ANALYSIS))
"""An analyst that does its work."""


@asynccontextmanager
async def furnished(
    upstream: Upstream, models: Mapping[str, Mapping[str, Any]], **sections: Any
) -> AsyncGenerator[House]:
    """A house in which `lab/<name>` has the facts given for it."""
    usual = settings(upstream.base_url, **sections)
    priced: dict[str, dict[str, Any]] = {name: {**PRICED, **facts} for name, facts in models.items()}
    own = {f"lab/{name}": ModelSettings(endpoint="lab", name=name, **facts) for name, facts in priced.items()}
    tables = usual.model_copy(update={"models": {**usual.models, **own}})
    async with open_house(tables, {"LAB_API_KEY": CANARY}) as house:
        yield house


def said(body: JsonObject) -> list[tuple[str, Any]]:
    """The messages of a request as role and content."""
    messages: Any = body["messages"]
    return [(message["role"], message["content"]) for message in messages]


def taken(body: Any) -> int:
    """The tokens that a request takes by our estimate, its answer at full length included."""
    words = "".join(str(content) for _, content in said(body))
    terms = json.dumps([body.get("tools"), body.get("response_format")], ensure_ascii=False)
    return ceil((estimate(words) + estimate(terms)) * CAUTION) + body["max_tokens"]
