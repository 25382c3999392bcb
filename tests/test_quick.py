"""Quick values are in every respect the frozen dataclasses that they would be without being quick."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from fuseline.types.quick import quick, replace


@dataclass(frozen=True, slots=True)
class Slow:
    """A frozen dataclass as Python makes it."""

    name: str
    size: int = 0
    facts: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def double(self) -> int:
        return 2 * self.size


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same, made quickly."""

    name: str
    size: int = 0
    facts: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def double(self) -> int:
        return 2 * self.size


def test_a_quick_value_is_made_shown_and_compared_like_a_slow_one():
    one = Quick("a", size=2)
    assert repr(one) == repr(Slow("a", size=2)).replace("Slow", "Quick")
    assert (one, one.double, one.facts) == (Quick("a", 2), 4, {})
    assert Quick("a").facts is not Quick("a").facts
    assert inspect.signature(Quick) == inspect.signature(Slow)
    match one:
        case Quick(name, size):
            assert (name, size) == ("a", 2)


def test_a_quick_value_cannot_be_changed():
    one = Quick("a")
    with pytest.raises(FrozenInstanceError):
        one.size = 3  # type: ignore[misc] # it is what is tested  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Quick()  # pyright: ignore[reportCallIssue] # it is what is tested


@pytest.mark.parametrize("kind", [Slow, Quick])
def test_a_changed_copy_leaves_the_value_as_it_was(kind: type[Slow]):
    one = kind("a", 1, {"x": 1})
    other = replace(one, size=2)
    assert type(other) is kind and (other.size, one.size) == (2, 1) and other.facts is one.facts
    with pytest.raises((AttributeError, TypeError)):
        replace(one, colour="red")


def test_a_quick_value_can_be_copied_and_pickled():
    one = Quick("a", 1, {"x": 1})
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
