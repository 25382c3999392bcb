"""The clients that `make clients` runs, and their pages: each has the other, and nothing names a registry."""

import json
import re
from itertools import chain

import pytest

from clients.cases import CASES
from clients.index import table
from clients.page import example
from clients.roster import PAGES, Client, roster
from tests.requirements import requirement

CLIENTS = roster()
each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))


def test_every_page_of_a_client_is_run_by_a_client():
    assert {client.page for client in CLIENTS.values()} == {path.name for path in PAGES.glob("*.md")} - {"README.md"}


@requirement("ours:clients")
@each_client
def test_a_page_has_an_example_that_takes_address_and_key_from_outside(client: Client):
    _, text = example(client)
    assert "FUSELINE_URL" in text and "FUSELINE_KEY" in text
    assert "127.0.0.1" not in text


@requirement("ours:clients")
def test_the_index_says_what_each_client_can_say():
    assert "\n".join(table(CLIENTS.values())) in (PAGES / "README.md").read_text("utf-8"), "python -m clients.index"


@each_client
def test_what_a_client_cannot_do_is_a_case_that_there_is(client: Client):
    named = set(chain.from_iterable(client.wires.values())) | set(client.errors)
    assert named <= {case.name for case in CASES}
    assert {"bad-key", "unknown-model"} <= set(client.errors)


@each_client
def test_a_lock_file_pins_by_hash_and_names_no_registry(client: Client):
    if client.on_node:
        text = (client.folder / "package-lock.json").read_text("utf-8")
        packages = json.loads(text)["packages"]
        unpinned = [name for name, package in packages.items() if name and "integrity" not in package]
    else:
        text = (client.folder / "requirements.txt").read_text("utf-8")
        unpinned = [line for line in text.splitlines() if re.match(r"\S+==", line) and not line.endswith("\\")]
    assert unpinned == []
    assert not re.search(r"index-url|find-links|resolved|https?://\S+\.(whl|tgz|gz)", text)
