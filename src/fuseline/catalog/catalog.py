"""Every model that can be asked for: by slug, as a preset, or as the best panel of what is there. Asks no network."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache

from fuseline.catalog import facts
from fuseline.catalog.aliases import flatten
from fuseline.catalog.defaults import DefaultPanel, seat_panel
from fuseline.catalog.endpoints import Directory, open_directory
from fuseline.catalog.names import chats, plain
from fuseline.catalog.own import own_models
from fuseline.catalog.presets import Preset, configured, current_name, shipped
from fuseline.catalog.resolver import Resolver
from fuseline.catalog.shelf import Shelves
from fuseline.settings import Settings
from fuseline.types.errors import ModelNotFound, NothingToCall
from fuseline.types.models import Model

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
        self._found = lru_cache(REMEMBERED)(Resolver(directory, shelves, own).resolve)
        self._presets = cache(self._make_preset)
        self._panels = cache(self._seat_panel)
        self._all = cache(self._list_all)

    @classmethod
    def build(cls, settings: Settings, environ: Mapping[str, str], local: Sequence[Model] = ()) -> "Catalog":
        """Put the catalogue together of the settings file, the keys that are set, and what was found here.

        :raises BadConfiguration: when a model names no endpoint, or aliases lead back to themselves.
        """
        directory, shelves = open_directory(settings, environ, local), Shelves()
        own = own_models(settings, directory, shelves, local)
        return cls(settings, directory, shelves, own, flatten(settings.aliases))

    def resolve(self, slug: str) -> Model:
        """Find the model that a slug means. A slug that was asked for before costs a dictionary lookup.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        """
        return self._found(self._aliases.get(slug, slug))

    def routes(self, slug: str) -> tuple[Model, ...]:
        """Every way to the model that a slug means, the first of them what `resolve` finds.

        :raises ModelNotFound: when there is none, or no key for any is set.
        """
        return (self.resolve(slug),)

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
        return self._all()

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

    def _list_all(self) -> tuple[Model, ...]:
        own = [model for model in self._own.values() if self._directory.reachable(model.endpoint.name)]
        endpoints = (*self._directory.vendors(), *self._directory.aggregators())
        listed = {plain(model.slug): model for model in own}
        for endpoint in endpoints:
            for model in self._shelves.of(endpoint).models:
                listed.setdefault(plain(model.slug), model)
        return tuple(listed.values())
