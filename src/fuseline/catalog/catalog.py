"""Every model that can be asked for: by slug, as a preset, or as the best panel of what is there. Asks no network."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache

from fuseline.catalog import facts
from fuseline.catalog.aliases import flatten
from fuseline.catalog.defaults import DefaultPanel, seat_panel
from fuseline.catalog.endpoints import Directory, open_directory
from fuseline.catalog.keys import Keys
from fuseline.catalog.listing import Listing
from fuseline.catalog.local import probe
from fuseline.catalog.names import chats
from fuseline.catalog.own import own_models, twins_of
from fuseline.catalog.presets import Preset, configured, current_name, shipped
from fuseline.catalog.refusals import Refusals
from fuseline.catalog.resolver import Resolver
from fuseline.catalog.shelf import Shelves
from fuseline.settings.settings import Settings
from fuseline.types.errors import ModelNotFound, NothingToCall
from fuseline.types.models import Model
from fuseline.types.routing import Sort

REMEMBERED = 4096
"""Slugs whose model is remembered; clients choose slugs, so there must be an end."""


class Catalog:
    """What there is to call, fixed when it is built: settings, keys and local models do not change under it."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        shelves: Shelves,
        own: Mapping[str, Model],
        aliases: dict[str, str],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._shelves = shelves
        self._own = own
        self._aliases = aliases
        self._listing = Listing(directory, shelves, own, aliases)
        self._refusals = Refusals(directory, self._listing)
        twins = twins_of(settings, own)
        self._resolver = Resolver(directory, shelves, own, twins, self._refusals, self._listing.knowing)
        self._routes = lru_cache(REMEMBERED)(self._find)
        self._wanted = lru_cache(REMEMBERED)(self._resolver.wanted)
        self._presets = cache(self._make_preset)
        self._panels = cache(self._seat_panel)

    @property
    def keys(self) -> Keys:
        """Where the keys of its endpoints come from."""
        return self._directory.keys

    @classmethod
    def build(cls, settings: Settings, environ: Mapping[str, str], local: Sequence[Model] = ()) -> "Catalog":
        """Put the catalogue together of the settings file, the keys that are set, and what was found here.

        :raises BadConfiguration: when a model names no endpoint, aliases lead back to themselves, or a key cannot be
            one or must not be sent.
        """
        directory, shelves = open_directory(settings, environ, local), Shelves(settings.model_lists)
        own = own_models(settings, directory, shelves, local)
        return cls(settings, directory, shelves, own, flatten(settings.aliases))

    @classmethod
    async def open(cls, settings: Settings, environ: Mapping[str, str] | None = None) -> "Catalog":
        """The catalogue of what can be called now, after a look for servers on this machine.

        :raises BadConfiguration: as `build` does.
        """
        local = await probe(settings.local.timeout_s) if settings.local.probe else ()
        return cls.build(settings, os.environ if environ is None else environ, local)

    def resolve(self, slug: str) -> Model:
        """Find the model that a slug means. A slug that was asked for before costs a dictionary lookup.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        """
        return self.routes(slug)[0]

    def routes(self, slug: str) -> tuple[Model, ...]:
        """Every way to the model that a slug means, the first of them what `resolve` finds.

        Each is at another endpoint, under its own name and price there: one's own first, then its vendor's, then
        OpenRouter, then other aggregators. A slug that names an endpoint has that one way. Ways without a price are
        left out where there is one that has it, unless the settings allow them.
        :raises ModelNotFound: when there is none, or no key for any is set.
        """
        return self._routes(self._aliases.get(slug, slug))

    def sort_of(self, slug: str) -> Sort:
        """What the endpoints of a slug are ordered by: `:floor` is by price, `:nitro` by throughput."""
        return self._wanted(self._aliases.get(slug, slug)).sort

    def thinks(self, slug: str) -> bool:
        """Whether a slug asks for thinking, by `:thinking`, of a model that is not known to be unable to.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        """
        wanted = self._wanted(self._aliases.get(slug, slug))
        return bool(wanted.suffix) and "thinking" in wanted.variants and self.resolve(slug).reasons is not False

    def payable(self, model: Model) -> bool:
        """Whether it can be told what a call of a model costs, or the settings say that it need not be."""
        told = model.price is not None or model.endpoint.quirks.reports_cost
        return told or self._settings.routing.allow_unpriced

    def priced(self, slug: str) -> Model:
        """Find the model that a slug means, as `resolve` does, if it can be told what it costs.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        :raises InvalidRequest: when nobody knows what it costs.
        """
        model = self.resolve(slug)
        if not self.payable(model):
            raise self._refusals.unpriced(model, slug)
        return model

    def known(self, slug: str) -> bool:
        """Whether a slug means a model that can be called."""
        try:
            self.resolve(slug)
        except ModelNotFound:
            return False
        return True

    def reachable(self) -> tuple[Model, ...]:
        """All models that can be called now: one's own, then those of vendors, then those of aggregators.

        A model that several endpoints serve stands there once, at the one that would be asked.
        """
        return self._listing.reachable

    def every(self) -> tuple[Model, ...]:
        """Each model at each endpoint, known offline, whether it can be called now or not; those that can first."""
        return self._listing.every

    def opened_by(self, model: Model) -> str:
        """The variable that would open a model's endpoint; empty for one that can be called."""
        return self._directory.opens(model.endpoint.name)

    def dates(self) -> tuple[str, Mapping[str, str]]:
        """The date of the shipped data, and of each list in force that an endpoint gave of itself."""
        dates = {name: self._shelves.of(endpoint).date for name, endpoint in self._directory.endpoints.items()}
        return facts.models().date, {name: date for name, date in dates.items() if date}

    def preset(self, name: str) -> Preset:
        """The panel of that name: of the settings file, or one that ships with the catalogue.

        One that ships and cannot be reached in full gives way to the best panel of its tier, with a warning.
        :raises InvalidRequest: when there is none of that name.
        :raises NothingToCall: when no model can be called at all.
        """
        return self._presets(name)

    def default_panel(self, tier: facts.Tier = "high") -> DefaultPanel:
        """The best panel of what can be called, and why it is that one.

        :raises NothingToCall: when no model can be called at all.
        """
        return self._panels(tier)

    def _find(self, slug: str) -> tuple[Model, ...]:
        ways = self._resolver.routes(slug)
        return tuple(model for model in ways if self.payable(model)) or ways

    def _make_preset(self, name: str) -> Preset:
        now = current_name(name, self._settings.presets)
        preset = self._current_preset(now)
        if now == name:
            return preset
        return replace(preset, warning=f"The preset {name} is now called {now}. {preset.warning}".strip())

    def _current_preset(self, name: str) -> Preset:
        if name in self._settings.presets:
            return configured(name, self._settings.presets[name])
        preset = shipped(name)
        missing = [model for model in preset.models if not self.known(model)]
        if not missing:
            return preset
        best = self.default_panel(facts.presets().presets[name].tier).preset
        panel = ", ".join(seat.model for seat in best.seats)
        return replace(
            best, name=name, warning=f"{name} needs {missing[0]}, which cannot be reached; its panel is {panel}."
        )

    def _seat_panel(self, tier: facts.Tier) -> DefaultPanel:
        reachable = self.reachable()
        if not any(chats(model.name) for model in reachable):
            raise NothingToCall(self._nothing())
        return seat_panel(tier, reachable, [model for model in reachable if model.slug in self._own])

    def _nothing(self) -> str:
        """What to do where no model can be called."""
        looked = "none answered" if self._settings.local.probe else "not looked for, since local.probe is off"
        return (
            "There is no model to call. Set OPENROUTER_API_KEY, which opens all, or a vendor's own key such as "
            "ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY; start Ollama, LM Studio, llama.cpp or vLLM on this "
            f"machine ({looked}); or configure an endpoint. `fuseline demo` runs without any."
        )
