/** Judging blind: a comparison of two answers of a run, and what all votes say so far. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, type Header, type Rates, type Run } from "../api";
import { Ballot } from "../parts/ballot";
import { RateTables } from "../parts/rates";
import { place } from "../router";
import { named } from "../runs";
import { count, when } from "../words";
import "./votes.css";

const RECENT = 12;

export function Votes() {
  const run = place.value.query.get("run");
  return <div class="votes">{run ? <Judge key={run} id={run} /> : <Overview />}</div>;
}

function Judge({ id }: { id: string }) {
  const run = useSignal<Run | null>(null);
  const failure = useSignal("");
  const cast = useSignal(0);
  useEffect(() => { read(() => api.run(id), failure, run); }, []);
  if (failure.value) return <><h1>Which answer is better?</h1><p class="band bad" role="alert">{failure}</p><a data-in href="/votes">To all votes</a></>;
  if (!run.value) return <><h1>Which answer is better?</h1><p class="soft" aria-busy="true">Reading the run.</p></>;
  const before = run.value.votes.length + cast.value;
  return (
    <>
      <div class="row">
        <h1>Which answer is better?</h1>
        <span class="soft">{before > 0 ? `${count(before, "vote")} on this run. ` : ""}<a data-in href="/votes">All votes</a></span>
      </div>
      <p class="prompt" dir="auto">{run.value.prompt}</p>
      {run.value.status === "running"
        ? <p class="band warn">The run is still at work. Its answers can be compared once it has finished.</p>
        : <Ballot run={run.value} voted={() => (cast.value += 1)} />}
    </>
  );
}

function Overview() {
  const rates = useSignal<Rates | null>(null);
  const runs = useSignal<{ runs: Header[] } | null>(null);
  const failure = useSignal("");
  useEffect(() => {
    read(() => api.rates(), failure, rates);
    read(() => api.runs({ status: "completed", limit: RECENT }), failure, runs);
  }, []);
  return (
    <>
      <h1>Votes</h1>
      {failure.value && <p class="band bad" role="alert">{failure}</p>}
      <div class="parts">
        <section aria-labelledby="rates"><h2 id="rates">How often preferred</h2>{rates.value ? <RateTables rates={rates.value} /> : <p class="soft" aria-busy={!failure.value}>{failure.value ? "" : "Reading the votes."}</p>}</section>
        <section aria-labelledby="judge"><h2 id="judge">Judge a run</h2><Recent runs={runs.value?.runs ?? null} /></section>
      </div>
    </>
  );
}

function Recent({ runs }: { runs: readonly Header[] | null }) {
  if (!runs) return null;
  const fit = runs.filter((run) => run.panel.length > 0);
  if (fit.length === 0) return <p class="soft">There is no finished run yet. <a data-in href="/">Ask a question.</a></p>;
  return (
    <>
      <p class="soft">Two answers to the same question, without names, in an order by chance.</p>
      <ul class="recent">
        {fit.map((run) => (
          <li key={run.id}><a data-in href={`/votes?run=${encodeURIComponent(run.id)}`} dir="auto">{named(run)}</a> <span class="soft figure">{when(run.created_at)}</span></li>
        ))}
      </ul>
    </>
  );
}

/** Read something once; what goes wrong is told in words. */
function read<T>(ask: () => Promise<T>, failure: Signal<string>, into: Signal<T | null>): void {
  ask().then((found) => { into.value = found; }, (error: unknown) => { failure.value = error instanceof Error ? error.message : String(error); });
}
