/** What the question would cost as it stands, asked of the server once the typing pauses. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { api, type Estimate, type Wish } from "../api";
import { lineup, question, wish } from "../draft";
import { desk } from "../session";
import { count, money } from "../words";
import "./estimate.css";

const PAUSE_MS = 400;

export function EstimateLine() {
  const found = useSignal<Estimate | null>(null);
  const failure = useSignal("");
  const asking = useSignal(false);
  useSignalEffect(() => {
    const wished = wish.value;
    if (!askable(wished)) {
      found.value = null;
      failure.value = "";
      asking.value = false;
      return;
    }
    let current = true;
    asking.value = true;
    const pause = window.setTimeout(() => void (async () => {
      const [told, refusal] = await estimated(wished);
      if (!current) return;
      found.value = told;
      failure.value = refusal;
      asking.value = false;
    })(), PAUSE_MS);
    return () => {
      current = false;
      window.clearTimeout(pause);
    };
  });
  return (
    <p class="estimate" aria-busy={asking.value}>
      <Calls estimate={found.value} /> <Cost estimate={found.value} failure={failure.value} asking={asking.value} />
    </p>
  );
}

function askable(wished: Wish): boolean {
  if (!desk.value || desk.value.problem || wished.prompt === "") return false;
  return wished.preset !== undefined || (wished.panel?.length ?? 0) > 0;
}

async function estimated(wished: Wish): Promise<readonly [Estimate | null, string]> {
  try {
    return [await api.estimate(wished), ""];
  } catch (error) {
    return [null, error instanceof Error ? error.message : String(error)];
  }
}

function Calls({ estimate }: { estimate: Estimate | null }) {
  const seats = lineup.value.panel.length;
  if (estimate && estimate.calls !== seats + 2) return <span class="figure">{count(estimate.calls, "call")}</span>;
  return <span class="figure" title="The panel, the analyst, the writer">{seats} + 1 + 1 calls</span>;
}

function lacking(): string {
  if (desk.value?.problem) return "nothing can be called yet";
  return question.value ? "the cost is estimated once somebody sits" : "the cost is estimated as soon as there is a question";
}

interface Told { readonly estimate: Estimate | null; readonly failure: string; readonly asking: boolean }

function Cost({ estimate, failure, asking }: Told) {
  if (failure) return <span class="soft">· no estimate: {failure}</span>;
  if (estimate) return <Sum {...estimate} />;
  return <span class="soft">· {asking ? "estimating the cost" : lacking()}</span>;
}

function Sum({ low, high, single, unknown }: Estimate) {
  if (low === null || high === null) {
    return <span class="soft">· the cost is unknown: no price {unknown.length ? `of ${unknown.join(", ")}` : "is known"}</span>;
  }
  const times = single ? (Number(low) + Number(high)) / (Number(single.low) + Number(single.high)) : NaN;
  return (
    <>
      <span>· about <span class="figure">{range(low, high)}</span></span>
      {single && Number.isFinite(times) ? <span class="soft"> · {times.toFixed(1)} × one call of {single.slug}</span> : null}
      {unknown.length ? <span class="soft"> · without {unknown.join(", ")}, whose price is unknown</span> : null}
    </>
  );
}

/** Two sums, as exact as a forecast deserves. */
function range(low: string, high: string): string {
  const [from, to] = [rounded(low), rounded(high)];
  return from === to ? from : `${from} to ${to}`;
}

function rounded(dollars: string): string {
  const value = Number(dollars);
  return value >= 0.01 ? `$${value.toFixed(2)}` : money(dollars);
}
