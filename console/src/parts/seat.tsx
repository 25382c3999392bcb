/** One model of the panel: who it is, how far it is, what it took, what it says. */

import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { SeatState } from "../api";
import type { LiveSeat, RunView } from "../run";
import { count, seconds } from "../words";
import { SeatAgain } from "./again";
import { useBeat } from "./clock";
import { copied } from "./clipboard";
import { Editor, type Draft } from "./editing";
import { callsOf, price, taken, written } from "./figures";
import { useHighlight } from "./highlight";
import { meaning } from "./meanings";
import { Asked } from "./research";
import { Sign } from "./sign";
import { Stream } from "./stream";
import "./seat.css";

const WORDS: Record<SeatState, readonly [glyph: string, word: string]> = {
  waiting: ["○", "waiting"], thinking: ["◔", "thinking"], looking: ["◑", "looking up"], writing: ["◕", "writing"],
  done: ["✓", "done"], failed: ["✕", "failed"], kept: ["↺", "kept"],
};

/** What a column shows beside the seat: what it is called on this panel, and whether it has the whole width. */
export interface Place {
  readonly view: RunView; readonly seat: LiveSeat; readonly name: string; readonly sign: string;
  readonly draft: Draft; readonly wide: Signal<number | null>;
}

export function Standing({ view, seat }: { view: RunView; seat: LiveSeat }) {
  const state = view.over.value && !seat.final.value ? "failed" : seat.state.value;
  const [glyph, word] = WORDS[state];
  return <span class={`state ${state}`}><span aria-hidden="true">{glyph}</span> {word}</span>;
}

export function SeatCard(place: Place) {
  const { view, seat, name, sign, draft, wide } = place;
  const editing = useSignal(false);
  const silent = useComputed(() => seat.content.value === "");
  return (
    <article class={`seat hue-${seat.seat % 8}`} id={`seat-${seat.seat}`} tabIndex={-1} aria-labelledby={`seat-${seat.seat}-name`}>
      <header>
        <Sign seat={seat.seat} sign={sign} />
        <h3 id={`seat-${seat.seat}-name`} title={seat.model}>{name}</h3>
        <Standing view={view} seat={seat} />
        <span class="space" />
        <button type="button" class="quiet small" aria-pressed={wide.value === seat.seat} aria-label={`Show ${name} in full width`} onClick={() => (wide.value = wide.value === seat.seat ? null : seat.seat)}>
          <span aria-hidden="true">{wide.value === seat.seat ? "⤡" : "⤢"}</span>
        </button>
        <button type="button" class="quiet small" aria-label={`Copy the answer of ${name}`} disabled={silent.value} onClick={() => void copied(seat.content.value, `the answer of ${name}`)}>
          Copy
        </button>
      </header>
      <Took view={view} seat={seat} />
      {draft.open.value && <Choice {...place} editing={editing} />}
      <Trouble seat={seat} />
      {editing.value && draft.open.value ? <Editor seat={seat} draft={draft} name={name} editing={editing} /> : <Said {...place} />}
      <SeatAgain view={view} seat={seat} name={name} />
    </article>
  );
}

/** Seconds, tokens, money and look-ups, by the second while it is at work. */
export function Took({ view, seat }: { view: RunView; seat: LiveSeat }) {
  useBeat(view.running.value && !seat.final.value);
  const calls = callsOf(view, seat);
  const time = taken(view, seat, calls);
  const kept = seat.state.value === "kept";
  const figures = [
    time !== null && seat.state.value !== "waiting" && !kept ? (seat.final.value ? seconds(time) : `${Math.floor(time)} s`) : "",
    written(seat, calls),
    calls.length > 0 ? price(calls) : kept ? "not paid again" : "",
    seat.lookups.value.length > 0 ? count(seat.lookups.value.length, "look-up") : "",
  ];
  return <p class="took figure soft">{figures.filter(Boolean).join(" · ") || "–"}</p>;
}

function Choice({ seat, name, draft, editing }: Place & { editing: Signal<boolean> }) {
  if (!["done", "kept"].includes(seat.state.value)) return null;
  return (
    <div class="choice row">
      <label class="check">
        <input type="checkbox" checked={!draft.dropped.value.has(seat.seat)} onChange={(event) => draft.keep(seat.seat, event.currentTarget.checked)} />
        Use this answer
      </label>
      <button type="button" class="small" aria-expanded={editing.value} aria-label={`Edit the answer of ${name}`} onClick={() => (editing.value = !editing.value)}>Edit</button>
      {draft.edits.value.has(seat.seat) && <span class="tag">edited</span>}
    </div>
  );
}

/** Why there is no answer, or why it is not a whole or a fresh one. */
/** Whether a sentence says more than an error did. */
function adds(sentence: string, error: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/\.$/u, "");
  return sentence !== "" && bare(sentence) !== bare(error);
}

function Trouble({ seat }: { seat: LiveSeat }) {
  const final = seat.final.value;
  if (!final) return null;
  if (seat.state.value === "failed") {
    return (
      <div class="band bad">
        <p><strong>No answer:</strong> {final.error || "nothing is known about the reason"}</p>
        {adds(meaning(final.reason), final.error) && <p>{meaning(final.reason)}</p>}
        {seat.content.value && <p>What it had said until then stands below; it was not used.</p>}
      </div>
    );
  }
  if (seat.state.value === "kept") return <p class="band aside">Kept from an earlier run, and not paid again.</p>;
  if (final.truncated) return <p class="band warn">The answer stops short: it ran into the limit on its length, or the connection broke. It was used as far as it goes.</p>;
  return null;
}

/** Reasoning and research folded, the answer as it grows. */
function Said({ view, seat, name, draft }: Place) {
  const body = useRef<HTMLDivElement>(null);
  const busy = useComputed(() => view.running.value && seat.final.value === null);
  const shown = useComputed(() => (draft.open.value ? draft.edits.value.get(seat.seat) : undefined) ?? seat.content.value);
  return (
    <div class="said" tabIndex={0} role="group" aria-label={`Answer of ${name}`}>
      <Researched view={view} seat={seat} />
      <Reasoned seat={seat} busy={busy} />
      <div ref={body} class="text"><Stream text={shown} busy={busy} follows=".said" /></div>
      {!busy.value && <Marked body={body} seat={seat} />}
    </div>
  );
}

/** Marks what the reader chose in the agreement, once the text stands. */
function Marked({ body, seat }: { body: RefObject<HTMLElement | null>; seat: LiveSeat }) {
  useHighlight(body, seat.content.value, seat.seat);
  return null;
}

/** What it looked up: open while it is at it, folded after. */
function Researched({ view, seat }: { view: RunView; seat: LiveSeat }) {
  const live = view.running.value && seat.final.value === null;
  const lookups = seat.lookups.value;
  if (lookups.length === 0 && !seat.tool.value) return null;
  return (
    <details class="fold" open={live}>
      <summary>{count(lookups.length, "look-up")}</summary>
      <ul class="asked">
        {lookups.map((one, index) => <li key={index}><Asked lookup={one} /></li>)}
        {seat.tool.value && live && <li class="soft">{asking(seat.tool.value)}</li>}
      </ul>
    </details>
  );
}

/** The words of a tool call that are worth showing; it is the model that wrote them, so they may be anything. */
function asking(args: string): string {
  try {
    const told = JSON.parse(args) as Record<string, unknown>;
    const found = told.query ?? told.url ?? Object.values(told).find((one) => typeof one === "string");
    return typeof found === "string" ? found : args;
  } catch {
    return args;
  }
}

function Reasoned({ seat, busy }: { seat: LiveSeat; busy: { value: boolean } }) {
  const open = useSignal(false);
  const some = useComputed(() => seat.reasoning.value !== "");
  const silent = useComputed(() => seat.content.value === "");
  if (!some.value) return null;
  return (
    <details class="fold" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>Reasoning{busy.value && silent.value ? ", going on" : ""}</summary>
      {open.value && <ReasoningText seat={seat} />}
    </details>
  );
}

function ReasoningText({ seat }: { seat: LiveSeat }) {
  const busy = useComputed(() => seat.final.value === null);
  return <Stream text={seat.reasoning} busy={busy} />;
}
