/** The fused answer: its text with the marks of where it comes from, its sources, and what it leaves out. */

import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Run } from "../api";
import { places } from "../prose";
import type { RunView, Stage } from "../run";
import { marks } from "../session";
import { short } from "../words";
import { Notes, notesOf, numbered, type Note } from "./citations";
import { highlighted, inOneBlock, mark, rangesOf, upheld } from "./highlight";
import { paint } from "./paint";
import { castOf, LeftOut, remarked, remarksOf, Shares, type Remark } from "./provenance";
import { Stream } from "./stream";
import { Tip, useTip, type Placed } from "./tip";
import "./answer.css";

const BUSY: readonly Stage[] = ["loading", "panel", "analysis", "writing"];
const WAITING: Partial<Record<Stage, string>> = {
  panel: "The answer is written once the panel has answered.",
  analysis: "The answer is written once the answers have been compared.",
  writing: "The writer is at work.",
  done: "No answer was written in this run.",
  failed: "No answer was written in this run.",
  cancelled: "The run was stopped before an answer was written.",
};

export function Answer({ view }: { view: RunView }) {
  const run = view.run.value;
  return (
    <section class="answer" aria-labelledby="answer">
      <header class="row">
        <h2 id="answer" tabIndex={-1}>Answer</h2>
        {view.writer.value && <span class="soft">written by <span title={view.writer.value}>{short(view.writer.value)}</span></span>}
        {run?.provenance && run.answer && <Switch />}
      </header>
      <Text view={view} run={run} />
      {run?.answer && <Under run={run} />}
    </section>
  );
}

function Switch() {
  const on = marks.value === "on";
  return (
    <button type="button" class="quiet switch" role="switch" aria-checked={on} onClick={() => (marks.value = on ? "off" : "on")}>
      <span class="track" aria-hidden="true" /> Who said it
    </button>
  );
}

function Text({ view, run }: { view: RunView; run: Run | null }) {
  const box = useRef<HTMLDivElement>(null);
  const placed = useSignal<readonly Placed[]>([]);
  const visible = useComputed(() => (marks.value === "on" ? placed.value : []));
  const busy = useComputed(() => BUSY.includes(view.stage.value));
  const shown = useTip(box, visible);
  useAnnotations(box, run, placed);
  useFlags(visible);
  const press = (event: MouseEvent) => {
    const key = (event.target as Element).closest<HTMLElement>("button[data-mark]")?.dataset.mark;
    placed.value.find(({ remark }) => remark.key === key)?.remark.seek?.();
  };
  return (
    <div ref={box} class={marks.value === "on" ? "text" : "text unmarked"} onClick={press}>
      {view.answer.value === "" && <p class="soft waiting">{WAITING[view.stage.value] ?? ""}</p>}
      <Stream text={view.answer} busy={busy} />
      {run && <Tip shown={shown} box={box} cast={castOf(run)} />}
    </div>
  );
}

/** Write numbers and marks into the shown text, and again where it is drawn anew; and paint what is chosen elsewhere. */
function useAnnotations(box: RefObject<HTMLElement | null>, run: Run | null, placed: Signal<readonly Placed[]>): void {
  const chosen = highlighted.value;
  useLayoutEffect(() => {
    const text = box.current?.querySelector(".prose");
    if (!text || !run?.answer) return;
    const notes = notesOf(run.citations);
    const remarks = run.provenance ? remarksOf(run, run.provenance) : [];
    return upheld(text, () => annotated(text, run, notes, remarks, placed));
  }, [run]);
  useLayoutEffect(() => {
    const text = box.current?.querySelector(".prose");
    if (!text || !run?.answer || !chosen) return;
    return mark(text, run.answer, chosen.answer);
  }, [run, chosen]);
}

/** Underline what is doubtful, while marks are shown. */
function useFlags(visible: ReadonlySignal<readonly Placed[]>): void {
  const now = visible.value;
  useLayoutEffect(() => paint("flag", now.filter(({ remark }) => remark.kind === "flag").map(({ range }) => range)), [now]);
}

function annotated(text: Element, run: Run, notes: readonly Note[], remarks: readonly Remark[], placed: Signal<readonly Placed[]>): () => void {
  const at = places(run.answer);
  const noted = notes.map((note) => note.spans.map(({ start, end }) => ({ start: at(start), end: at(end) })));
  const spans = [...remarks.map(({ span }) => span), ...noted.flat()];
  const ranges = rangesOf(text, run.answer, spans);
  const sure = ranges.slice(0, remarks.length).map((range) => (range && inOneBlock(range) ? range : null));
  let next = remarks.length;
  const resting = noted.map((own) => ranges.slice(next, (next += own.length)));
  const undo = [
    numbered(text, notes, resting),
    remarked(sure, remarks, castOf(run)),
  ];
  placed.value = remarks.flatMap((remark, index) => (sure[index] ? [{ remark, range: sure[index] }] : []));
  return () => {
    placed.value = [];
    undo.reverse().forEach((one) => one());
  };
}

function Under({ run }: { run: Run }) {
  return (
    <>
      {run.provenance && marks.value === "on" && <Shares run={run} traced={run.provenance} />}
      <Notes notes={notesOf(run.citations)} carried={run.provenance?.carried ?? 0} />
      {run.provenance && <LeftOut run={run} dropped={run.provenance.dropped} />}
    </>
  );
}
