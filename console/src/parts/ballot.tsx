/** A blind comparison: two answers without their names until one is preferred. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { api, type Choice, type Run, type Side } from "../api";
import { drawn, mixed, nameOf, neutral, sidesOf, textOf, type Pair } from "../blind";
import { announce } from "./announcer";
import { useKeys } from "./keys";
import { Markdown } from "./markdown";
import "./ballot.css";

const CHOICES: readonly (readonly [choice: Choice, key: string, words: string, sign: string])[] = [
  ["left", "ArrowLeft", "Left is better", "←"],
  ["right", "ArrowRight", "Right is better", "→"],
  ["tie", "t", "Tie", "t"],
  ["neither", "n", "Neither", "n"],
];
const SCROLLING = "[role=group][tabindex], .scroll, pre, summary, button[data-mark]";

interface Vote {
  readonly pair: Signal<Pair | null>;
  readonly choice: Signal<Choice | null>;
  readonly sending: Signal<boolean>;
  readonly failure: Signal<string>;
}

export function Ballot({ run, voted }: { run: Run; voted: () => void }) {
  const start = useMemo(() => drawn(run), [run]);
  const vote: Vote = { pair: useSignal(start), choice: useSignal<Choice | null>(null), sending: useSignal(false), failure: useSignal("") };
  const cast = (choice: Choice) => void send(run, vote, choice).then((sent) => { if (sent) voted(); });
  useKeys(useMemo(() => CHOICES.map(([choice, key, does]) => ({ key, does, run: () => cast(choice), leaves: SCROLLING })), [run]));
  const pair = vote.pair.value;
  if (!pair) return <p class="band warn">A comparison needs two answers, and this run has fewer.</p>;
  const again = (next: Pair | null) => {
    vote.choice.value = null;
    vote.failure.value = "";
    vote.pair.value = next;
    announce("Two answers to compare.");
  };
  return (
    <>
      <div class="ballot">
        <Paper title="Left" run={run} side={pair.left} open={vote.choice.value !== null} better={vote.choice.value === "left"} />
        <Paper title="Right" run={run} side={pair.right} open={vote.choice.value !== null} better={vote.choice.value === "right"} />
      </div>
      {vote.failure.value && <p class="band bad" role="alert">{vote.failure}</p>}
      <div class="booth">
        {vote.choice.value === null ? <Choices sending={vote.sending.value} cast={cast} /> : <Outcome run={run} pair={pair} choice={vote.choice.value} again={() => again(drawn(run))} />}
      </div>
      <Own run={run} take={again} />
    </>
  );
}

async function send(run: Run, { pair, choice, sending, failure }: Vote, chosen: Choice): Promise<boolean> {
  const sides = pair.value;
  if (!sides || choice.value !== null || sending.value) return false;
  sending.value = true;
  try {
    await api.vote(run.id, sides.left, sides.right, chosen);
    choice.value = chosen;
    failure.value = "";
    announce(`${outcome(chosen)} ${reveal(run, sides)}`);
    return true;
  } catch (error) {
    failure.value = `The vote was not stored: ${error instanceof Error ? error.message : String(error)}`;
    return false;
  } finally {
    sending.value = false;
  }
}

function Paper({ title, run, side, open, better }: { title: string; run: Run; side: Side; open: boolean; better: boolean }) {
  const { text, pages } = useMemo(() => neutral(textOf(run, side)), [run, side]);
  return (
    <article class={better ? "card paper better" : "card paper"} aria-label={`${title} answer`}>
      <h2>{title}<span class="who">{open ? `: ${nameOf(run, side)}` : ""}</span></h2>
      <Markdown text={text} />
      {pages.length > 0 && <ol class="pages">{pages.map((page) => <li key={page}><a href={page} target="_blank" rel="noopener noreferrer nofollow">{page.replace(/^https?:\/\/(?:www\.)?/u, "")}</a></li>)}</ol>}
    </article>
  );
}

function Choices({ sending, cast }: { sending: boolean; cast: (choice: Choice) => void }) {
  return (
    <div class="row" role="group" aria-label="Your vote">
      {CHOICES.map(([choice, , words, sign]) => (
        <button key={choice} type="button" disabled={sending} onClick={() => cast(choice)}>{words} <kbd aria-hidden="true">{sign}</kbd></button>
      ))}
    </div>
  );
}

function Outcome({ run, pair, choice, again }: { run: Run; pair: Pair; choice: Choice; again: () => void }) {
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => next.current?.focus({ preventScroll: true }), []); // the button that was pressed is gone
  return (
    <div class="row outcome">
      <p><strong>{outcome(choice)}</strong> {reveal(run, pair)}</p>
      <button ref={next} type="button" onClick={again}>Another pair</button>
      <a class="button" data-in href={`/runs/${encodeURIComponent(run.id)}`}>To the run</a>
    </div>
  );
}

const OUTCOMES: Record<Choice, string> = {
  left: "You preferred the left one.", right: "You preferred the right one.", tie: "You found them equal.", neither: "You found neither good.",
};
const outcome = (choice: Choice) => OUTCOMES[choice];
const reveal = (run: Run, { left, right }: Pair) => `Left: ${nameOf(run, left)}. Right: ${nameOf(run, right)}.`;

/** Two answers of the reader's choice; which of them is on the left stays open. No name is on the page before they are asked for. */
function Own({ run, take }: { run: Run; take: (pair: Pair) => void }) {
  const open = useSignal(false);
  if (sidesOf(run).length < 3) return null;
  return (
    <details class="own" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>Choose the two answers yourself</summary>
      {open.value && <Choosing run={run} take={take} />}
    </details>
  );
}

function Choosing({ run, take }: { run: Run; take: (pair: Pair) => void }) {
  const sides = sidesOf(run);
  const one = useSignal(0);
  const other = useSignal(1);
  return (
    <>
      <div class="row">
        <Picked label="One" run={run} sides={sides} value={one} />
        <Picked label="The other" run={run} sides={sides} value={other} />
        <button type="button" disabled={one.value === other.value} onClick={() => take(mixed(sides[one.value]!, sides[other.value]!))}>Compare these</button>
      </div>
      <p class="soft">You know which two they are, but not which is on the left.</p>
    </>
  );
}

function Picked({ label, run, sides, value }: { label: string; run: Run; sides: readonly Side[]; value: Signal<number> }) {
  const id = useId();
  return (
    <span>
      <label for={id}>{label}</label>{" "}
      <select id={id} value={value.value} onChange={(event) => (value.value = Number(event.currentTarget.value))}>
        {sides.map((side, at) => <option key={at} value={at}>{side.seat === null ? "the fused answer" : nameOf(run, side)}</option>)}
      </select>
    </span>
  );
}
