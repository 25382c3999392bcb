"""Which of many names are spelt most like one that nobody has. It knows no endpoint."""

from collections.abc import Mapping
from difflib import SequenceMatcher
from heapq import nlargest

from fuseline.catalog.names import bare, plain

LIKE = 0.7
"""How much of two names must agree, of 1."""
LONGEST = 64
"""Characters of a name that are looked at."""
PIECES = 32
"""Pieces of a name that others are searched for, so that a long one takes no longer."""
HOPEFUL = 24
"""How many are compared letter by letter: that takes a hundred times as long as to count what they share."""


def nearest(asked: str, names: Mapping[str, str], most: int) -> list[str]:
    """Up to `most` of the values whose keys, in the spelling in which names are compared, are most like a name.

    Of those that are equally like it, the first come first. A name without a vendor is compared with names less theirs.
    """
    wanted = plain(asked[:LONGEST])
    if most < 1 or len(wanted) < 3:
        return []
    pieces = pieces_of(wanted)
    shared = {name: sum(piece in name for piece in pieces) / (len(wanted) + len(name)) for name in names}
    hopeful = frozenset(nlargest(HOPEFUL, shared, key=shared.__getitem__))
    firsts: dict[str, str] = {}
    for name in names:
        if name in hopeful:
            firsts.setdefault(name if "/" in wanted else bare(name), names[name])
    matcher = SequenceMatcher(None, "", wanted, autojunk=False)
    likeness = {name: like(matcher, name) for name in firsts}
    best = sorted(firsts, key=likeness.__getitem__, reverse=True)
    return [firsts[name] for name in best if likeness[name] >= LIKE][:most]


def pieces_of(name: str) -> list[str]:
    """Short pieces of a name, from all over it."""
    ends = len(name) - 2
    return [name[start : start + 3] for start in range(0, ends, -(-ends // PIECES))]


def like(matcher: SequenceMatcher[str], name: str) -> float:
    """How much a name agrees with the one that the matcher holds, of 1."""
    matcher.set_seq1(name)
    return matcher.ratio()
