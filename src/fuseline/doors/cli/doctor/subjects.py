"""Which endpoints are looked at, with all that is known of each before anybody is asked."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fuseline.catalog.endpoints import Directory
from fuseline.catalog.keys import SIGNS, KeyPlace
from fuseline.catalog.shelf import Shelves
from fuseline.providers.bridge import BRIDGED
from fuseline.providers.statistics import Window
from fuseline.settings.settings import Settings
from fuseline.types.errors import InvalidRequest
from fuseline.types.models import Endpoint, Model


@dataclass(frozen=True, slots=True)
class Subject:
    """An endpoint that is looked at, with all that is known of it beforehand."""

    endpoint: Endpoint
    own: bool
    """Whether it is of the settings file, or on this machine."""
    places: tuple[KeyPlace, ...] = ()
    keys: tuple[str, ...] = field(default=(), repr=False)
    """They are used in turn."""
    signed: str = ""
    """The variable by which its vendor's library finds what to sign with, where it is called by signature."""
    known: tuple[Model, ...] = ()
    """Its models in the catalogue."""
    fetched: str = ""
    """When it was last asked for them by `fuseline models --refresh`; empty where that counts for nothing."""
    wanted: frozenset[str] = frozenset()
    """Names of models that presets and settings ask of it."""
    lately: Window | None = None
    """How its latest calls went; `None` where there were none."""
    asked_policy: bool = False
    """Whether only endpoints may be asked that are known not to train on what they are sent."""

    @property
    def section(self) -> str:
        """The heading of its checks."""
        return f"endpoint {self.endpoint.name}"

    @property
    def address(self) -> str:
        """Its base address without a name and password that somebody may have put there."""
        return self.endpoint.base_url.replace(f"{urlsplit(self.endpoint.base_url).netloc.rpartition('@')[0]}@", "")

    @property
    def bridged(self) -> bool:
        """Whether a library stands between, so that nothing can be asked but for an answer."""
        return self.endpoint.wire == BRIDGED

    @property
    def may_be_asked(self) -> bool:
        """Whether there is any sense in a request: it wants no key, or has one."""
        return self.own or self.shows

    @property
    def shows(self) -> bool:
        """Whether it is shown who pays: by a key, or by signature."""
        return bool(self.keys or self.signed)

    def change(self, what: str) -> str:
        """The change of its address that helps, if it is one's own; else what to see to."""
        return f"correct base_url in [endpoints.{self.endpoint.name}]" if self.own else what


def subjects(
    settings: Settings,
    directory: Directory,
    wanted: Mapping[str, Collection[str]],
    lately: Mapping[str, Window],
    names: Sequence[str],
    environ: Mapping[str, str],
) -> list[Subject]:
    """The endpoints that can be called, or those that are named, in the catalogue's order.

    :raises InvalidRequest: when one is named that there is not.
    """
    for name in names:
        if name not in directory.endpoints:
            raise unheard_of(name, directory)
    shelves = Shelves(settings.model_lists)

    def about(name: str) -> Subject:
        endpoint = directory.endpoints[name]
        return Subject(
            endpoint,
            name in directory.own,
            directory.keys.where(endpoint),
            directory.keys.of(endpoint),
            next((each for each in SIGNS.get(endpoint.auth, ()) if environ.get(each, "").strip()), ""),
            shelves.of(endpoint).models,
            shelves.of(endpoint).date,
            frozenset(wanted.get(name, ())),
            lately.get(name),
            settings.routing.data_collection == "deny",
        )

    return [about(name) for name in directory.endpoints if (name in names if names else directory.reachable(name))]


def unheard_of(name: str, directory: Directory) -> InvalidRequest:
    """The error for an endpoint that there is not, with those that may have been meant."""
    close = difflib.get_close_matches(name, directory.endpoints, 3)
    meant = f"did you mean {' or '.join(close)}?" if close else "`fuseline models` names those that there are"
    return InvalidRequest(f"there is no endpoint {name[:80]}; {meant}", "endpoint")
