/** Where the panel agrees and clashes: the claims by seats, what is known of the chosen one, the contradictions. */

import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { RunView } from "../run";
import { announce } from "./announcer";
import { Contradictions } from "./contradictions";
import { highlighted } from "./highlight";
import { useKeys, type Shortcut } from "./keys";
import { Cards, Matrix } from "./matrix";
import { analysisMeaning } from "./meanings";
import { KINDS, pointsOf, SHOWN, whereabouts, type Filter, type Point, type Voice } from "./points";
import { namesOf, signsOf } from "./sign";
import { told, Where } from "./where";
import "./agreement.css";

const NARROW = 460;
const SEAT_WIDTH = 44;

export function Agreement({ view }: { view: RunView }) {
  const analysis = view.analysis.value;
  if (!analysis) return <Absent view={view} />;
  return <Compared view={view} />;
}

function Absent({ view }: { view: RunView }) {
  const stage = view.stage.value;
  const failure = view.analysisFailure.value;
  return (
    <section class="agreement" aria-labelledby="agreement" aria-busy={stage === "analysis"}>
      <h2 id="agreement" tabIndex={-1}>Agreement</h2>
      {failure
        ? <p class="band warn">The answers were not compared: {analysisMeaning(failure)}. The answer was written from them all the same.</p>
        : <p class="soft">{WAITING[stage] ?? "The answers of this run were not compared."}</p>}
    </section>
  );
}

const WAITING: Partial<Record<string, string>> = {
  loading: "",
  panel: "Once the panel has answered, its claims are compared here.",
  analysis: "The analyst is comparing the answers.",
};

/** What the reader looks at in the matrix. */
interface Look {
  readonly filter: Signal<Filter>;
  readonly chosen: Signal<string>;
}

function Compared({ view }: { view: RunView }) {
  const look: Look = { filter: useSignal<Filter>("all"), chosen: useSignal("") };
  const section = useRef<HTMLElement>(null);
  const points = useComputed(() => pointsOf(view.analysis.value!));
  const shown = useComputed(() => points.value.filter((one) => SHOWN[look.filter.value].kinds.includes(one.kind)));
  const voices = useComputed(() => voicesOf(view));
  const narrow = useNarrow(section, NARROW + SEAT_WIDTH * Math.max(0, voices.value.length - 4));
  const choose = (point: Point, seat: number | null, seek = true) => {
    const again = look.chosen.value === point.id && seat === null && seek;
    look.chosen.value = again ? "" : point.id;
    highlighted.value = again ? null : sought(point, view, voices.value, seat, seek);
    if (!again) announce(told(point, voices.value, highlighted.value!));
  };
  const byId = (id: string, seat: number | null) => choose(points.value.find((one) => one.id === id)!, seat);
  useKeys(useMemo(() => keysOf(section, look, points, shown, (point) => choose(point, null, false)), [view]));
  useEffect(() => () => { highlighted.value = null; }, [view]);
  const List = narrow.value ? Cards : Matrix;
  return (
    <section ref={section} class="agreement" aria-labelledby="agreement">
      <h2 id="agreement" tabIndex={-1}>Agreement</h2>
      <Filters points={points.value} filter={look.filter} />
      {shown.value.length === 0 && <p class="soft">There is nothing of this kind.</p>}
      {shown.value.length > 0 && <List points={shown.value} voices={voices.value} chosen={look.chosen.value} choose={choose} />}
      <Where point={points.value.find((one) => one.id === look.chosen.value) ?? null} voices={voices.value} />
      <Contradictions contradictions={view.analysis.value!.contradictions} voices={voices.value} chosen={look.chosen.value} choose={byId} />
    </section>
  );
}

function voicesOf(view: RunView): Voice[] {
  const seats = view.seats.value;
  const models = seats.map((one) => one.model);
  const [signs, names] = [signsOf(models), namesOf(models)];
  return seats.map((one, at) => (
    { seat: one.seat, name: names[at]!, sign: signs[at]!, state: one.state.value, text: one.content.value }
  ));
}

/** Where a point stands; without a seat to go to, the first that says it. */
function sought(point: Point, view: RunView, voices: readonly Voice[], seat: number | null, seek: boolean) {
  const found = whereabouts(point, voices, view.answer.value, seat);
  return seek && seat === null ? { ...found, seek: [...found.seats.keys()][0] ?? null } : found;
}

function Filters({ points, filter }: { points: readonly Point[]; filter: Signal<Filter> }) {
  return (
    <div class="row filters" role="group" aria-label="Which claims">
      {(Object.keys(SHOWN) as Filter[]).map((one) => (
        <button key={one} type="button" aria-pressed={filter.value === one} onClick={() => (filter.value = one)}>
          {one !== "all" && <Key kind={SHOWN[one].kinds[0]!} />}{SHOWN[one].name} <span class="figure">{points.filter((point) => SHOWN[one].kinds.includes(point.kind)).length}</span>
        </button>
      ))}
    </div>
  );
}

/** The sign of a kind, so that the filters explain the signs of the list, too. */
function Key({ kind }: Pick<Point, "kind">) {
  return <span class={`mark-of ${kind}`} aria-hidden="true">{KINDS[kind].sign}</span>;
}

type Points = { readonly value: readonly Point[] };

function keysOf(section: RefObject<HTMLElement | null>, look: Look, points: Points, shown: Points, choose: (point: Point) => void): Shortcut[] {
  const take = (point: Point | undefined) => {
    if (!point) return;
    if (!shown.value.includes(point)) look.filter.value = "all";
    choose(point);
    requestAnimationFrame(() => [...section.current?.querySelectorAll<HTMLElement>("[data-point]") ?? []].find((one) => one.dataset.point === point.id)?.focus());
  };
  const step = (by: number) => () => {
    const at = shown.value.findIndex((one) => one.id === look.chosen.value);
    take(at < 0 ? shown.value.at(by > 0 ? 0 : -1) : shown.value[at + by]);
  };
  const nextClash = () => {
    const clashes = points.value.filter((one) => one.kind === "contradiction");
    const at = clashes.findIndex((one) => one.id === look.chosen.value);
    take(clashes[(at + 1) % clashes.length]);
  };
  return [
    { key: "j", does: "Next claim", run: step(1) },
    { key: "k", does: "Previous claim", run: step(-1) },
    { key: "x", does: "Next contradiction", run: nextClash },
    { key: "a", does: "To the agreement", run: () => section.current?.querySelector<HTMLElement>("#agreement")?.focus() },
  ];
}

/** Whether an element is narrower than so many pixels; known before the first paint. */
function useNarrow(at: RefObject<HTMLElement | null>, width: number): Signal<boolean> {
  const narrow = useSignal(false);
  useLayoutEffect(() => {
    const measure = () => (narrow.value = (at.current?.clientWidth ?? width) < width);
    const watch = new ResizeObserver(measure);
    measure();
    if (at.current) watch.observe(at.current);
    return () => watch.disconnect();
  }, [width]);
  return narrow;
}
