"""Addresses that stand open for variables of the environment: closed until those are set."""

import pytest

from fuseline.types.errors import ModelNotFound
from tests.catalog.desk import catalog, opening
from tests.requirements import requirement

pytestmark = requirement("ours:catalogue")
KEY, ACCOUNT = opening("cloudflare")


def base_url(account: str) -> str:
    """The address that an account makes."""
    model = catalog(KEY, environ={ACCOUNT: account}).reachable()[0]
    return model.endpoint.base_url


@pytest.mark.parametrize("account", ["abc-1.x", " abc-1.x ", "https://abc-1.x/"])
def test_an_address_takes_what_is_set(account: str):
    assert base_url(account) == "https://api.cloudflare.com/client/v4/accounts/abc-1.x/ai/v1"


@pytest.mark.parametrize("account", ["", " ", "a/b", "a@evil.example", "a?b", "a#b", "..", "é"])
def test_what_is_no_part_of_an_address_leaves_it_closed(account: str):
    assert catalog(KEY, environ={ACCOUNT: account}).reachable() == ()


def test_a_closed_address_says_all_that_would_open_it():
    with pytest.raises(ModelNotFound, match=f"set {KEY} and {ACCOUNT}"):
        catalog(KEY).resolve("cloudflare/@cf/openai/gpt-oss-120b")


def test_a_place_that_is_named_twice_is_asked_for_once():
    assert catalog("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT").reachable() == ()
    place = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "europe-west4"}
    found = catalog("GOOGLE_APPLICATION_CREDENTIALS", environ=place).resolve("vertex/openai/gpt-oss-120b-maas")
    assert found.endpoint.base_url == (
        "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi"
    )
