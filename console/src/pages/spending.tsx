/** Spending: today, this month, each day of the last thirty, by model, by role, and what fusing costs against not fusing. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, type Spend, type Sum } from "../api";
import { DayBars, Share, type Day } from "../parts/bars";
import { Table, type Column } from "../parts/table";
import { count, money, short } from "../words";
import "./spending.css";

const DAYS = 30;
const DAY_MS = 86_400_000;
const SEARCH = "search"; // what the server calls all that was not a model
const ROLES: Readonly<Record<string, string>> = {
  outer: "outer model", panel: "panel", analyst: "analyst", writer: "writer", search: "searches and pages",
};

export function Spending() {
  const spend = useSignal<Spend | null>(null);
  const failure = useSignal("");
  const read = async () => {
    try {
      spend.value = await api.spend(DAYS);
      failure.value = "";
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  useEffect(() => void read(), []);
  return (
    <div class="spending" aria-busy={spend.value === null && !failure.value}>
      <h1>Spending</h1>
      {failure.value && (
        <div class="band bad row" role="alert">
          <span>{failure}</span>
          <button type="button" onClick={() => void read()}>Try again</button>
        </div>
      )}
      {spend.value && <Sums spend={spend.value} />}
    </div>
  );
}

function Sums({ spend }: { spend: Spend }) {
  const days = whole(spend.by_day);
  const total = days.reduce((sum, one) => sum + Number(one.cost), 0);
  return (
    <>
      <div class="head">
        <dl class="totals">
          <Total name="Today" cost={spend.today} />
          <Total name="This month" cost={spend.month} />
          <Total name={`Last ${DAYS} days`} cost={String(total)} />
        </dl>
        <p class="against">{against(spend.fused)}</p>
      </div>
      <section class="card">
        <h2>By day</h2>
        <DayBars days={days} name={`Spent each day of the last ${DAYS} days`} />
      </section>
      <div class="pair">
        <Breakdown title="By model" sums={spend.by_model} name={(sum) => <span title={sum.name}>{sum.name === SEARCH ? ROLES[SEARCH] : short(sum.name)}</span>} />
        <Breakdown title="By role" sums={spend.by_role} name={(sum) => ROLES[sum.name] ?? sum.name} />
      </div>
    </>
  );
}

function Total({ name, cost }: { name: string; cost: string }) {
  return (
    <div class="card">
      <dt>{name}</dt>
      <dd class="figure">{money(cost)}</dd>
    </div>
  );
}

/** What the fused answers cost and what one model alone would have, in a sentence. */
export function against({ runs, cost, single_cost }: Spend["fused"]): string {
  if (runs === 0) return `Nothing was fused in the last ${DAYS} days, so there is nothing to compare.`;
  const times = Number(single_cost) > 0 ? `, so fusing cost ${(Number(cost) / Number(single_cost)).toFixed(1)} times as much` : "";
  const answers = count(runs, "fused answer");
  const alone = runs === 1 ? "its most expensive panelist alone" : "the most expensive panelist of each, alone,";
  return `In the last ${DAYS} days ${answers} cost ${money(cost)}; ${alone} would have cost ${money(single_cost)}${times}.`;
}

interface Broken { readonly title: string; readonly sums: readonly Sum[]; readonly name: Column<Sum>["cell"] }

function Breakdown({ title, sums, name }: Broken) {
  const most = Math.max(...sums.map((sum) => Number(sum.cost)), 0);
  const columns: readonly Column<Sum>[] = [
    { name: "Name", kind: "lead", cell: name },
    { name: "Share", kind: "tool", place: "at-share", cell: (sum) => <Share part={most > 0 ? Number(sum.cost) / most : 0} /> },
    { name: "Cost", kind: "figure", cell: (sum) => money(sum.cost) },
    { name: "Calls", kind: "figure", cell: (sum) => sum.calls.toLocaleString("en") },
  ];
  const sorted = [...sums].sort((one, other) => Number(other.cost) - Number(one.cost));
  return (
    <section class="card">
      <h2>{title}</h2>
      {sums.length === 0 ? <p class="soft">Nothing was spent yet.</p> : <Table caption={title} columns={columns} rows={sorted} id={(sum) => sum.name} />}
    </section>
  );
}

/** Every day of the span, those without spending too, up to the later of today and the last day that is told. */
function whole(told: readonly Day[]): Day[] {
  const costs = new Map(told.map((one) => [one.day, one.cost]));
  const today = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  const end = Date.parse([today, ...costs.keys()].sort().at(-1)!);
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(end - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return { day, cost: costs.get(day) ?? "0" };
  });
}
