/** What else can be wished for: tools, documents, what it may cost, instructions. */

import { collections, maxCost, repair, system, tools } from "../draft";
import { desk } from "../session";
import { Field, Tick } from "./field";
import "./options.css";

export type Place = "max_cost" | "system" | "collections" | "tools";

export function Options({ errors }: { errors: Partial<Record<Place, string>> }) {
  const engines = desk.value?.engines ?? [];
  return (
    <>
      <Tick
        label="Let the models search and read pages" checked={tools.value} onTick={(on) => (tools.value = on)}
        hint={engines.length ? `With ${engines.join(", ")}` : "No search engine is set up here; pages can be read"}
      />
      <Documents error={errors.collections ?? errors.tools} />
      <Tick
        label="Ask the writer again about lone findings" checked={repair.value} onTick={(on) => (repair.value = on)}
        hint="Where one model alone found something and the answer left it out"
      />
      <Field id="ask-max_cost" label="Stop at a cost of (US dollars)" error={errors.max_cost}>
        {(tied) => (
          <input
            {...tied} class="cost" type="text" inputMode="decimal" autocomplete="off" placeholder="no limit" value={maxCost.value}
            onInput={(event) => (maxCost.value = event.currentTarget.value)}
          />
        )}
      </Field>
      <details class="system" open={Boolean(errors.system) || Boolean(system.peek())}>
        <summary>System text</summary>
        <Field id="ask-system" label="Instructions for everybody" error={errors.system}>
          {(tied) => (
            <textarea
              {...tied} rows={4} dir="auto" value={system.value}
              onInput={(event) => (system.value = event.currentTarget.value)}
            />
          )}
        </Field>
      </details>
    </>
  );
}

function Documents({ error }: { error: string | undefined }) {
  const all = desk.value?.collections ?? [];
  if (all.length === 0) return null;
  const tick = (name: string, on: boolean) =>
    (collections.value = on ? [...collections.value, name] : collections.value.filter((one) => one !== name));
  return (
    <fieldset class="documents">
      <legend>Documents to search</legend>
      {all.map((name) => (
        <Tick key={name} label={name} checked={collections.value.includes(name)} onTick={(on) => tick(name, on)} />
      ))}
      {error ? <p class="wrong" role="alert">{error}</p> : null}
    </fieldset>
  );
}
