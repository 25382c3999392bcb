"""One endpoint: what is known of it, and what a look at it brought, in words. It asks no network itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from fuseline.catalog.keys import SIGNS, KeyPlace
from fuseline.catalog.names import plain
from fuseline.doors.cli.doctor.checks import Check, Status, span
from fuseline.doors.cli.doctor.subjects import Subject
from fuseline.doors.cli.words import count, money
from fuseline.providers.probe import Probe
from fuseline.providers.statistics import Window
from fuseline.types.errors import UpstreamError
from fuseline.types.json import Json
from fuseline.types.models import PLAIN, Endpoint

SKEW_WARN_S = 30.0
SKEW_FAIL_S = 300.0
"""Signatures are refused beyond it, and certificates look as if they were not valid yet."""
MANY = 0.5
"""The share of failed calls from which an endpoint is warned of."""
LIVE = "fuseline doctor {} --live"
UNREACHED: Mapping[str, str] = {
    "dns_failure": "see that this machine can resolve names, and that the host in the address is right",
    "tls_failure": "have it show a certificate that this machine trusts; SSL_CERT_FILE may name its authority's",
}
"""What helps where no connection came about, by the fault's name."""


def told_key(subject: Subject) -> Check:
    """Where its key comes from, and how it ends."""
    name, variables = subject.endpoint.name, subject.endpoint.api_key_env
    used = [place for place in subject.places if not place.unused]
    unused = tuple(
        f"{place.name} ({place.source}) is not used: {place.unused}" for place in subject.places if place.unused
    )
    if used:
        return Check(subject.section, "key", "ok", ", ".join(map(shown, used)), notes=unused)
    if subject.signed:
        return Check(subject.section, "key", "ok", f"signed, as {subject.signed} says", notes=unused)
    if not variables and subject.endpoint.auth not in SIGNS:
        return Check(subject.section, "key", "ok", "none is sent")
    signs = SIGNS.get(subject.endpoint.auth, ())
    fix = f"set {' or '.join((*variables, *signs)[:3])}, or run `fuseline keys set {name}`"
    return Check(subject.section, "key", "warn" if subject.own else "fail", "there is none", fix, notes=unused)


def shown(place: KeyPlace) -> str:
    """A place with as much of its key as may be shown."""
    return f"{place.name} ({place.source}){f', ends in {place.ending}' if place.ending else ''}"


def told_facts(subject: Subject) -> Iterator[Check]:
    """What is known without asking: how it is spoken to, and what it does with data."""
    endpoint = subject.endpoint
    departs = ", ".join(f"{name} {word(value)}" for name, value in departures(endpoint).items())
    where = f" at {subject.address}" if subject.address else ""
    speaks = f"{endpoint.wire}{where}{f'; {departs}' if departs else ''}"
    yield Check(subject.section, "speaks", "ok", speaks)
    policy = endpoint.policy
    detail = f"trains on it: {word(policy.trains)}; keeps it: {word(policy.retains)}"
    if endpoint.local:
        yield Check(subject.section, "data", "ok", "stays on this machine")
    elif subject.asked_policy and policy.trains is not False:
        fix = f"set trains = false in [endpoints.{endpoint.name}] if you know that, or routing.data_collection"
        yield Check(subject.section, "data", "warn", f"{detail}: never asked while data_collection is deny", fix)
    else:
        yield Check(subject.section, "data", "ok", detail)


def told_bridge(subject: Subject, *, proved: bool) -> Check:
    """Whether an endpoint behind a library lets us in, which only a call shows."""
    if proved:
        return Check(subject.section, "access", "ok", "it answered a call")
    detail = f"not checked: behind {subject.endpoint.wire} only a call can tell"
    return Check(subject.section, "access", "warn", detail, LIVE.format(subject.endpoint.name))


def told_calls(subject: Subject, lately: Window) -> Check:
    """How its latest calls went."""
    told = [f"the last {count(len(lately.timings), 'call')}"]
    half, most, speed = lately.ttft(50), lately.ttft(90), lately.speed(50)
    if half is not None and most is not None:
        told.append(f"first token within {span(half)} for half of them, {span(most)} for nine in ten")
    if speed is not None:
        told.append(f"{speed:,.0f} tokens a second")
    told.append(f"{lately.failed:.0%} failed")
    if lately.failed > MANY:
        return Check(subject.section, "calls", "warn", ", ".join(told), "fuseline runs")
    return Check(subject.section, "calls", "ok", ", ".join(told))


def departures(endpoint: Endpoint) -> dict[str, Json]:
    """Where it departs from its protocol as most speak it."""
    usual = asdict(PLAIN)
    return {name: value for name, value in asdict(endpoint.quirks).items() if value != usual[name]}


def word(value: object) -> str:
    """A fact in a word."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def told_probes(subject: Subject, probes: Sequence[Probe], *, proved: bool) -> Iterator[Check]:
    """What looks brought, one with each key. `proved` says that a call went well, which tells more than a list."""
    probe, *others = probes
    answer = probe.listing
    if answer.status is None:
        yield unreached(subject, answer.problem)
        return
    told = [f"name found in {ms(answer.dns_s)} ms"] if answer.dns_s is not None else []
    told += [f"connected in {ms(answer.connect_s)} ms", f"answered in {ms(answer.answer_s)} ms"]
    took = (answer.dns_s or 0) + (answer.connect_s or 0) + (answer.answer_s or 0)
    yield Check(subject.section, "network", "ok", ", ".join(told), ms=ms(took))
    yield access(subject, probe, proved=proved and not others)
    for number, other in enumerate(others, 2):
        yield replace(access(subject, other, proved=False), name=f"access, key {number}")
    if answer.skew_s is not None:
        yield clock(subject, answer.skew_s)
    if probe.listed is not None:
        yield models(subject, probe.listed, whole=probe.whole)


def ms(seconds: float | None) -> float:
    """Seconds as milliseconds, to a tenth."""
    return round((seconds or 0) * 1000, 1)


def unreached(subject: Subject, problem: UpstreamError | None) -> Check:
    """Why it could not be reached at all."""
    reason, sentence = (problem.reason, problem.message) if problem else ("", "it could not be reached")
    start = "start the server there, or " if subject.endpoint.local else ""
    fix = UNREACHED.get(reason) or start + subject.change("see that this machine reaches the internet, and try again")
    return Check(subject.section, "network", "fail", f"{subject.address}: {sentence}", fix)


def access(subject: Subject, probe: Probe, *, proved: bool) -> Check:
    """Whether it lets us in."""
    if probe.key_taken is False:
        return refused(subject)
    if probe.key_taken or proved:
        return Check(subject.section, "access", "ok", granted(subject, probe))
    if probe.listing.status != 200:
        return turned_away(subject, probe.listing.status or 0, probe.listing.problem)
    if probe.listed is None:
        fix = subject.change("try again; something between may answer in its place")
        return Check(subject.section, "access", "warn", "it answers, but with no list of models", fix)
    if not subject.shows:
        return Check(subject.section, "access", "ok", "it asks for no key")
    detail = "key not checked: it gives its list to anybody"
    return Check(subject.section, "access", "warn", detail, LIVE.format(subject.endpoint.name))


def granted(subject: Subject, probe: Probe) -> str:
    """That we are let in, and what the key has left where that is told."""
    if not subject.shows:
        return "it asks for no key"
    account = probe.account
    if account is None or account.used is None:
        return "the key is good"
    limit = "no limit" if account.limit is None else f"a limit of {money(account.limit)}"
    return f"the key is good; {money(account.used)} used, {limit}"


def refused(subject: Subject) -> Check:
    """That the key is none, or none that counts there."""
    name, used = subject.endpoint.name, [place for place in subject.places if not place.unused]
    if not used:
        variables = subject.endpoint.api_key_env
        fix = f"set {variables[0]}" if variables else f"name the key's variable as api_key_env in [endpoints.{name}]"
        return Check(subject.section, "access", "fail", "it wants a key, and none is sent", fix)
    fix = f"correct {used[0].name}, or run `fuseline keys set {name}`"
    return Check(subject.section, "access", "fail", "the key is refused", fix)


def turned_away(subject: Subject, status: int, problem: UpstreamError | None) -> Check:
    """Why it gives no list of models, where that is not for the key's sake."""
    section, name = subject.section, subject.endpoint.name
    live = LIVE.format(name)
    match status:
        case 404 | 405 | 501:
            fix = f"{live}, or {subject.change('try again later')}" if subject.own else live
            return Check(section, "access", "warn", f"key not checked: it has no list of models (status {status})", fix)
        case 403:
            return Check(section, "access", "warn", "key not checked: it may not list models", live)
        case 429:
            return Check(section, "access", "warn", "its rate limit is reached", "wait a minute, then try again")
        case 402:
            return Check(section, "access", "fail", "the account has no credit", "pay in at its vendor's console")
        case _ if 300 <= status < 400:
            fix = subject.change("try again; something between may answer in its place")
            detail = f"it points elsewhere (status {status}), where no key is taken"
            return Check(section, "access", "fail", detail, fix)
        case _:
            fix = "try again later" if status >= 500 else subject.change("try again later")
            sentence = problem.message if problem else "it failed"
            return Check(section, "access", "fail", f"{sentence} (status {status})", fix)


def clock(subject: Subject, skew: float) -> Check:
    """How far its clock is from ours."""
    apart = abs(skew)
    status: Status = "fail" if apart > SKEW_FAIL_S else "warn" if apart > SKEW_WARN_S else "ok"
    if status == "ok":
        return Check(subject.section, "clock", "ok", "agrees with ours")
    fix = "see that this machine's clock is set by NTP, such as with `timedatectl set-ntp true`"
    detail = f"it is {apart:,.0f} s {'ahead of' if skew > 0 else 'behind'} ours"
    return Check(subject.section, "clock", status, detail, fix)


def models(subject: Subject, listed: frozenset[str], *, whole: bool) -> Check:
    """How many of the models that we know it lists, and whether those are among them that are wanted of it."""
    there = frozenset(map(plain, listed))
    known = sum(plain(model.name) in there for model in subject.known)
    told = f"lists {count(len(listed), 'model')}{'' if whole else ' and more'}"
    if subject.known:
        told = f"{told}, {known} of the {len(subject.known)} that the catalogue knows"
    gone = sorted(name for name in subject.wanted if plain(name) not in there)
    if gone and whole:
        fix = "fuseline models --refresh, or name another model where that one is asked for"
        return Check(subject.section, "models", "warn", f"{told}; {', '.join(gone)} is not listed", fix)
    return Check(subject.section, "models", "ok", told)


def endpoint_object(subject: Subject, probe: Probe | None) -> dict[str, Json]:
    """An endpoint for scripts; `null` for what was not learnt."""
    endpoint, used = subject.endpoint, [place for place in subject.places if not place.unused]
    answer = probe.listing if probe else None
    there = frozenset(map(plain, probe.listed)) if probe and probe.listed is not None else None
    return {
        "name": endpoint.name,
        "base_url": subject.address,
        "wire": endpoint.wire,
        "local": endpoint.local,
        "key": {"source": used[0].source, "name": used[0].name, "ending": used[0].ending} if used else None,
        "key_good": probe.key_taken if probe and (used or subject.signed) else None,
        "status": answer.status if answer else None,
        "reason": answer.problem.reason if answer and answer.problem else None,
        "dns_ms": milliseconds(answer.dns_s if answer else None),
        "connect_ms": milliseconds(answer.connect_s if answer else None),
        "answer_ms": milliseconds(answer.answer_s if answer else None),
        "skew_s": round(answer.skew_s, 1) if answer and answer.skew_s is not None else None,
        "listed": len(there) if there is not None else None,
        "known": len(subject.known),
        "known_listed": sum(plain(model.name) in there for model in subject.known) if there is not None else None,
        "lately": lately_object(subject.lately) if subject.lately else None,
        "quirks": departures(endpoint),
        "policy": {"trains": endpoint.policy.trains, "retains": endpoint.policy.retains},
    }


def lately_object(lately: Window) -> dict[str, Json]:
    """How the latest calls went, for scripts."""
    return {
        "calls": len(lately.timings),
        "failed": round(lately.failed, 3),
        "ttft_p50_ms": milliseconds(lately.ttft(50)),
        "ttft_p90_ms": milliseconds(lately.ttft(90)),
        "tokens_per_second_p50": lately.speed(50),
    }


def milliseconds(seconds: float | None) -> float | None:
    """Seconds as milliseconds; `None` stays."""
    return None if seconds is None else ms(seconds)
