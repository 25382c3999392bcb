/** A label, what it labels, a hint, and what is wrong, tied together for those who hear the page. */

import type { ComponentChildren } from "preact";

export interface Tied {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean | undefined;
}

interface Told {
  readonly id: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: (tied: Tied) => ComponentChildren;
}

export function Field({ id, label, hint, error, children }: Told) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(tie(id, Boolean(hint), error))}
      {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
      <Wrong id={id} error={error} />
    </div>
  );
}

/** What a field carries so that its hint and its error are read with it. */
export function tie(id: string, hinted: boolean, error: string | undefined): Tied {
  const about = [error && `${id}-error`, hinted && `${id}-hint`].filter(Boolean).join(" ");
  return { id, "aria-describedby": about || undefined, "aria-invalid": error ? true : undefined };
}

/** What the server or the page has against a field. */
export function Wrong({ id, error }: { id: string; error: string | undefined }) {
  return error ? <p class="wrong" role="alert" id={`${id}-error`}>{error}</p> : null;
}

interface Ticked {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onTick: (checked: boolean) => void;
}

/** A box to tick, with a word under it. */
export function Tick({ label, hint, checked, disabled = false, onTick }: Ticked) {
  return (
    <label class="tick">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onTick(event.currentTarget.checked)} />
      <span>{label}{hint ? <span class="hint">{hint}</span> : null}</span>
    </label>
  );
}

interface Choices<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly hint?: string;
  readonly onChoose: (value: T) => void;
}

/** One of a few, all in view. */
export function Chips<T extends string>({ legend, name, value, options, hint, onChoose }: Choices<T>) {
  return (
    <fieldset class="chips" {...(hint ? { "aria-describedby": `${name}-hint` } : {})}>
      <legend>{legend}</legend>
      <div>
        {options.map(([one, label]) => (
          <label key={one} class="chip">
            <input type="radio" name={name} value={one} checked={one === value} onChange={() => onChoose(one)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {hint ? <p class="hint" id={`${name}-hint`}>{hint}</p> : null}
    </fieldset>
  );
}
