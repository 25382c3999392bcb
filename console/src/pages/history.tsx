/** The history: every run that is kept, to be found again, named, compared, taken away. */

import { signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Header } from "../api";
import { Confirm } from "../parts/confirm";
import { columns } from "../parts/kept";
import { Filters, Shelf } from "../parts/shelf";
import { Table } from "../parts/table";
import { ANYTHING, named, RunList } from "../runs";
import { count } from "../words";
import "./history.css";

const LOOK_AGAIN_MS = 5000;
const SHOWN_BY_NAME = 5;
const list = new RunList(); // outlives the page, so that coming back finds the same list
const cleared = signal(0);

export function History() {
  const renaming = useSignal("");
  const doomed = useSignal<readonly Header[]>([]);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useMemo(() => columns({ list, renaming, doomed }), []);
  useFresh();
  const runs = list.runs.value;
  return (
    <div class="history" aria-busy={list.reading.value}>
      <h1 ref={heading} tabIndex={-1}>History</h1>
      <Filters key={cleared.value} list={list} />
      <Failure />
      {runs !== null && runs.length > 0 && (
        <>
          <Shelf list={list} doomed={doomed} />
          <Table caption="Runs, newest first" cards columns={shown} rows={runs} id={(run) => run.id} />
          {list.more.value && <button type="button" class="older" disabled={list.reading.value} onClick={() => void list.readMore()}>Load more</button>}
        </>
      )}
      {runs !== null && runs.length === 0 && <Nothing />}
      {runs === null && !list.failure.value && <p class="soft late">Reading the history.</p>}
      <Doom doomed={doomed} onGone={() => heading.current?.focus()} />
    </div>
  );
}

/** The list is read when the page opens, and while something in it runs and someone looks. */
function useFresh(): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible" && list.running.peek() && !list.reading.peek()) void list.read(true);
    };
    void list.read(true);
    const timer = window.setInterval(look, LOOK_AGAIN_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
}

function Failure() {
  if (!list.failure.value) return null;
  return (
    <div class="band bad row" role="alert">
      <span>{list.failure}</span>
      <button type="button" onClick={() => void list.read(true)}>Read the list again</button>
    </div>
  );
}

function Nothing() {
  const { search, status, model, error, starred } = list.wanted.value;
  if (search || status || model || error || starred) {
    return (
      <div class="card nothing">
        <p>No run fits these filters.</p>
        <button type="button" onClick={clear}>Show all runs</button>
      </div>
    );
  }
  return (
    <div class="card nothing">
      <p>No runs yet. What is asked here or over the API is kept in this list, until it is deleted.</p>
      <a class="button" data-in href="/">Ask a question</a>
    </div>
  );
}

function clear(): void {
  cleared.value += 1; // the fields are made anew, and the search with them
  void list.want(ANYTHING);
}

/** The question before a deletion. */
function Doom({ doomed, onGone }: { doomed: Signal<readonly Header[]>; onGone: () => void }) {
  const runs = doomed.value;
  if (runs.length === 0) return null;
  const rest = runs.length - SHOWN_BY_NAME;
  return (
    <Confirm
      title={`Delete ${count(runs.length, "run")}?`} does="Delete"
      onYes={() => void list.remove(runs).then(onGone)} onEnd={() => (doomed.value = [])}
    >
      <ul>
        {runs.slice(0, SHOWN_BY_NAME).map((run) => <li key={run.id} dir="auto">{named(run)}</li>)}
        {rest > 0 && <li>and {count(rest, "other")}</li>}
      </ul>
      <p>The prompt, every answer and every claim go with it, and cannot be brought back. What was spent stays in the sums.</p>
    </Confirm>
  );
}
