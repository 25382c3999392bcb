/** When everybody spoke: a row for each voice, its calls as bars from waiting over thinking to writing, and its look-ups below. */

import { useComputed, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Call } from "../api";
import type { RunView } from "../run";
import { count, money, seconds, short } from "../words";
import { roleName, voices, type Voice } from "./figures";
import { namesOf } from "./sign";
import "./chart.css";

const ROW = 34;
const BAR = 9;

interface Row { readonly voice: Voice; readonly name: string; readonly start: number; readonly end: number; readonly lookups: readonly { start: number; end: number }[]; readonly critical: boolean }

/** All rows of a run on one axis that begins with it. */
function rowsOf(view: RunView): Row[] {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const zero = view.startedAt.value;
  const rows = voices(view.calls.value).map((voice) => ({
    voice,
    name: voice.role === "panel" ? names[voice.seat ?? -1] ?? short(voice.name) : `${roleName(voice.role)}, ${short(voice.name)}`,
    start: Math.min(...voice.calls.map((call) => call.started_at)) - zero,
    end: Math.max(...voice.calls.map(endOf)) - zero,
    lookups: view.lookups.value.filter((one) => one.role === voice.role && (one.seat ?? null) === voice.seat)
      .map((one) => ({ start: one.started_at - zero, end: one.started_at + one.duration_s - zero })),
  }));
  const last = (row: { voice: Voice }) => Math.max(...rows.filter((one) => one.voice.role === row.voice.role).map((one) => one.end));
  return rows.map((row) => ({ ...row, critical: row.end === last(row) }));
}

const endOf = (call: Call) => call.started_at + (call.duration_s ?? 0);

export function Waterfall({ view }: { view: RunView }) {
  const table = useSignal(false);
  const rows = useComputed(() => rowsOf(view));
  return (
    <section class="chart" aria-labelledby="timeline">
      <div class="row top">
        <h2 id="timeline" tabIndex={-1}>Timeline</h2>
        <button type="button" class="small quiet" aria-pressed={table.value} onClick={() => (table.value = !table.value)}>Show as table</button>
      </div>
      {rows.value.length === 0 ? <p class="soft">Calls are drawn here as they end.</p> : table.value ? <Table view={view} rows={rows.value} /> : <Picture rows={rows.value} />}
    </section>
  );
}

function Picture({ rows }: { rows: readonly Row[] }) {
  const id = useId();
  const whole = Math.max(0.1, ...rows.map((row) => row.end), ...rows.flatMap((row) => row.lookups.map((one) => one.end)));
  const at = (time: number) => `${(100 * Math.max(0, time)) / whole}%`;
  const ticks = ticksOf(whole);
  const height = rows.length * ROW + 22;
  return (
    <figure>
      <svg class="waterfall" role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={height}>
        <title id={`${id}-title`}>Timeline of the run</title>
        <desc id={`${id}-desc`}>{rows.map((row) => `${row.name} from ${seconds(row.start)} to ${seconds(row.end)}${row.critical ? ", on the critical path" : ""}`).join("; ")}.</desc>
        {ticks.map((tick) => <line key={tick} class="rule" x1={at(tick)} x2={at(tick)} y1={0} y2={height - 18} />)}
        {rows.map((row, index) => <Bars key={row.voice.key} row={row} top={index * ROW} at={at} />)}
        {ticks.map((tick) => <text key={tick} class="rule" x={at(tick)} y={height - 4} text-anchor={tick === 0 ? "start" : tick > whole * 0.95 ? "end" : "middle"}>{tick} s</text>)}
      </svg>
      <figcaption class="key soft">
        <span class="wait">to the first token</span><span class="write">writing</span><span class="look">look-ups</span><span class="bold">critical path</span>
      </figcaption>
    </figure>
  );
}

function Bars({ row, top, at }: { row: Row; top: number; at: (time: number) => string }) {
  const zero = row.voice.calls[0]!.started_at - row.start;
  return (
    <g class={`${row.voice.role} ${row.voice.role === "panel" ? `hue-${(row.voice.seat ?? 0) % 8}` : ""} ${row.critical ? "critical" : ""}`}>
      <text x="0" y={top + 12}>{row.name} <tspan class="soft">{seconds(row.end - row.start)}</tspan></text>
      <line class="queue" x1="0" x2={at(row.start)} y1={top + 17 + BAR / 2} y2={top + 17 + BAR / 2} />
      {row.voice.calls.map((call) => <Bar key={call.id} call={call} start={call.started_at - zero} top={top + 17} at={at} />)}
      {row.lookups.map((one, index) => <rect key={index} class="look" x={at(one.start)} width={at(Math.max(one.end - one.start, 0.02))} y={top + 17 + BAR + 1} height={3} />)}
    </g>
  );
}

function Bar({ call, start, top, at }: { call: Call; start: number; top: number; at: (time: number) => string }) {
  const whole = call.duration_s ?? 0;
  const wait = Math.min(call.ttft_s ?? whole, whole);
  return (
    <g>
      <rect class="wait" x={at(start)} width={at(wait)} y={top} height={BAR} />
      <rect class={call.error ? "write failed" : "write"} x={at(start + wait)} width={at(whole - wait)} y={top} height={BAR} />
    </g>
  );
}

/** Round seconds, four to eight of them. */
function ticksOf(whole: number): number[] {
  const rough = whole / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
  return Array.from({ length: Math.floor(whole / step + 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

function Table({ view, rows }: { view: RunView; rows: readonly Row[] }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Timeline as a table">
      <table>
        <caption class="unseen">Every call of the run</caption>
        <thead><tr><th scope="col">Who</th><th scope="col">Began</th><th scope="col">First token</th><th scope="col">Took</th><th scope="col">Tokens in, out</th><th scope="col">Cost</th><th scope="col">Ended with</th></tr></thead>
        <tbody>
          {rows.flatMap((row) => row.voice.calls.map((call) => (
            <tr key={call.id}>
              <th scope="row">{row.critical ? <strong>{row.name}</strong> : row.name}</th>
              <td class="figure">{seconds(call.started_at - view.startedAt.value)}</td>
              <td class="figure">{seconds(call.ttft_s)}</td>
              <td class="figure">{seconds(call.duration_s)}</td>
              <td class="figure">{call.tokens_in ?? "–"}, {call.tokens_out ?? "–"}</td>
              <td class="figure">{money(call.cost)}</td>
              <td>{(call.error || call.finish_reason).replaceAll("_", " ") || "–"}</td>
            </tr>
          )))}
        </tbody>
      </table>
      <p class="soft">{count(view.calls.value.length, "call")}. Names in bold are on the critical path.</p>
    </div>
  );
}
