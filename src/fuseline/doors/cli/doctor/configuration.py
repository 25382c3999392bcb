"""Which settings are in force, and where each came from."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.words import count
from fuseline.settings.explaining import environment_name
from fuseline.settings.settings import HERE, Settings, config_home, find_config, load
from fuseline.types.errors import BadConfiguration

SECTION = "configuration"
NOT_SETTINGS = frozenset({"FUSELINE_CONFIG", "FUSELINE_URL", "FUSELINE_KEY"})
"""Variables beside the settings: where the file is, and what the guides call a server and its key."""
CORRECT = "correct that setting, then run `fuseline doctor` again"


def examine(explicit: Path | None, environ: Mapping[str, str]) -> tuple[Settings | None, list[Check]]:
    """The settings in force, `None` where they are wrong, and what is to be said of them."""
    try:
        found = find_config(explicit)
    except BadConfiguration as error:
        fix = "name a file that is there with --config or FUSELINE_CONFIG, or neither"
        return None, [Check(SECTION, "file", "fail", error.message, fix)]
    checks = [told_file(found, explicit, environ), *told_environment(environ)]
    try:
        settings = load(explicit)
    except (BadConfiguration, UnicodeDecodeError, OSError) as error:
        why = error.message if isinstance(error, BadConfiguration) else f"{found} cannot be read ({error})"
        return None, [*checks, Check(SECTION, "settings", "fail", why, CORRECT)]
    return settings, [*checks, told_settings(settings)]


def told_file(found: Path | None, explicit: Path | None, environ: Mapping[str, str]) -> Check:
    """Which file is in force, and why that one."""
    if found is None:
        return Check(SECTION, "file", "ok", "none: the defaults hold, under the environment")
    why = "--config" if explicit else "FUSELINE_CONFIG" if environ.get("FUSELINE_CONFIG") else ""
    why = why or ("this folder's" if found == HERE else "your own")
    return Check(SECTION, "file", "ok", f"{found.absolute()} ({why})", notes=tuple(passed_over(found)))


def passed_over(found: Path) -> Iterable[str]:
    """Files that would be read if the one in force were not there."""
    for other in (HERE, config_home() / "config.toml"):
        if other.is_file() and not other.samefile(found):
            yield f"{other.absolute()} is there too, and is not read"


def told_environment(environ: Mapping[str, str]) -> Iterable[Check]:
    """Which variables are in force, by name alone: one of them is a key. Those that nobody reads are warned of."""
    ours = sorted(name for name in environ if name.upper().startswith("FUSELINE_"))
    read = [name for name in ours if name.upper() in NOT_SETTINGS or is_setting(name)]
    yield Check(SECTION, "environment", "ok", ", ".join(read) or "no FUSELINE_ variable is set")
    for name in ours:
        if name not in read:
            fix = f"unset {name}, or see docs/reference/configuration.md for the name that was meant"
            yield Check(SECTION, "environment", "warn", f"{name} is not a setting, and nobody reads it", fix)


def is_setting(variable: str) -> bool:
    """Whether a variable is a setting's, or lies in a section of them, where a wrong name is an error of its own."""
    names = [environment_name([field]) for field in Settings.model_fields]
    return any(variable.upper() == name or variable.upper().startswith(f"{name}_") for name in names)


def told_settings(settings: Settings) -> Check:
    """What was set, by section."""
    named = sorted(settings.model_fields_set)
    what = (count(len(settings.endpoints), "endpoint"), count(len(settings.models), "model"))
    own = f"{what[0]}, {what[1]} and {count(len(settings.presets), 'preset')}"
    return Check(SECTION, "settings", "ok", f"{', '.join(named) or 'nothing'}; of your own {own}")


def contradiction(error: BadConfiguration) -> Check:
    """Settings that are right each by itself and do not go together, or a key that is none."""
    return Check(SECTION, "names and keys", "fail", error.message, CORRECT)
