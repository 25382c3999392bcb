/** Models: all that can be called, to be searched and sorted by what matters. */

import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Model } from "../api";
import { Field } from "../parts/field";
import { entries, matching, rate, tokens } from "../models";
import { desk } from "../session";
import { count } from "../words";
import "./models.css";

const STEP = 100;

type Key = "slug" | "endpoint" | "context" | "price_in" | "price_out" | "tools" | "thinks";
interface Order { readonly key: Key; readonly down: boolean }

interface Column {
  readonly key: Key;
  readonly name: string;
  readonly kind: "figure" | "word" | "sign";
  readonly cell: (model: Model) => ComponentChildren;
}

const COLUMNS: readonly Column[] = [
  { key: "endpoint", name: "Endpoint", kind: "word", cell: (model) => model.endpoint },
  { key: "context", name: "Context", kind: "figure", cell: (model) => tokens(model.context) },
  { key: "price_in", name: "Price in", kind: "figure", cell: (model) => rate(model.price_in) },
  { key: "price_out", name: "Price out", kind: "figure", cell: (model) => rate(model.price_out) },
  { key: "tools", name: "Tools", kind: "sign", cell: (model) => (model.tools ? "yes" : "–") },
  { key: "thinks", name: "Thinks", kind: "sign", cell: (model) => (model.thinks ? "yes" : "–") },
];

export function Models() {
  const text = useSignal("");
  const order = useSignal<Order | null>(null);
  const shown = useSignal(STEP);
  const found = useComputed(() => sorted(matching(entries.value, text.value), order.value));
  const total = entries.value.length;
  if (!desk.value) return <Frame><p class="soft">Loading</p></Frame>;
  if (total === 0) return <Frame><None /></Frame>;
  return (
    <Frame>
      <Field id="models-search" label="Search">
        {(tied) => (
          <input
            {...tied} type="search" autocomplete="off" placeholder="name, endpoint, tools, thinks" value={text.value}
            onInput={(event) => { text.value = event.currentTarget.value; shown.value = STEP; }}
          />
        )}
      </Field>
      <Listing models={found.value.slice(0, shown.value)} told={told(found.value.length, total)} order={order} />
      {found.value.length > shown.value ? (
        <p class="row">
          <button type="button" onClick={() => (shown.value += STEP)}>
            Show {Math.min(STEP, found.value.length - shown.value)} more
          </button>
          <span class="soft">{shown.value.toLocaleString("en")} of {found.value.length.toLocaleString("en")} are shown</span>
        </p>
      ) : null}
    </Frame>
  );
}

function Frame({ children }: { children: ComponentChildren }) {
  return <div class="models"><h1>Models</h1>{children}</div>;
}

function None() {
  const problem = desk.value?.problem;
  return (
    <div class="band warn">
      <p>{problem?.message ?? "There is nothing to call."}</p>
      <p>{problem?.next} <a data-in href="/settings">Where keys are set</a></p>
    </div>
  );
}

const told = (found: number, total: number) =>
  found === total ? `${count(total, "model")} can be called` : `${found.toLocaleString("en")} of ${count(total, "model")}`;

function Listing({ models, told, order }: { models: readonly Model[]; told: string; order: Signal<Order | null> }) {
  return (
    <div class="models-frame" role="region" aria-label="Table of models" tabIndex={0}>
      <table>
        <caption><span role="status">{told}</span><span class="soft">, prices in US dollars for a million tokens</span></caption>
        <thead>
          <tr>
            <Heading column={{ key: "slug", name: "Model", kind: "word" }} order={order} />
            {COLUMNS.map((column) => <Heading key={column.key} column={column} order={order} />)}
          </tr>
        </thead>
        <tbody>{models.map((model) => <Row key={`${model.endpoint} ${model.slug}`} model={model} />)}</tbody>
      </table>
    </div>
  );
}

interface Headed { readonly column: Omit<Column, "cell">; readonly order: Signal<Order | null> }

function Heading({ column: { key, name, kind }, order }: Headed) {
  const now = order.value?.key === key ? (order.value.down ? "descending" : "ascending") : undefined;
  const press = () => (order.value = { key, down: now ? now === "ascending" : kind === "sign" });
  return (
    <th scope="col" class={`${kind} ${key}`} aria-sort={now}>
      <button type="button" class="quiet" onClick={press}>
        {name}<span class="arrow" aria-hidden="true">{now === "ascending" ? "▲" : now === "descending" ? "▼" : ""}</span>
      </button>
    </th>
  );
}

function Row({ model }: { model: Model }) {
  return (
    <tr>
      <th scope="row"><span class="slug">{model.slug}</span><span class="soft narrow">{model.endpoint}</span></th>
      {COLUMNS.map(({ key, kind, cell }) => <td key={key} class={`${kind} ${key}`}>{cell(model)}</td>)}
    </tr>
  );
}

/** In the order of a column; what is unknown always comes last. */
function sorted(models: readonly Model[], order: Order | null): readonly Model[] {
  if (!order) return models;
  const known = models.filter((model) => model[order.key] !== null);
  const sign = order.down ? -1 : 1;
  known.sort((one, other) => sign * compare(one, other, order.key));
  return [...known, ...models.filter((model) => model[order.key] === null)];
}

function compare(one: Model, other: Model, key: Key): number {
  const [left, right] = [one[key], other[key]];
  if (key === "slug" || key === "endpoint") return String(left).localeCompare(String(right), "en");
  return Number(left) - Number(right);
}
