"""The command line: commands and options. Each command loads its own module, so that help and version come at once."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeAlias

import typer

from fuseline.doors.cli.codes import DOCTOR_EXPLAINED, EXPLAINED
from fuseline.doors.cli.docs_app import COMMAND as DOCS
from fuseline.doors.cli.docs_app import docs_app
from fuseline.doors.cli.version import installed_version
from fuseline.doors.cli.wish import Wish

COMMANDS = {
    "ask": "fuseline.doors.cli.ask",
    "serve": "fuseline.doors.cli.serve",
    "models": "fuseline.doors.cli.models",
    "presets": "fuseline.doors.cli.presets",
    "runs": "fuseline.doors.cli.runs",
    "show": "fuseline.doors.cli.show",
    "search": "fuseline.doors.cli.search",
    "fetch": "fuseline.doors.cli.fetch",
    "keys": "fuseline.doors.cli.keys",
    "docs": DOCS,
    "doctor": "fuseline.doors.cli.doctor.doctor",
    "demo": "fuseline.doors.demo.demo",
}
"""Where each command lives. Loaded by name and late: the gateway takes ten times as long to import as this file."""

app = typer.Typer(
    name="fuseline",
    help="Several models answer, one compares, one writes.",
    epilog=EXPLAINED,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help needs no rich, and comes in half the time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
runs_app = typer.Typer(rich_markup_mode=None)
app.add_typer(runs_app, name="runs")
keys_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Keep the keys of providers.")
app.add_typer(keys_app, name="keys")
app.add_typer(docs_app, name="docs")

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The settings file.")]
Named = Annotated[str, typer.Argument(metavar="ENDPOINT", help="An endpoint, such as openrouter: see `keys list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run the command line."""
    app(prog_name="fuseline")


def carry(context: typer.Context, command: str, *, debug: bool = False, **arguments: object) -> NoReturn:
    """Load a command's module and run it behind the door that turns whatever goes wrong into a sentence and a code."""
    door = import_module("fuseline.doors.cli.door")
    raise typer.Exit(door.run(COMMANDS[command], arguments, debug=debug or bool(context.find_root().obj)))


def print_version(wanted: bool) -> None:
    """Print the version and leave, where that is wanted."""
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from, and the log.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Several models answer, one compares, one writes."""
    context.obj = debug


@app.command(epilog=EXPLAINED)
def ask(
    context: typer.Context,
    question: Annotated[
        str | None, typer.Argument(help="The question. Text on standard input is added; `-` is standard input alone.")
    ] = None,
    file: Annotated[list[Path] | None, typer.Option("-f", "--file", help="A file to add; may be repeated.")] = None,
    system: Annotated[str | None, typer.Option("-s", "--system", help="Instructions for the writer.")] = None,
    panel: Annotated[str | None, typer.Option("--panel", metavar="A,B,C", help="The panel, 1 to 8 models.")] = None,
    self_fusion: Annotated[
        str | None,
        typer.Option("--self", metavar="MODEL*N", help="One model on N seats, which also compares and writes."),
    ] = None,
    analyst: Annotated[str | None, typer.Option("--analyst", metavar="MODEL", help="Who compares.")] = None,
    writer: Annotated[str | None, typer.Option("--writer", metavar="MODEL", help="Who writes.")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="A named panel: see `fuseline presets`.")] = None,
    min_panel: Annotated[int | None, typer.Option("--min-panel", min=1, max=8, help="Seats that must answer.")] = None,
    deadline: Annotated[float | None, typer.Option("--deadline", min=1, max=3600, help="Seconds for the run.")] = None,
    max_cost: Annotated[float | None, typer.Option("--max-cost", metavar="USD", help="What the run may cost.")] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**63 - 1, help="Fixes who gets which letter.")
    ] = None,
    tools: Annotated[bool, typer.Option("--tools/--no-tools", help="Whether seats may search and read pages.")] = True,
    docs: Annotated[
        list[str] | None,
        typer.Option("--docs", metavar="NAME", help="A collection of your documents to search; may be repeated."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Ask the writer once more about what only one seat said and it left out.")
    ] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="Tell which seats stand behind each sentence, and which pages were read.")
    ] = False,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Print the answer as it is written.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object in place of the answer.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the answer and nothing else.")] = False,
    config: Config = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Ask a panel of models, and print the one answer that is written from theirs."""
    wish = Wish(
        question, tuple(file or ()), system, panel, self_fusion, analyst, writer, preset, min_panel, deadline,
        max_cost, seed, tools, tuple(docs or ()), repair, sources, stream, as_json, quiet, config,
    )  # fmt: skip
    carry(context, "ask", debug=debug, wish=wish)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", envvar="PORT", min=0, max=65535, help="Port; 0 takes any free one.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option("--ready-file", metavar="PATH", help="Written with the address once it listens.")
    ] = None,
    log_level: Annotated[LogLevel, typer.Option("--log-level", help="What the log tells, on standard error.")] = "info",
    config: Config = None,
) -> None:
    """Serve the gateway to OpenAI and OpenRouter clients over HTTP."""
    carry(context, "serve", host=host, port=port, ready_file=ready_file, log_level=log_level, config=config)


@app.command()
def models(
    context: typer.Context,
    endpoint: Annotated[
        list[str] | None, typer.Argument(help="With --refresh: the endpoints to ask; all that can be called if none.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="The panel of each tier, and why it is that one.")] = False,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="WORDS", help="All models known offline with these words, and their keys."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All models known offline.")] = False,
    renew: Annotated[
        bool, typer.Option("--refresh", help="Ask endpoints for their own lists, which count from the next start on.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the models that can be called now."""
    names = tuple(endpoint or ())
    carry(
        context, "models", names=names, default=default, search=search, everything=everything, renew=renew,
        as_json=as_json, config=config,
    )  # fmt: skip


@app.command()
def presets(context: typer.Context, as_json: AsJson = False, config: Config = None) -> None:
    """List the named panels."""
    carry(context, "presets", as_json=as_json, config=config)


@runs_app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")] = 20,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the newest runs, or show one."""
    if context.invoked_subcommand is None:
        carry(context, "runs", limit=limit, as_json=as_json, config=config)


@runs_app.command()
def show(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="ID|last", help="The id of a run, its end, or `last`.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show a run: question, answers, analysis, and what each call cost."""
    carry(context, "show", run_id=run, as_json=as_json, config=config)


@app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(help="What to search for.")] = None,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="The engine: see --engines.")] = "auto",
    most: Annotated[int, typer.Option("--max", min=1, max=25, help="Results, at the most.")] = 5,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="A domain to look in, and no other; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="A domain to leave out; may be repeated.")
    ] = None,
    engines: Annotated[
        bool, typer.Option("--engines", help="List the engines: the order, prices, and what each is sent.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Search as a panel would, to try the engines. An engine with a key may charge for it."""
    carry(
        context, "search", words=" ".join(words or ()), engine=engine, most=most, allowed=tuple(domain or ()),
        excluded=tuple(exclude or ()), engines=engines, as_json=as_json, config=config,
    )  # fmt: skip


@app.command()
def fetch(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of a page.")],
    most: Annotated[
        int | None, typer.Option("--max-characters", min=1, metavar="N", help="Characters that are shown.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", metavar="DOMAIN", help="Read this domain only; may be repeated.")
    ] = None,
    block: Annotated[
        list[str] | None, typer.Option("--block", metavar="DOMAIN", help="Do not read this domain; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Read a page as a panel would, and show its text, or say why it is not read."""
    carry(
        context, "fetch", url=url, max_characters=most, allowed=tuple(allow or ()), blocked=tuple(block or ()),
        as_json=as_json, config=config,
    )  # fmt: skip


@app.command(epilog=DOCTOR_EXPLAINED)
def doctor(
    context: typer.Context,
    endpoint: Annotated[
        list[str] | None, typer.Argument(help="Endpoints to look at, and nothing else; all of them unless told.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Have a model of each endpoint answer in a few tokens. It costs money.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody anything: no network at all.")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Look at settings, keys, database and endpoints, and say what is wrong and how to mend it."""
    names = tuple(endpoint or ())
    carry(context, "doctor", names=names, live=live, offline=offline, as_json=as_json, config=config)


@keys_app.command("set")
def set_key(
    context: typer.Context,
    endpoint: Named,
    in_keyring: Annotated[
        bool, typer.Option("--keyring", help="Keep it in the operating system's keyring (keys.keyring).")
    ] = False,
    beside: Annotated[bool, typer.Option("--add", help="Keep those that are stored; calls take turns.")] = False,
    config: Config = None,
) -> None:
    """Store a key. It is asked for, or read from standard input; it goes to the endpoint's address and no other."""
    carry(context, "keys", verb="set", endpoint=endpoint, in_keyring=in_keyring, beside=beside, config=config)


@keys_app.command("list")
def list_keys(context: typer.Context, as_json: AsJson = False, config: Config = None) -> None:
    """List where each key comes from and how it ends, and which endpoints have none."""
    carry(context, "keys", verb="list", as_json=as_json, config=config)


@keys_app.command("remove")
def remove_key(context: typer.Context, endpoint: Named, config: Config = None) -> None:
    """Remove what is stored for an endpoint. Variables stay as they are."""
    carry(context, "keys", verb="remove", endpoint=endpoint, config=config)


@keys_app.command("path")
def show_path(context: typer.Context, config: Config = None) -> None:
    """Print where the key file is, or would be."""
    carry(context, "keys", verb="path", config=config)


@app.command()
def demo(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(metavar="[SLUG|N]", help="One of `fuseline demo --list`.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the recorded questions.")] = False,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=1000, help="How many times as fast.")] = 1.0,
    plain: Annotated[bool, typer.Option("--plain", help="Lines of text, as where there is no terminal.")] = False,
) -> None:
    """Play a recorded run: no key, no network, the whole gateway."""
    carry(context, "demo", question=question, listed=listed, speed=speed, plain=plain)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"fuseline {installed_version()}")
