"""`fuseline ask`: one question carried through, shown while it happens, and accounted for at the end."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from fuseline.assembly import House, open_house
from fuseline.doors.cli import codes
from fuseline.doors.cli.account import Account, account_of, account_of_stored
from fuseline.doors.cli.answer import Answer, NoAnswer
from fuseline.doors.cli.base import View
from fuseline.doors.cli.interrupts import Stop, stoppable
from fuseline.doors.cli.lines import seat_lines
from fuseline.doors.cli.objects import account_object, error_object, print_json
from fuseline.doors.cli.plain import PlainView
from fuseline.doors.cli.question import request_of
from fuseline.doors.cli.quiet import QuietView
from fuseline.doors.cli.sources import source_lines
from fuseline.doors.cli.summary import closing_lines
from fuseline.doors.cli.terminal import is_live, say, talking
from fuseline.doors.cli.view import LiveView
from fuseline.doors.cli.wish import Wish
from fuseline.gateway import Gateway
from fuseline.settings.settings import load
from fuseline.types.errors import FuselineError
from fuseline.types.events import Event, Failed, Finished, RunStarted, TextDelta
from fuseline.types.requests import Request

Tell: TypeAlias = Callable[[Account | None, FuselineError | None], None]
"""Tells what a run took, of which there is no account where none was begun, and the error that it ended with."""
BEAT_S = 0.1
"""Seconds without an event after which the view may move."""


@dataclass(slots=True)
class Audience:
    """One who listens to a run: sees it, hears its answer, and remembers how it ended."""

    view: View
    answer: Answer | NoAnswer
    run_id: str = ""
    outcome: Finished | Failed | None = None
    """`None` where the run was stopped."""

    async def attend(self, gateway: Gateway, request: Request) -> Stop:
        """Listen until the run is over, a signal comes, or nobody reads the answer; then it is stopped and saved.

        :raises BrokenPipeError: when nobody reads the answer any more.
        """
        with stoppable() as stop:
            gone = await self._listen(gateway, request)
            if gone is not None:
                raise gone
        return stop

    async def _listen(self, gateway: Gateway, request: Request) -> BrokenPipeError | None:
        async with gateway.listen(request) as events:
            try:
                while self.outcome is None:
                    with anyio.move_on_after(BEAT_S):
                        self._take(await events.receive())
                    self.view.beat()
            except BrokenPipeError as gone:
                return gone  # raised inside the block it would come out as a group
            finally:
                self.view.close()
        return None

    def _take(self, event: Event) -> None:
        self.view.show(event)
        match event:
            case RunStarted(run):
                self.run_id = run.id
            case TextDelta(speaker, text) if speaker.to_client:
                self.answer.say(text)
            case Finished() | Failed():
                self.outcome = event
            case _:
                pass  # for the view alone


def run(wish: Wish) -> int:
    """Ask, and return the exit code.

    :raises FuselineError: when there is no answer.
    """
    return anyio.run(ask, wish)


async def ask(wish: Wish) -> int:
    """Open the house for one question."""
    request = request_of(wish)
    async with open_house(load(wish.config)) as house:
        answer = NoAnswer() if wish.as_json else Answer(sys.stdout, streamed=wish.stream)
        told = tell_sources if wish.sources else tell_costs
        tell = tell_object if wish.as_json else tell_nothing if wish.quiet else told
        return await perform(house, request, Audience(view_for(wish), answer), tell)


async def perform(house: House, request: Request, audience: Audience, tell: Tell) -> int:
    """Carry a request through before an audience, then tell what it took.

    :raises FuselineError: when there is no answer.
    """
    stop = await audience.attend(house.gateway, request)
    account = await account_for(house, audience)
    match audience.outcome:
        case Finished(run):
            audience.answer.finish(run.reply.text or run.reply.refusal if run.reply else "")
            tell(account, None)
            return codes.ANSWERED
        case Failed(error):
            audience.answer.end_line()
            tell(account, error)
            raise error
        case None:
            audience.answer.end_line()
            tell(account, None)
            return stop.exit_code


async def account_for(house: House, audience: Audience) -> Account | None:
    """The account of a run that is over; `None` where none was begun. One that was stopped is read from the store."""
    match audience.outcome:
        case Finished(run):
            return account_of(run)
        case Failed(error):
            return account_of(error.run) if error.run else None
        case None:
            stored = await house.store.run(audience.run_id) if audience.run_id else None
            return account_of_stored(stored) if stored else None


def view_for(wish: Wish) -> View:
    """The view that suits the terminal and the options."""
    if wish.quiet:
        return QuietView()
    if not is_live(sys.stderr):
        return PlainView(sys.stderr)
    below = wish.stream and not wish.as_json and sys.stdout.isatty()
    return LiveView(talking(sys.stderr), seat_lines, answer_below=below)


def tell_object(account: Account | None, error: FuselineError | None) -> None:
    """Print the run as one object."""
    body = account_object(account) if account else {"answer": None}
    print_json({**body, "error": error_object(error) if error else None})


def tell_costs(account: Account | None, error: FuselineError | None) -> None:
    """Print what each call took and what all of them took."""
    for line in closing_lines(account) if account else ():
        say(sys.stderr, line)


def tell_sources(account: Account | None, error: FuselineError | None) -> None:
    """Print where the answer comes from, and then what it took."""
    for line in source_lines(account) if account else ():
        say(sys.stderr, line)
    tell_costs(account, error)


def tell_nothing(account: Account | None, error: FuselineError | None) -> None:
    """Print nothing."""
