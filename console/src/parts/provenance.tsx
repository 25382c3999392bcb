/** Who stands behind each sentence of an answer, what is doubtful in it, and what it leaves out. */

import type { Dropped, Flag, Provenance, Run, Sentence } from "../api";
import { places, type Span } from "../prose";
import { behind, takeAway } from "./citations";
import { highlighted } from "./highlight";
import { namesOf, Sign, signsOf } from "./sign";
import type { Place } from "./whereabouts";
import "./provenance.css";

/** Something to be said of a range of the answer. */
export interface Remark {
  readonly key: string;
  readonly span: Span;
  readonly title: string;
  readonly words: string;
  readonly seats: readonly number[];
  readonly kind: Sentence["standing"] | "flag";
  readonly seek: (() => void) | null;
  /** Shows where in the seats it comes from, where it comes from one. */
}

/** The seats of a run by their letters and names. */
export interface Cast { readonly signs: readonly string[]; readonly names: readonly string[] }

export function castOf(run: Run): Cast {
  const models = run.seats.map((one) => one.model);
  return { signs: signsOf(models), names: namesOf(models) };
}

/** All that there is to say of an answer, in the order of its text. */
export function remarksOf(run: Run, traced: Provenance): Remark[] {
  const { names } = castOf(run);
  const at = places(run.answer);
  const spanOf = ({ start, end }: Span): Span => ({ start: at(start), end: at(end) });
  const sentences = traced.sentences.map((one, number): Remark => {
    const span = spanOf(one);
    const seek = one.supports.length > 0 ? () => seekSentence(run, one, span, `sentence-${number}`) : null;
    return { key: `sentence-${number}`, span, kind: one.standing, seats: shownSeats(one), seek, ...toldOf(one, names) };
  });
  const flags = traced.flags.map((one, number): Remark => (
    { key: `flag-${number}`, span: spanOf(one), kind: "flag", seats: [], seek: null, ...toldOfFlag(one) }
  ));
  return [...sentences, ...flags].sort((one, other) => one.span.end - other.span.end);
}

function shownSeats({ standing, supports }: Sentence): number[] {
  const seats = supports.map((one) => one.seat);
  return standing === "single" ? seats.slice(0, 1) : standing === "shared" ? seats : [];
}

function toldOf({ standing, supports }: Sentence, names: readonly string[]): { title: string; words: string } {
  const [first, ...others] = supports.map((one) => names[one.seat] ?? `seat ${one.seat + 1}`);
  switch (standing) {
    case "single":
      return { title: "One seat’s words", words: others.length > 0 ? `In the words of ${first}. Much the same stands in ${listed(others)}.` : `In the words of ${first}; no other seat says it in like words.` };
    case "shared":
      return { title: "Shared", words: `Said much alike by ${listed([first!, ...others])}.` };
    case "unsure":
      return { title: "Unsure", words: first ? `Perhaps from ${first}; the texts are too close to tell.` : "The texts do not tell whose this is." };
    case "none":
      return { title: "No seat", words: "In no seat’s answer in like words: joined or worded anew by the writer, or added by it." };
  }
}

function toldOfFlag({ kind, text }: Flag): { title: string; words: string } {
  return kind === "new_number"
    ? { title: "Figure without a source", words: `“${text}” stands in no seat’s answer, on no page and not in the question. It may have been worked out, or made up.` }
    : { title: "Unknown address", words: "No seat cites this address, and no search brought it." };
}

const listed = (names: readonly string[]) => new Intl.ListFormat("en", { type: "conjunction" }).format(names);

/** A place in a seat's answer as a place in the text that the seat shows, which has its preamble in front. */
function shown(run: Run, seat: number, { start, end }: Span): Place[] {
  const found = run.seats[seat];
  if (!found || end <= start) return [];
  const at = places(found.content);
  const ahead = found.preamble ? found.preamble.length + 2 : 0;
  return [{ start: ahead + at(start), end: ahead + at(end), how: "matched" }];
}

function seekSentence(run: Run, sentence: Sentence, span: Span, id: string): void {
  const seats = new Map(sentence.supports.map((one) => [one.seat, shown(run, one.seat, one)] as const));
  highlighted.value = { id, seats, answer: [{ ...span, how: "matched" }], seek: sentence.supports[0]!.seat };
}

/** Set a mark behind the range of each remark; a mark says in words what it means. */
export function remarked(ranges: readonly (Range | null)[], remarks: readonly Remark[], cast: Cast): () => void {
  const made = remarks.flatMap((remark, at) => {
    const range = ranges[at];
    if (!range) return [];
    const mark = markOf(remark, cast);
    behind(range, mark);
    return [mark];
  });
  if (made[0]) made[0].tabIndex = 0;
  return () => takeAway(made);
}

function markOf({ key, kind, seats, title, words }: Remark, { signs }: Cast): HTMLButtonElement {
  const mark = document.createElement("button");
  mark.type = "button";
  mark.dataset.mark = key;
  mark.className = `remark ${kind}`;
  mark.tabIndex = -1; // one of them is on the way of the tabulator, the arrows go to the others
  const seen = signOf(kind, seats, signs);
  mark.setAttribute("aria-label", `${seen} ${title}: ${words}`); // a name begins with what is seen, for those who speak it
  mark.append(seats.length === 1 ? letterOf(seats[0]!, seen) : seen);
  return mark;
}

/** One sign, which is all that there is room for between two sentences: a seat's letter or number, or that of a claim. */
function signOf(kind: Remark["kind"], seats: readonly number[], signs: readonly string[]): string {
  if (seats.length > 1) return seats.length === signs.length ? "●" : "◐";
  if (seats.length === 1) return (signs[seats[0]!] ?? "?").slice(-1);
  return kind === "flag" ? "!" : kind === "none" ? "∅" : "?";
}

function letterOf(seat: number, sign: string): HTMLElement {
  const letter = document.createElement("span");
  letter.className = `hue-${seat % 8}`;
  letter.textContent = sign;
  return letter;
}

/** Whose words the answer is made of, and a word where the writer is one of the panel. */
export function Shares({ run, traced }: { run: Run; traced: Provenance }) {
  if (traced.sentences.length === 0) return null;
  const { signs, names } = castOf(run);
  const share = (standing: Sentence["standing"]) => traced.sentences.filter((one) => one.standing === standing).length / traced.sentences.length;
  const own = run.seats.reduce((whole, { seat, model }) => whole + (model === run.writer ? traced.shares[seat] ?? 0 : 0), 0);
  return (
    <div class="shares">
      <ul aria-label="Whose words the sentences are">
        {run.seats.filter(({ state }) => state !== "failed").map(({ seat }) => (
          <li key={seat}><Sign seat={seat} sign={signs[seat]!} /><span class="unseen">{names[seat]} alone:</span> <span class="figure">{percent(traced.shares[seat] ?? 0)}</span></li>
        ))}
        <li>shared <span class="figure">{percent(share("shared"))}</span></li>
        <li>unsure <span class="figure">{percent(share("unsure"))}</span></li>
        <li>no seat <span class="figure">{percent(share("none"))}</span></li>
      </ul>
      {run.seats.some(({ model }) => model === run.writer) && (
        <p class="soft">The writer sat on the panel, too: {percent(own)} of the sentences are in the words of its own draft alone{own >= 0.5 ? ", which is much; it may prefer itself" : ""}.</p>
      )}
    </div>
  );
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** What one seat alone said and the answer does not. */
export function LeftOut({ run, dropped }: { run: Run; dropped: readonly Dropped[] }) {
  if (dropped.length === 0) return null;
  const { signs, names } = castOf(run);
  return (
    <details class="left-out" open={dropped.length <= 4}>
      <summary><h3>Left out</h3> <span class="soft">{dropped.length} that one seat alone said and the answer does not</span></summary>
      <ul>
        {dropped.map((one, at) => (
          <li key={at}>
            <button type="button" class="quiet" aria-label={`Show in ${names[one.seat]}`} title={`Show in ${names[one.seat]}`} onClick={() => seekDropped(run, one, at)}>
              <Sign seat={one.seat} sign={signs[one.seat] ?? "?"} />
            </button>
            <span dir="auto">{one.text}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function seekDropped(run: Run, one: Dropped, at: number): void {
  highlighted.value = { id: `dropped-${at}`, seats: new Map([[one.seat, shown(run, one.seat, one)]]), answer: [], seek: one.seat };
}
