/** Where the money went: one bar, cut by role and by model, and the same as a table. */

import { useComputed, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { RunView } from "../run";
import { money, short } from "../words";
import { price, roleName, voices } from "./figures";
import { namesOf } from "./sign";
import "./chart.css";

interface Share { readonly key: string; readonly role: string; readonly name: string; readonly hue: string; readonly cost: number; readonly told: string; readonly tokens: number }

function sharesOf(view: RunView): Share[] {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const spoken = voices(view.calls.value).map((voice) => ({
    key: voice.key, role: roleName(voice.role), hue: voice.role === "panel" ? `hue-${(voice.seat ?? 0) % 8}` : voice.role,
    name: voice.role === "panel" ? names[voice.seat ?? -1] ?? short(voice.name) : short(voice.name),
    cost: voice.calls.reduce((sum, call) => sum + Number(call.cost ?? 0), 0), told: price(voice.calls),
    tokens: voice.calls.reduce((sum, call) => sum + (call.tokens_in ?? 0) + (call.tokens_out ?? 0), 0),
  }));
  const looked = view.lookups.value.reduce((sum, one) => sum + Number(one.cost), 0);
  const research = { key: "research", role: "Research", hue: "research", name: "look-ups", cost: looked, told: money(String(looked)), tokens: 0 };
  return looked > 0 ? [...spoken, research] : spoken;
}

export function CostBar({ view }: { view: RunView }) {
  const table = useSignal(false);
  const shares = useComputed(() => sharesOf(view));
  return (
    <section class="chart" aria-labelledby="cost">
      <div class="row top">
        <h2 id="cost">Cost</h2>
        <span class="figure">{money(String(view.cost.value))}</span>
        <button type="button" class="small quiet" aria-pressed={table.value} onClick={() => (table.value = !table.value)}>Show as table</button>
      </div>
      {shares.value.length === 0 ? <p class="soft">Nothing has been spent yet.</p> : table.value ? <Table shares={shares.value} /> : <Picture shares={shares.value} />}
    </section>
  );
}

function Picture({ shares }: { shares: readonly Share[] }) {
  const id = useId();
  const whole = shares.reduce((sum, one) => sum + one.cost, 0);
  let from = 0;
  return (
    <figure>
      <svg class="costs" role="img" aria-labelledby={`${id}-title ${id}-desc`} width="100%" height={28}>
        <title id={`${id}-title`}>Cost by role and model</title>
        <desc id={`${id}-desc`}>{shares.map((one) => `${one.role}, ${one.name}: ${one.told}`).join("; ")}.</desc>
        {whole === 0 && <rect class="none" x="0" y="4" width="100%" height="20" />}
        {whole > 0 && shares.map((one) => {
          const x = from;
          from += (100 * one.cost) / whole;
          return <rect key={one.key} class={one.hue} x={`${x}%`} y="4" width={`${from - x}%`} height="20" />;
        })}
      </svg>
      <ul class="legend">
        {shares.map((one) => (
          <li key={one.key}><span class={`dot ${one.hue}`} aria-hidden="true" /> <span class="soft">{one.role}</span> {one.name} <span class="figure">{one.told}</span></li>
        ))}
      </ul>
    </figure>
  );
}

function Table({ shares }: { shares: readonly Share[] }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Cost as a table">
      <table>
        <caption class="unseen">Cost by role and model</caption>
        <thead><tr><th scope="col">Role</th><th scope="col">Model</th><th scope="col">Tokens</th><th scope="col">Cost</th></tr></thead>
        <tbody>
          {shares.map((one) => (
            <tr key={one.key}><td>{one.role}</td><th scope="row">{one.name}</th><td class="figure">{one.tokens.toLocaleString("en")}</td><td class="figure">{one.told}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
