/** Bars drawn by hand: a chart of days with a table of the same figures, and a short bar beside a sum. */

import { useId } from "preact/hooks";
import { money } from "../words";
import { Table } from "./table";
import "./bars.css";

export interface Day { readonly day: string; readonly cost: string }

const HEIGHT = 160;
const STEPS = 4;

const ROUND = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10]; // each is still round once it is divided by the steps

/** The next round figure above. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (ROUND.find((figure) => figure * power >= value) ?? 10) * power;
}

/** One bar a day. */
export function DayBars({ days, name }: { days: readonly Day[]; name: string }) {
  const id = useId();
  const top = roundUp(Math.max(...days.map((one) => Number(one.cost)), 0));
  return (
    <figure class="days">
      <div class="plot">
        <Scale top={top} />
        <svg role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={HEIGHT + 24}>
          <title id={`${id}-title`}>{name}</title>
          <desc id={`${id}-desc`}>{told(days)}</desc>
          {marks().map((mark) => <line key={mark} class="grid" x1="0" x2="100%" y1={mark * HEIGHT + 0.5} y2={mark * HEIGHT + 0.5} />)}
          {days.map((one, index) => <Bar key={one.day} one={one} index={index} of={days.length} top={top} />)}
        </svg>
      </div>
      <details>
        <summary>The same as a table</summary>
        <Table
          caption={name} id={(one) => one.day} rows={[...days].reverse()}
          columns={[{ name: "Day", kind: "lead", cell: (one) => one.day }, { name: "Cost", kind: "figure", cell: (one) => money(one.cost) }]}
        />
      </details>
    </figure>
  );
}

const marks = () => Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS);

function Scale({ top }: { top: number }) {
  const digits = Math.max(2, 1 - Math.floor(Math.log10(top / STEPS)));
  return (
    <div class="scale figure" aria-hidden="true">
      {marks().map((mark) => <span key={mark}>${(top * (1 - mark)).toFixed(digits)}</span>)}
    </div>
  );
}

interface Placed { readonly one: Day; readonly index: number; readonly of: number; readonly top: number }

function Bar({ one, index, of, top }: Placed) {
  const share = Number(one.cost) / top;
  const height = share > 0 ? Math.max(2, share * HEIGHT) : 0;
  const left = (index / of) * 100;
  const labelled = (of - 1 - index) % 7 === 0;
  return (
    <g>
      <title>{`${one.day}: ${money(one.cost)}`}</title>
      <rect class="reach" x={`${left}%`} y="0" width={`${100 / of}%`} height={HEIGHT} />
      <rect class="bar" x={`${left + 15 / of}%`} y={HEIGHT - height} width={`${70 / of}%`} height={height} />
      {labelled && <text x={`${left + 50 / of}%`} y={HEIGHT + 18} text-anchor={index === of - 1 ? "end" : "middle"}>{shortDay(one.day)}</text>}
    </g>
  );
}

function shortDay(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString([], { day: "numeric", month: "short", timeZone: "UTC" });
}

function told(days: readonly Day[]): string {
  const highest = days.reduce((one, other) => (Number(other.cost) > Number(one.cost) ? other : one), days[0]!);
  if (Number(highest.cost) === 0) return `Nothing was spent from ${days[0]!.day} to ${days.at(-1)!.day}.`;
  return `From ${days[0]!.day} to ${days.at(-1)!.day}; the most on ${highest.day}, ${money(highest.cost)}.`;
}

/** How much of the whole something is; the figure itself stands beside it. */
export function Share({ part }: { part: number }) {
  return (
    <span class="share" aria-hidden="true">
      <span style={{ width: `${Math.round(Math.min(1, Math.max(0, part)) * 1000) / 10}%` }} />
    </span>
  );
}
