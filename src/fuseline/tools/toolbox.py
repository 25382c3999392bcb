"""The table of server tools, and how declarations become tools."""

from collections.abc import Iterable, Mapping

from fuseline.tools.base import Tool, ToolMaker
from fuseline.tools.clock import Clock
from fuseline.tools.web_fetch import WebFetch
from fuseline.tools.web_search import WebSearch
from fuseline.types.errors import InvalidRequest
from fuseline.types.requests import ServerTool

FUSION = frozenset({"openrouter:fusion", "fusion", "fuseline:fusion"})
"""The names by which a client may put fusion on the table."""
TOOLS: Mapping[str, ToolMaker] = {
    "openrouter:datetime": Clock,
    "datetime": Clock,
    "openrouter:web_search": WebSearch,
    "web_search": WebSearch,
    "web_search_preview": WebSearch,
    "web_search_preview_2025_03_11": WebSearch,
    "web_search_2025_08_26": WebSearch,
    "web_search_20250305": WebSearch,
    "openrouter:web_fetch": WebFetch,
    "web_fetch": WebFetch,
    "web_fetch_20250910": WebFetch,
}
"""Every vendor's name for a tool that we run."""


def open_toolbox(declared: Iterable[ServerTool], path: str) -> tuple[dict[str, Tool], tuple[str, ...]]:
    """Build the declared tools by the names that models call them by, and say which were passed over.

    A vendor's type that nobody here knows is an error; any other unknown type is a client's own affair and ignored.
    Of a tool that is declared twice, whatever its names, the first declaration counts.

    :raises InvalidRequest: naming the type, with `path` as where it stands.
    """
    tools: dict[str, Tool] = {}
    warnings: list[str] = []
    for index, tool in enumerate(declared):
        maker = TOOLS.get(tool.type)
        if maker is None and tool.type.startswith(("openrouter:", "fuseline:")):
            raise InvalidRequest(f"unsupported tool type {tool.type!r}", f"{path}[{index}].type")
        if maker is None:
            warnings.append(f"the tool {tool.type} is not available on this server and was left out")
        elif tool.parameters.get("external_web_access") is False:
            warnings.append(f"the tool {tool.type} was left out: it is declared without access to the web")
        elif (made := maker(tool.parameters)).spec.name in tools:
            warnings.append(f"the tool {tool.type} is declared twice, and the first declaration counts")
        else:
            tools[made.spec.name] = made
    return tools, tuple(warnings)
