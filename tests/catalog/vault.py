"""A keyring for tests: a backend of the keyring library that keeps its entries in a file, or refuses."""

import json
import os
from pathlib import Path
from typing import Any

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

NAME = "tests.catalog.vault.Vault"
FILE, LOCKED = "FUSELINE_TEST_VAULT", "FUSELINE_TEST_VAULT_LOCKED"


class Vault(KeyringBackend):
    """What stands in for the operating system's own."""

    priority: Any = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._held().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._hold({**self._held(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        held = self._held()
        if held.pop(f"{service} {username}", None) is None:
            raise PasswordDeleteError(username)
        self._hold(held)

    def _held(self) -> dict[str, str]:
        if os.environ.get(LOCKED):
            raise KeyringLocked("the canary is locked in")
        path = Path(os.environ[FILE])
        return json.loads(path.read_text()) if path.exists() else {}

    def _hold(self, held: dict[str, str]) -> None:
        Path(os.environ[FILE]).write_text(json.dumps(held))
