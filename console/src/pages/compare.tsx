/** Two runs side by side: what their answers have in common, which claims came and went, what each took. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, type Claim, type Header, type Run } from "../api";
import { Apart } from "../parts/apart";
import { Markdown } from "../parts/markdown";
import { likeness } from "../parts/whereabouts";
import { go, place } from "../router";
import { named } from "../runs";
import { count, money, seconds, short, when } from "../words";
import "./compare.css";

const SAME_CLAIM = 0.4;
const RECENT = 50;

export function Compare() {
  const { query } = place.value;
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  return (
    <div class="compare">
      <h1>Compare two runs</h1>
      <Choosers a={a} b={b} />
      {a && b && <Both key={`${a} ${b}`} a={a} b={b} />}
    </div>
  );
}

function Choosers({ a, b }: { a: string; b: string }) {
  const runs = useSignal<Header[]>([]);
  const failure = useSignal("");
  useEffect(() => { read(() => api.runs({ limit: RECENT }), failure, (found) => (runs.value = found.runs)); }, []);
  const choose = (one: string, other: string) => go(`/compare?${new URLSearchParams({ a: one, b: other })}`, true);
  return (
    <>
      <div class="row choosers">
        <Chooser letter="A" value={a} runs={runs.value} choose={(id) => choose(id, b)} />
        <Chooser letter="B" value={b} runs={runs.value} choose={(id) => choose(a, id)} />
        <button type="button" disabled={!a || !b} onClick={() => choose(b, a)}>Swap</button>
      </div>
      {failure.value && <p class="band bad" role="alert">{failure}</p>}
    </>
  );
}

function Chooser({ letter, value, runs, choose }: { letter: string; value: string; runs: readonly Header[]; choose: (id: string) => void }) {
  return (
    <label class="chooser">
      <span>{letter}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">Choose a run</option>
        {value && !runs.some((run) => run.id === value) && <option value={value}>{value}</option>}
        {runs.map((run) => <option key={run.id} value={run.id}>{when(run.created_at)} · {named(run)}</option>)}
      </select>
    </label>
  );
}

function Both({ a, b }: { a: string; b: string }) {
  const runs = useSignal<readonly [Run, Run] | null>(null);
  const failure = useSignal("");
  useEffect(() => { read(() => Promise.all([api.run(a), api.run(b)]), failure, (found) => (runs.value = found)); }, []);
  if (failure.value) return <p class="band bad" role="alert">{failure}</p>;
  if (!runs.value) return <p class="soft" aria-busy="true">Reading both runs.</p>;
  const [left, right] = runs.value;
  return (
    <>
      {left.prompt !== right.prompt && <p class="band warn">These runs were asked different questions, so that their answers differ for that reason, too.</p>}
      <Figures left={left} right={right} />
      <Claims left={left} right={right} />
      <Answers left={left} right={right} />
    </>
  );
}

type Two = { readonly left: Run; readonly right: Run };

function Figures({ left, right }: Two) {
  const rows: [name: string, of: (run: Run) => string, delta?: string][] = [
    ["Run", (run) => named(run)],
    ["Preset", (run) => run.preset || "custom"],
    ["Panel", (run) => run.seats.map((seat) => short(seat.model)).join(", ") || "none"],
    ["Writer", (run) => (run.writer ? short(run.writer) : "none")],
    ["Cost", (run) => (run.cost_known ? money(run.cost) : `at least ${money(run.cost)}`), change(Number(left.cost), Number(right.cost), (by) => money(String(by)))],
    ["Time", (run) => seconds(taken(run)), change(taken(left), taken(right), seconds)],
    ["Calls", (run) => String(run.calls.length), change(left.calls.length, right.calls.length, String)],
    ["Tokens written", (run) => written(run).toLocaleString("en"), change(written(left), written(right), (by) => by.toLocaleString("en"))],
    ["Sources", (run) => String(run.citations.length), change(left.citations.length, right.citations.length, String)],
  ];
  return (
    <section aria-labelledby="figures">
      <h2 id="figures">At a glance</h2>
      <table class="figures">
        <caption class="unseen">Figures of both runs</caption>
        <thead><tr><td /><th scope="col">A</th><th scope="col">B, against A</th></tr></thead>
        <tbody>
          {rows.map(([name, of, delta]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td dir="auto"><Told name={name} run={left} words={of(left)} /></td>
              <td dir="auto"><Told name={name} run={right} words={of(right)} />{delta && <span class="soft figure delta">{delta}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Told({ name, run, words }: { name: string; run: Run; words: string }) {
  return name === "Run" ? <a data-in href={`/runs/${encodeURIComponent(run.id)}`}>{words}</a> : <>{words}</>;
}

const taken = (run: Run) => (run.finished_at === null ? null : run.finished_at - run.created_at);
const written = (run: Run) => run.calls.reduce((sum, call) => sum + (call.tokens_out ?? 0), 0);

/** By how much the second is more or less than the first, and as a share of it. */
function change(one: number | null, other: number | null, words: (by: number) => string): string {
  if (one === null || other === null) return "";
  const by = other - one;
  if (Math.abs(by) < 1e-9) return "the same";
  const share = one > 0 ? ` (${by > 0 ? "+" : "−"}${Math.round((Math.abs(by) / one) * 100)} %)` : "";
  return `${by > 0 ? "+" : "−"}${words(Math.abs(by))}${share}`;
}

function Claims({ left, right }: Two) {
  const [mine, theirs] = [left.analysis?.claims, right.analysis?.claims];
  if (!mine || !theirs) return <section><h2>Claims</h2><p class="soft">Claims can be compared where both runs have an analysis.</p></section>;
  const said = (claim: Claim, by: readonly Claim[]) => by.some((other) => likeness(claim.text, other.text) >= SAME_CLAIM);
  const lost = mine.filter((claim) => !said(claim, theirs));
  const gained = theirs.filter((claim) => !said(claim, mine));
  return (
    <section class="claims" aria-labelledby="claims">
      <h2 id="claims">Claims</h2>
      <p class="soft">{count(mine.length - lost.length, "claim")} of A {mine.length - lost.length === 1 ? "is" : "are"} in B, too. Claims are matched by their words.</p>
      <div class="two">
        <ClaimList title="Lost: only in A" sign="−" kind="gone" claims={lost} />
        <ClaimList title="Gained: only in B" sign="+" kind="come" claims={gained} />
      </div>
    </section>
  );
}

function ClaimList({ title, sign, kind, claims }: { title: string; sign: string; kind: string; claims: readonly Claim[] }) {
  return (
    <div class="card">
      <h3>{title} <span class="soft figure">{claims.length}</span></h3>
      {claims.length === 0
        ? <p class="soft">None.</p>
        : <ul class={`changes ${kind}`}>{claims.map((claim) => <li key={claim.id} dir="auto"><span class="tag" aria-hidden="true">{sign}</span>{claim.text}</li>)}</ul>}
    </div>
  );
}

function Answers({ left, right }: Two) {
  const whole = useSignal(false);
  return (
    <section aria-labelledby="answers">
      <div class="row"><h2 id="answers">Answers</h2><Views whole={whole} /></div>
      {whole.value
        ? <div class="two whole"><Whole letter="A" run={left} /><Whole letter="B" run={right} /></div>
        : <Apart left={left.answer} right={right.answer} />}
    </section>
  );
}

function Views({ whole }: { whole: Signal<boolean> }) {
  return (
    <div class="row views" role="group" aria-label="How to show the answers">
      <button type="button" aria-pressed={!whole.value} onClick={() => (whole.value = false)}>Differences</button>
      <button type="button" aria-pressed={whole.value} onClick={() => (whole.value = true)}>As written</button>
    </div>
  );
}

function Whole({ letter, run }: { letter: string; run: Run }) {
  return <article class="card"><h3>{letter}</h3>{run.answer ? <Markdown text={run.answer} /> : <p class="soft">No answer was written.</p>}</article>;
}

/** Read something once; what goes wrong is told in words. */
function read<T>(ask: () => Promise<T>, failure: Signal<string>, take: (found: T) => void): void {
  ask().then(take, (error: unknown) => { failure.value = error instanceof Error ? error.message : String(error); });
}
