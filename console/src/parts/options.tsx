/** What else can be wished for: tools, documents, what it may cost, instructions. */

import { collections, limits, repair, system, tools } from "../draft";
import { LIMITS, NAMES, type Limit } from "../limits";
import { desk } from "../session";
import { Field, Tick } from "./field";
import "./options.css";

export type Place = Limit | "system" | "collections" | "tools";

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
      <Limits errors={errors} />
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

/** What a run may cost, take and write; it ends in good order where it comes to one of them. */
function Limits({ errors }: { errors: Partial<Record<Place, string>> }) {
  return (
    <fieldset class="limits">
      <legend>Limits</legend>
      <div>
        {NAMES.map((one) => (
          <Field key={one} id={`ask-${one}`} label={LIMITS[one].label} error={errors[one]}>
            {(tied) => (
              <input
                {...tied} type="text" inputMode={LIMITS[one].whole ? "numeric" : "decimal"} autocomplete="off"
                placeholder={LIMITS[one].usual} value={limits.value[one]}
                onInput={(event) => (limits.value = { ...limits.value, [one]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </fieldset>
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
