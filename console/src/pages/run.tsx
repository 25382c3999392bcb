/** A run, at work or kept: its status, the answer, where the panel agrees, the panel itself, and what it all took. */

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Actions, useDoing, type Doing } from "../parts/actions";
import { Agreement } from "../parts/agreement";
import { Answer } from "../parts/answer";
import { Panel } from "../parts/columns";
import { CostBar } from "../parts/costbar";
import { Draft, Fusing } from "../parts/editing";
import { Events } from "../parts/events";
import { ResearchLog, Sources } from "../parts/research";
import { Standing, Took } from "../parts/seat";
import { namesOf, Sign, signsOf } from "../parts/sign";
import { Bands, Status, useTitle, useTold } from "../parts/status";
import { Stream } from "../parts/stream";
import { Waterfall } from "../parts/waterfall";
import { RunView } from "../run";
import "./run.css";

/** Characters of one model's answer that are shown in place of the fused one. */
const HELD = 6000;

export function RunPage({ id }: { id: string }) {
  const view = useMemo(() => new RunView(id), [id]);
  const draft = useMemo(() => new Draft(), [id]);
  const doing = useDoing(view);
  useEffect(() => {
    void view.open();
    return () => view.close();
  }, [view]);
  useTitle(view);
  useTold(view);
  useFusingFirst(view, draft);
  if (view.stage.value === "missing") return <Missing view={view} />;
  return (
    <div class="run" data-stage={view.stage.value}>
      <Status view={view} stop={() => (doing.asking.value = "stop")} />
      {view.stage.value === "loading" ? <Loading view={view} /> : <Body view={view} draft={draft} doing={doing} />}
    </div>
  );
}

function Loading({ view }: { view: RunView }) {
  return (
    <div class="loading" aria-busy="true">
      {!view.connected.value && <p class="band warn">The server does not answer. This page tries again.</p>}
    </div>
  );
}

function Body({ view, draft, doing }: { view: RunView; draft: Draft; doing: Doing }) {
  return (
    <>
      <Actions doing={doing} draft={draft} />
      <Bands view={view} />
      <div class={`reading ${view.followed.value ? "followed" : ""}`}>
        <TheAnswer view={view} draft={draft} />
        <Agreement view={view} />
      </div>
      <Panel view={view} draft={draft} />
      <Below view={view} />
    </>
  );
}

/** What it all took: drawn a frame later than the answers, so that they need not wait for it. */
function Below({ view }: { view: RunView }) {
  const due = useSignal(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => (due.value = true));
    return () => cancelAnimationFrame(frame);
  }, []);
  if (!due.value) return null;
  return (
    <>
      <div class="charts">
        <Waterfall view={view} />
        <CostBar view={view} />
      </div>
      <Sources view={view} />
      <ResearchLog view={view} />
      <Events view={view} />
    </>
  );
}

/** A run that ended with its panel waits for a person: open what they need at once. */
function useFusingFirst(view: RunView, draft: Draft): void {
  useLayoutEffect(() => {
    if (view.unfused.value) draft.open.value = true;
  }, [view.unfused.value]);
}

/** The answer, or what stands in for it until there is one. */
function TheAnswer({ view, draft }: { view: RunView; draft: Draft }) {
  const place = useRef<HTMLDivElement>(null);
  const some = useComputed(() => view.answer.value !== "");
  const alone = some.value && view.over.value && view.seats.value.length === 0;
  useFloor(place, view);
  return (
    <div ref={place} class={`answer-place ${view.followed.value ? "followed" : ""}`}>
      {alone && <p class="band aside">The model answered by itself, without asking a panel.</p>}
      {some.value ? <Answer view={view} /> : <Before view={view} />}
      {draft.open.value && <Fusing view={view} draft={draft} />}
    </div>
  );
}

/** The height that the answer once had while it came is kept, so that nothing below it jumps when a short text takes the place of a long one. */
function useFloor(place: { readonly current: HTMLElement | null }, view: RunView): void {
  const live = view.running.value;
  useEffect(() => {
    const box = place.current;
    if (!live || !box) return;
    const watch = new ResizeObserver(() => {
      const height = Math.ceil(box.getBoundingClientRect().height);
      if (height > Number.parseFloat(box.style.minHeight || "0")) box.style.minHeight = `${height}px`;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, [live]);
}

function Before({ view }: { view: RunView }) {
  return (
    <section class="answer" aria-labelledby="answer">
      <h2 id="answer" tabIndex={-1}>{view.running.value ? "Answer" : "No fused answer"}</h2>
      <Meanwhile view={view} />
    </section>
  );
}

function Meanwhile({ view }: { view: RunView }) {
  const first = view.first.value;
  if (view.unfused.value) return <p class="soft">The panel was asked to answer and to wait. Nothing has been compared or written yet.</p>;
  if (first) return <Preliminary key={first.seat} view={view} />;
  return view.running.value ? <AtWork view={view} /> : null;
}

/** Who is how far, as long as nobody has answered. */
function AtWork({ view }: { view: RunView }) {
  const models = view.seats.value.map((seat) => seat.model);
  const [names, signs] = [namesOf(models), signsOf(models)];
  return (
    <>
      <p class="soft">The first answer of the panel will stand here until there is a fused one.</p>
      <ul class="at-work">
        {view.seats.value.map((seat, at) => (
          <li key={seat.seat}><Sign seat={seat.seat} sign={signs[at]!} /> {names[at]} <Standing view={view} seat={seat} /> <Took view={view} seat={seat} /></li>
        ))}
      </ul>
    </>
  );
}

function Preliminary({ view }: { view: RunView }) {
  const first = view.first.value!;
  const busy = useComputed(() => false);
  const beginning = useComputed(() => beginningOf(first.content.value));
  const name = namesOf(view.seats.value.map((seat) => seat.model))[first.seat];
  return (
    <div class="preliminary">
      <p>
        <span class="tag">{view.running.value ? "preliminary: one model" : "one model, not fused"}</span>{" "}
        <span class="soft">{view.running.value ? `${name} answered first. The fused answer will take its place.` : `What ${name} answered.`}</span>
      </p>
      <div class="held" tabIndex={0} role="group" aria-label={`Preliminary answer of ${name}`}><Stream text={beginning} busy={busy} /></div>
      {beginning.value.length < first.content.value.length && <p class="soft">This is its beginning. The whole of it stands below.</p>}
    </div>
  );
}

/** The first blocks of a long text: what stands in for an answer is soon taken away again. */
function beginningOf(text: string): string {
  const end = text.length > HELD ? text.lastIndexOf("\n\n", HELD) : -1;
  return end > 0 ? text.slice(0, end) : text;
}

function Missing({ view }: { view: RunView }) {
  return (
    <div class="missing">
      <h1>There is no such run</h1>
      <p>{view.error.value}</p>
      <p class="soft">It may have been deleted, or its time may have run out.</p>
      <p><a data-in href="/runs">All runs</a>, or <a data-in href="/">ask a question</a>.</p>
    </div>
  );
}
