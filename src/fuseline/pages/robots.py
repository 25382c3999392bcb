"""What sites say in their `robots.txt` of who may read what, remembered for a day."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from protego import Protego

from fuseline.pages.addresses import Address

KEPT_S = 86_400.0
CLOSED_S = 60.0
"""How long a site whose file could not be given is left alone."""
FILE_BYTES = 500 << 10
KEPT_BYTES = 4 << 20
"""Of all files together; the oldest go first."""
SITES = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one site."""

    parsed: Protego | None
    """`None` where nothing may be read for now."""
    size: int
    until: float

    def allow(self, address: Address, agent: str) -> bool:
        """Whether a page may be read by this agent."""
        return self.parsed is not None and self.parsed.can_fetch(str(address), agent)


class Robots:
    """The rules of all sites that were asked lately."""

    def __init__(self, user_agent: str) -> None:
        self._agent = user_agent.partition("/")[0].strip()
        """The name that sites call us by."""
        self._sites: dict[str, Rules] = {}

    async def allow(self, address: Address, ask: Callable[[Address], Awaitable[str | None]]) -> bool:
        """Whether a page may be read; `ask` gives the text of a file, or `None` where the site failed to."""
        rules = self._sites.get(address.origin)
        if rules is None or rules.until < time.monotonic():
            text = await ask(Address(address.scheme, address.host, address.port, "/robots.txt", address.literal))
            rules = await to_thread.run_sync(rules_of, text)
            self._keep(address.origin, rules)
        return rules.allow(address, self._agent)

    def _keep(self, origin: str, rules: Rules) -> None:
        self._sites.pop(origin, None)
        self._sites[origin] = rules
        while len(self._sites) > SITES or sum(one.size for one in self._sites.values()) > KEPT_BYTES:
            del self._sites[next(iter(self._sites))]


def rules_of(text: str | None) -> Rules:
    """The rules in a file; for `None` that nothing may be read for a minute."""
    if text is None:
        return Rules(None, 0, time.monotonic() + CLOSED_S)
    return Rules(Protego.parse(text), len(text), time.monotonic() + KEPT_S)
