"""The table of server tools, and how declarations become tools."""

from collections.abc import Iterable, Mapping

from fuseline.tools.base import Tool, ToolMaker
from fuseline.tools.clock import Clock
from fuseline.types.errors import InvalidRequest
from fuseline.types.requests import ServerTool

FUSION = frozenset({"openrouter:fusion", "fusion", "fuseline:fusion"})
"""The names by which a client may put fusion on the table."""
TOOLS: Mapping[str, ToolMaker] = {"openrouter:datetime": Clock, "datetime": Clock}
NOT_YET = frozenset({"openrouter:web_search", "openrouter:web_fetch"})
"""Tools that are part of the protocol and that this server does not offer: passed over with a warning."""


def open_toolbox(declared: Iterable[ServerTool], path: str) -> tuple[dict[str, Tool], tuple[str, ...]]:
    """Build the declared tools by the names that models call them by, and say which were passed over.

    A vendor's type that nobody here knows is an error; any other unknown type is a client's own affair and ignored.

    :raises InvalidRequest: naming the type, with `path` as where it stands.
    """
    tools: dict[str, Tool] = {}
    warnings: list[str] = []
    for index, tool in enumerate(declared):
        maker = TOOLS.get(tool.type)
        if maker is not None:
            made = maker(tool.parameters)
            tools[made.spec.name] = made
        elif tool.type in NOT_YET or not tool.type.startswith(("openrouter:", "fuseline:")):
            warnings.append(f"the tool {tool.type} is not available on this server and was left out")
        else:
            raise InvalidRequest(f"unsupported tool type {tool.type!r}", f"{path}[{index}].type")
    return tools, tuple(warnings)
