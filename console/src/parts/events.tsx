/** What happened in a run as the server has kept it: a line for each event, and all of it where one is opened. */

import { useSignal } from "@preact/signals";
import { api, type Kept } from "../api";
import type { RunView } from "../run";
import { count, seconds } from "../words";
import "./events.css";

/** Folded, and not read before somebody opens it. */
export function Events({ view }: { view: RunView }) {
  const kept = useSignal<readonly Kept[] | null>(null);
  const error = useSignal("");
  const read = async () => {
    try {
      kept.value = (await api.record(view.id)).events;
      error.value = "";
    } catch (problem) {
      error.value = problem instanceof Error ? problem.message : String(problem);
    }
  };
  return (
    <details class="more" onToggle={(event) => { if (event.currentTarget.open) void read(); }}>
      <summary><h2>Raw events</h2> {kept.value && <span class="soft">{count(kept.value.length, "event")}</span>}</summary>
      {error.value && <p class="band bad" role="alert">{error}</p>}
      {kept.value?.length === 0 && <p class="soft">Nothing has been kept of this run yet.</p>}
      <ol class="events">{kept.value?.map((one) => <li key={one.n}><Line view={view} kept={one} /></li>)}</ol>
    </details>
  );
}

function Line({ view, kept: { n, at, kind, brief, size } }: { view: RunView; kept: Kept }) {
  const body = useSignal("");
  const read = async (open: boolean) => {
    if (!open || body.value) return;
    try {
      body.value = JSON.stringify((await api.recorded(view.id, n)).body, null, 2);
    } catch (problem) {
      body.value = problem instanceof Error ? problem.message : String(problem);
    }
  };
  return (
    <details onToggle={(event) => void read(event.currentTarget.open)}>
      <summary>
        <span class="figure">{n}</span> <span class="figure soft">{seconds(Math.max(0, at - view.startedAt.value))}</span>{" "}
        <b>{kind}</b> <code>{brief}{size > brief.length && "…"}</code>
      </summary>
      <pre tabIndex={0} aria-label={`Event ${n}`}>{body.value || "Reading."}</pre>
    </details>
  );
}
