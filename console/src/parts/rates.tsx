/** How often each was preferred in blind comparisons, with how far that can be trusted. */

import type { Rate, Rates } from "../api";
import { count } from "../words";
import "./rates.css";

const ENOUGH = 30;
/** Votes below which the page says that they mean little. */

export function RateTables({ rates }: { rates: Rates }) {
  return (
    <div class="rates">
      <p class={rates.votes > 0 && rates.votes < ENOUGH ? "band warn" : "soft"}>{weight(rates.votes)}</p>
      {rates.votes > 0 && (
        <>
          <Table title="By preset" lead="Preset" rows={rates.by_preset} />
          <Table title="By panelist" lead="Model" rows={rates.by_panelist} />
          <Table title="By writer" lead="Writer" rows={rates.by_writer} />
        </>
      )}
    </div>
  );
}

function weight(votes: number): string {
  if (votes === 0) return "Nobody has voted yet. A vote is a blind comparison of two answers to the same question.";
  const so = "The bars are 95 % intervals: where two of them overlap, nothing is decided. A tie is half a win.";
  return votes < ENOUGH ? `${count(votes, "vote")} so far, and so few mean little. ${so}` : `${count(votes, "vote")}. ${so}`;
}

function Table({ title, lead, rows }: { title: string; lead: string; rows: readonly Rate[] }) {
  const id = title.toLowerCase().replace(" ", "-");
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {rows.length === 0 && <p class="soft">No votes of this kind yet.</p>}
      {rows.length > 0 && (
        <table>
          <caption class="unseen">{`${title}: how often preferred, with 95 % intervals`}</caption>
          <thead><tr><th scope="col">{lead}</th><th scope="col" class="bar">Preferred</th><th scope="col" class="tally"><abbr title="won, lost, tied">W · L · T</abbr></th></tr></thead>
          <tbody>{rows.map((row) => <Line key={row.name} {...row} />)}</tbody>
        </table>
      )}
    </section>
  );
}

function Line(rate: Rate) {
  return (
    <tr>
      <th scope="row" dir="auto">{rate.name || "custom"}</th>
      <td class="bar"><Interval {...rate} /></td>
      <td class="figure tally">
        <span aria-hidden="true">{rate.wins} · {rate.losses} · {rate.ties}</span>
        <span class="unseen">{rate.wins} won, {rate.losses} lost, {rate.ties} tied</span>
      </td>
    </tr>
  );
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function Interval({ rate, low, high }: Rate) {
  if (rate === null) return <span class="soft">not known</span>;
  return (
    <div class="told">
      <svg class="interval" height="18" aria-hidden="true">
        <line class="axis" x1="0" x2="100%" y1="9" y2="9" />
        <line class="half" x1="50%" x2="50%" y1="2" y2="16" />
        <line class="span" x1={`${low * 100}%`} x2={`${high * 100}%`} y1="9" y2="9" />
        <circle class="dot" cx={`${rate * 100}%`} cy="9" r="4.5" />
      </svg>
      <span class="figure">{percent(rate)} <span class="soft">({percent(low)} to {percent(high)})</span></span>
    </div>
  );
}
