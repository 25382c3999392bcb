/** Claims by seats: a table where there is room for one, else a card for each claim. */

import { KINDS, standOf, type Point, type Voice } from "./points";
import { Sign } from "./sign";
import "./matrix.css";

interface Told {
  readonly points: readonly Point[];
  readonly voices: readonly Voice[];
  readonly chosen: string;
  readonly choose: (point: Point, seat: number | null) => void;
}

const STATES: Partial<Record<Voice["state"], string>> = { done: "answered", kept: "answered, kept from another run", failed: "failed" };
const SIGNS: Partial<Record<Voice["state"], string>> = { done: "✓", kept: "✓", failed: "✕" };

export function Matrix(told: Told) {
  return (
    <table class="matrix">
      <caption class="unseen">What the panel says, claim by claim, and which seat says it</caption>
      <thead>
        <tr>
          <th scope="col"><span class="unseen">Kind</span></th>
          <th scope="col">Claim</th>
          {told.voices.map((voice) => <Heading key={voice.seat} {...voice} />)}
        </tr>
      </thead>
      <tbody>{told.points.map((point) => <Row key={point.id} {...told} point={point} />)}</tbody>
    </table>
  );
}

function Heading({ seat, name, sign, state }: Voice) {
  return (
    <th scope="col" class="voice" title={`${name}: ${STATES[state] ?? state}`}>
      <Sign seat={seat} sign={sign} />
      <span class="name">{name}</span>
      <span class={`state ${state}`} aria-hidden="true">{SIGNS[state] ?? "…"}</span>
      <span class="unseen">, {STATES[state] ?? state}</span>
    </th>
  );
}

type One = Told & { readonly point: Point };

function Row({ point, voices, chosen, choose }: One) {
  return (
    <tr class={chosen === point.id ? `${point.kind} chosen` : point.kind}>
      <td class="kind"><Mark kind={point.kind} /></td>
      <th scope="row"><Choice point={point} chosen={chosen} choose={choose} /></th>
      {voices.map((voice) => <td key={voice.seat} class="stand"><Cell point={point} voice={voice} choose={choose} /></td>)}
    </tr>
  );
}

function Mark({ kind }: Pick<Point, "kind">) {
  return (
    <span class={`mark-of ${kind}`} title={KINDS[kind].name}>
      <span aria-hidden="true">{KINDS[kind].sign}</span>
      <span class="unseen">{KINDS[kind].name}</span>
    </span>
  );
}

function Choice({ point, chosen, choose }: Pick<One, "point" | "chosen" | "choose">) {
  return (
    <button type="button" class="quiet claim" dir="auto" data-point={point.id} aria-pressed={chosen === point.id} onClick={() => choose(point, null)}>
      {point.text}
    </button>
  );
}

function Cell({ point, voice, choose }: { point: Point; voice: Voice; choose: Told["choose"] }) {
  const { sign, words, tone } = standOf(point, voice);
  const told = { class: `standing ${tone} hue-${voice.seat % 8}`, title: `${voice.name}: ${words}` };
  if (tone === "silent" || tone === "gone") {
    return <span {...told}><span aria-hidden="true">{sign}</span><span class="unseen">{words}</span></span>;
  }
  return (
    <button type="button" {...told} aria-label={`${voice.name}: ${words}`} onClick={() => choose(point, voice.seat)}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** The same for narrow places: each claim with the seats that say it, and those that failed, as chips. */
export function Cards(told: Told) {
  return (
    <ul class="points">
      {told.points.map((point) => (
        <li key={point.id} class={told.chosen === point.id ? `${point.kind} chosen` : point.kind}>
          <div class="kind"><Mark kind={point.kind} /><span class="soft" aria-hidden="true">{KINDS[point.kind].name}</span></div>
          <Choice {...told} point={point} />
          <Chips {...told} point={point} />
        </li>
      ))}
    </ul>
  );
}

function Chips({ point, voices, choose }: One) {
  const speaking = voices.filter((voice) => !["silent", "gone"].includes(standOf(point, voice).tone));
  if (speaking.length === 0) return null;
  return (
    <ul class="chips-of" aria-label="Said by">
      {speaking.map((voice) => <li key={voice.seat}><Chip point={point} voice={voice} choose={choose} /></li>)}
    </ul>
  );
}

function Chip({ point, voice, choose }: { point: Point; voice: Voice; choose: Told["choose"] }) {
  const { sign, words, tone } = standOf(point, voice);
  return (
    <button type="button" class={`chip-of hue-${voice.seat % 8}`} onClick={() => choose(point, voice.seat)}>
      <Sign seat={voice.seat} sign={voice.sign} />
      <span>{voice.name}</span>
      {tone === "side" && <b>{sign}</b>}
      <span class="unseen">: {words}</span>
    </button>
  );
}
