"""Everything that can be set, read from the file in force and the environment over it."""

import os
import tomllib
from pathlib import Path
from typing import Self

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fuseline.settings.explaining import explain
from fuseline.settings.research import DocumentsSettings, FetchSettings, SearchSettings
from fuseline.settings.sections import (
    CacheSettings,
    Clocks,
    EndpointSettings,
    FusionSettings,
    KeysSettings,
    Limits,
    LocalSettings,
    ModelSettings,
    PresetSettings,
    RoutingSettings,
    ServerSettings,
    StoreSettings,
)
from fuseline.types.errors import BadConfiguration

HERE = Path("fuseline.toml")
"""The file that is found without being named: whoever made the directory may have written it."""


class Settings(BaseSettings):
    """Everything that can be set. Each setting is also an environment variable: `FUSELINE_<SECTION>_<KEY>`."""

    model_config = SettingsConfigDict(
        env_prefix="FUSELINE_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    fusion: FusionSettings = FusionSettings()
    clocks: Clocks = Clocks()
    limits: Limits = Limits()
    store: StoreSettings = StoreSettings()
    cache: CacheSettings = CacheSettings()
    local: LocalSettings = LocalSettings()
    keys: KeysSettings = KeysSettings()
    routing: RoutingSettings = RoutingSettings()
    search: SearchSettings = SearchSettings()
    fetch: FetchSettings = FetchSettings()
    documents: DocumentsSettings = DocumentsSettings()
    endpoints: dict[str, EndpointSettings] = {}
    models: dict[str, ModelSettings] = {}
    presets: dict[str, PresetSettings] = {}
    aliases: dict[str, str] = Field(default={}, description='Names of one\'s own for models: `fast = "lab/fast"`.')
    home: Path = Field(
        default=Path("~/.local/share/fuseline"),
        description="Where the database stands; below `XDG_DATA_HOME` where that is set.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content comes in as arguments."""
        return env_settings, init_settings

    _merely_found: bool = PrivateAttr(default=False)

    @property
    def merely_found(self) -> bool:
        """Whether the file lay in the working directory and nobody named it: its author may be a stranger."""
        return self._merely_found

    def distrusted(self) -> Self:
        """These settings, marked as those of such a file."""
        self._merely_found = True
        return self

    @property
    def database(self) -> Path:
        """Where runs are written."""
        return (self.store.path or self.home / "runs.db").expanduser()

    @property
    def document_index(self) -> Path:
        """Where the index of private documents is kept."""
        return (self.documents.path or self.home / "documents.db").expanduser()

    @property
    def model_lists(self) -> Path:
        """Where the lists of models are that endpoints gave of themselves."""
        return self.home.expanduser() / "models"

    @property
    def key_file(self) -> Path:
        """Where keys are kept."""
        return (self.keys.path or config_home() / "keys.json").expanduser()


def config_home() -> Path:
    """The folder of what the user has set, for every project."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "fuseline"


def find_config(explicit: Path | None = None) -> Path | None:
    """The file in force: the one asked for, `FUSELINE_CONFIG`, `./fuseline.toml`, or the user's own; `None` if none is.

    :raises BadConfiguration: when a file that was asked for does not exist.
    """
    asked = explicit or (Path(os.environ["FUSELINE_CONFIG"]) if os.environ.get("FUSELINE_CONFIG") else None)
    if asked is not None:
        if not asked.is_file():
            raise BadConfiguration(f"there is no configuration file {asked}")
        return asked
    candidates = (HERE, config_home() / "config.toml")
    return next((path for path in candidates if path.is_file()), None)


def load(path: Path | None = None) -> Settings:
    """Read the file at `path`, or the one that `find_config` finds, under the environment.

    :raises BadConfiguration: with file, line and key of the first thing that is wrong.
    """
    found = find_config(path)
    text = found.read_text("utf-8") if found else ""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{found}: {error}") from None
    if os.environ.get("XDG_DATA_HOME"):
        values.setdefault("home", str(Path(os.environ["XDG_DATA_HOME"]) / "fuseline"))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise BadConfiguration(explain(error.errors()[0], text, found, Settings)) from None
    named = path is not None or bool(os.environ.get("FUSELINE_CONFIG"))
    return settings if named or found != HERE else settings.distrusted()
