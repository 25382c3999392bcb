"""The options of `fuseline docs`: an index of private documents. It loads nothing that the command itself needs."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn, TypeAlias

import typer

COMMAND = "fuseline.doors.cli.docs"

docs_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Let panels search private documents.")

Config: TypeAlias = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The settings file.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection: TypeAlias = Annotated[
    str, typer.Option("--collection", metavar="NAME", help="The collection; named after the folder unless told.")
]
Include: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="GLOB", help="Files to read, and no others, such as '*.md'; may be repeated."),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Files and folders to leave out; may be repeated."),
]
Anew: TypeAlias = Annotated[bool, typer.Option("--all", help="Read every file anew, unchanged ones as well.")]
Names: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME|FOLDER]...", help="Collections or folders; all unless told.")
]


def carry(context: typer.Context, verb: str, **arguments: object) -> NoReturn:
    """Run the command behind the door that turns whatever goes wrong into a sentence and a code."""
    door = import_module("fuseline.doors.cli.door")
    raise typer.Exit(door.run(COMMAND, {"verb": verb, **arguments}, debug=bool(context.find_root().obj)))


@docs_app.command()
def add(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder; all that is below it is read.")],
    collection: Collection = "",
    include: Include = None,
    exclude: Exclude = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Index a folder of documents and remember it. Run again, it reads what has changed."""
    wanted = {"include": tuple(include or ()), "exclude": tuple(exclude or ())}
    carry(context, "add", folder=folder, collection=collection, **wanted, as_json=as_json, config=config)


@docs_app.command()
def refresh(
    context: typer.Context, names: Names = None, anew: Anew = False, as_json: AsJson = False, config: Config = None
) -> None:
    """Read what has changed in the folders that are remembered, and drop what is gone."""
    carry(context, "refresh", names=tuple(names or ()), anew=anew, as_json=as_json, config=config)


@docs_app.command("list")
def list_folders(context: typer.Context, as_json: AsJson = False, config: Config = None) -> None:
    """List the collections with their folders, and how much is in each."""
    carry(context, "list", as_json=as_json, config=config)


@docs_app.command()
def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A collection or a folder.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Take a collection or a folder out of the index. The files themselves stay as they are."""
    carry(context, "remove", names=(name,), as_json=as_json, config=config)


@docs_app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="What to search for.")],
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="NAME", help="A collection to search; may be repeated, all unless told."),
    ] = None,
    most: Annotated[int, typer.Option("--max", min=1, max=25, help="Results, at the most.")] = 5,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Search as a panel would."""
    wanted = {"words": " ".join(words), "collections": tuple(collection or ()), "most": most}
    carry(context, "search", **wanted, as_json=as_json, config=config)


@docs_app.command()
def show(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ID", help="The address of a document, as a search prints it.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Print the text of a document, as the index has it."""
    carry(context, "show", address=address, as_json=as_json, config=config)
