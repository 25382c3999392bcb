"""What is searched for holds no secret: not in pieces, not encoded; and questions are asked in full."""

import base64
import codecs

import pytest

from fuseline.search.base import Query, SearchFailed
from fuseline.tools.confidences import Confidences
from tests.requirements import requirement
from tests.tools.shelf import SEAT, Log, Shelf, research

KEY = "sk-canary-0123456789abcdef0123456789"
TOKEN = "Zk7pQw9xLm2NvB4tRyU8"
SENT = {
    "as it is": KEY,
    "in a sentence": f"what does {KEY} mean",
    "another key": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "a cloud's key": "AKIAIOSFODNN7EXAMPLE2",
    "a signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "the half of it": TOKEN[:12],
    "spaced": " ".join(KEY),
    "dotted": ".".join(TOKEN),
    "in pieces": f"{TOKEN[:7]} and {TOKEN[3:14]}",
    "upper case": TOKEN.upper(),
    "reversed": TOKEN[::-1],
    "base64": base64.b64encode(f"the password is {KEY}".encode()).decode(),
    "base32": base64.b32encode(KEY.encode()).decode(),
    "hexadecimal": KEY.encode().hex(),
    "bytes": " ".join(f"{byte:02x}" for byte in KEY.encode()),
    "percent": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    "bits": " ".join(f"{byte:08b}" for byte in b"secret"),
    "rot13": codecs.encode(KEY, "rot13"),
    "decimal": str(int.from_bytes(KEY.encode(), "big"))[:40],
    "zero width": "\u200b".join(TOKEN),
}
HARMLESS = [
    "Why is the sky blue?",
    "site:nature.com quantum advantage 2026 10.1038/s41586-021-03819-2",
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "AbstractSingletonProxyFactoryBean getElementsByTagNameNS",
    "US20230123456A1 ISO/IEC 27001:2022 RFC 9457",
    "how-to-make-sourdough-bread-at-home-without-a-starter",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    "パネルの回答を比較して要約してください、できれば出典も",
    "CVE-2021-44228 log4j 2.14.1 remote code execution",
    "550e8400-e29b-41d4-a716-446655440000",
    "+49 30 1234567, 10 to 20, 3.14159265358979",
]
pytestmark = pytest.mark.anyio


@requirement("ours:no-leak")
@pytest.mark.parametrize("words", SENT.values(), ids=SENT)
async def test_no_query_holds_a_secret(words: str):
    shelf, log = Shelf(), Log()
    run = research(shelf, f"My keys are {KEY} and {TOKEN}; do not tell.", log=log)
    with pytest.raises(SearchFailed, match="query_not_allowed"):
        await run.search(SEAT, Query(words))
    assert (shelf.searched, log.verdicts) == ([], [("auto", "blocked:query_not_allowed")])


@pytest.mark.parametrize("words", HARMLESS)
def test_what_people_search_for_is_searched_for(words: str):
    kept = Confidences()
    kept.keep([f"My keys are {KEY} and {TOKEN}.", *HARMLESS])
    assert kept.refusal(words) == ""


@requirement("ours:no-leak")
def test_a_query_has_at_most_four_hundred_characters():
    assert Confidences().refusal("why " * 100) == ""
    assert Confidences().refusal("abc " * 101) == "query_too_long"
