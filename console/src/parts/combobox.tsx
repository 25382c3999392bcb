/** A field that finds a model among thousands while one types, by the ARIA pattern of an editable combobox with a list. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Model } from "../api";
import { abilities, distinct, matching, prices, tokens } from "../models";
import { count } from "../words";
import { announce } from "./announcer";
import { Field } from "./field";
import "./combobox.css";

const SHOWN = 50;
const PAGE = 8;

interface Told {
  readonly id: string;
  readonly label: string;
  readonly value?: string;
  readonly placeholder: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  readonly onChoose: (slug: string) => void;
}

interface Option { readonly slug: string; readonly model: Model | null }

/** With a `value` it shows what was chosen, and can be emptied; without, it is emptied by each choice. */
export function ModelBox({ id, label, value = "", placeholder, hint, error, disabled = false, onChoose }: Told) {
  const [text, setText] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const typed = text ?? "";
  const found = useMemo(() => (open ? matching(distinct.value, typed) : []), [open, typed, distinct.value]);
  const options = useMemo(() => offered(found, typed), [found, typed]);

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (option: Option | undefined) => {
    if (!option) return;
    onChoose(option.slug);
    setText(null);
    close();
  };
  const type = (words: string) => {
    setText(words);
    setOpen(true);
    setActive(words ? 0 : -1);
    announce(`${count(matching(distinct.value, words).length, "model")} found`);
  };
  const leave = () => {
    if (text === "" && value) onChoose("");
    setText(null);
    close();
  };
  const move = (step: number) => {
    if (!open) setOpen(true);
    const last = (open ? options.length : Math.min(SHOWN, distinct.value.length)) - 1;
    const next = active + step;
    if (Math.abs(step) > 1) setActive(Math.max(0, Math.min(last, next)));
    else setActive(next > last ? 0 : next < 0 ? last : next);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const does = {
      ArrowDown: () => move(1), ArrowUp: () => move(-1), PageDown: () => move(PAGE), PageUp: () => move(-PAGE),
      Enter: () => (open && active >= 0 ? choose(options[active]) : setOpen(true)),
      Escape: () => (open ? close() : setText(null)),
    }[event.key];
    if (!does || (event.key === "Escape" && !open && text === null)) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  };

  return (
    <Field id={id} label={label} hint={hint} error={error}>
      {(tied) => (
        <div class="combobox">
          <input
            {...tied} type="text" role="combobox" autocomplete="off" autocapitalize="off" spellcheck={false} disabled={disabled}
            aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list"
            aria-activedescendant={open && options[active] ? `${id}-${active}` : undefined}
            placeholder={placeholder} value={text ?? value}
            onInput={(event) => type(event.currentTarget.value)} onClick={() => setOpen(true)} onKeyDown={press} onBlur={leave}
          />
          <div class="options" hidden={!open} onPointerDown={(event) => event.preventDefault()}>
            <List id={id} label={label} options={options} active={active} onChoose={choose} />
            <p class="hint" aria-hidden="true">{told(found.length, options.length)}</p>
          </div>
        </div>
      )}
    </Field>
  );
}

interface Listed {
  readonly id: string;
  readonly label: string;
  readonly options: readonly Option[];
  readonly active: number;
  readonly onChoose: (option: Option) => void;
}

function List({ id, label, options, active, onChoose }: Listed) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <ul ref={list} id={`${id}-list`} role="listbox" aria-label={label}>
      {options.map((option, index) => (
        <li
          key={option.slug} id={`${id}-${index}`} role="option" aria-selected={index === active}
          onClick={() => onChoose(option)}
        >
          <Row option={option} />
        </li>
      ))}
    </ul>
  );
}

/** What the list holds: what was found, and the typed words themselves, since the server knows names that no list has. */
function offered(found: readonly Model[], typed: string): readonly Option[] {
  const options: Option[] = found.slice(0, SHOWN).map((model) => ({ slug: model.slug, model }));
  const name = typed.trim();
  const known = found.some((model) => model.slug === name);
  return name && !known && !/\s/.test(name) ? [...options, { slug: name, model: null }] : options;
}

function told(found: number, shown: number): string {
  if (found === 0) return shown === 0 ? "Nothing is called that." : "No list has it. The server may know it all the same.";
  const number = found > SHOWN ? `${SHOWN} of ${found.toLocaleString("en")}` : count(found, "model");
  return `${number} · prices for a million tokens in / out`;
}

function Row({ option: { slug, model } }: { option: Option }) {
  if (!model) return <span class="slug">{slug} <span class="soft">as written</span></span>;
  const can = abilities(model);
  return (
    <>
      <span class="slug">{slug}</span>
      <span class="soft facts">
        <span>{prices(model)}</span>
        {model.context === null ? null : <span>{tokens(model.context)} context</span>}
        {can ? <span>{can}</span> : null}
        <span>{model.endpoint}</span>
      </span>
    </>
  );
}
