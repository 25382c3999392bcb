/** Who sits on the panel: the presets, the seats one by one, who compares and who writes. */

import { CUSTOM, chosen, customise, lineup, preset, seat } from "../draft";
import { abilities, bySlug, prices, tokens } from "../models";
import { desk } from "../session";
import { count } from "../words";
import { announce } from "./announcer";
import { ModelBox } from "./combobox";
import { Chips } from "./field";
import "./picker.css";

export type Place = "panel" | "analyst" | "writer";

/** The preset that is in use, or a panel of one's own. */
export function Presets() {
  const presets = desk.value?.presets ?? [];
  const choose = (name: string) => (name === CUSTOM ? customise() : (preset.value = name));
  return (
    <>
      <Chips
        legend="Preset" name="preset" value={chosen.value?.name ?? CUSTOM} onChoose={choose}
        options={[...presets.map((one) => [one.name, one.title] as const), [CUSTOM, "Custom"]]}
      />
      {chosen.value?.warning ? <p class="band warn">{chosen.value.warning}</p> : null}
    </>
  );
}

/** The seats and the two roles beside them. To change anything in a preset makes a panel of one's own of it. */
export function Picker({ errors }: { errors: Partial<Record<Place, string>> }) {
  const { panel, analyst, writer } = lineup.value;
  const most = desk.value?.seats ?? 8;
  const full = panel.length >= most;
  const add = (slug: string) => {
    seat({ panel: [...panel, slug] });
    announce(`${slug} has seat ${panel.length + 1}`);
  };
  return (
    <>
      <h3 class="seats-head">Seats <span class="soft figure">{panel.length} of {most}</span></h3>
      <Seats panel={panel} />
      <ModelBox
        id="ask-panel" label="Add a seat" placeholder="Search for a model" onChoose={add} disabled={full} error={errors.panel}
        hint={full ? `A panel has at most ${count(most, "seat")}.` : undefined}
      />
      <div class="roles">
        <ModelBox
          id="ask-analyst" label="Analyst" value={analyst} placeholder="The server's choice" error={errors.analyst}
          onChoose={(slug) => seat({ analyst: slug })}
        />
        <ModelBox
          id="ask-writer" label="Writer" value={writer} placeholder="The server's choice" error={errors.writer}
          onChoose={(slug) => seat({ writer: slug })}
        />
      </div>
    </>
  );
}

function Seats({ panel }: { panel: readonly string[] }) {
  if (panel.length === 0) return <p class="soft empty-seats">Nobody sits here yet.</p>;
  const leave = (gone: number) => {
    seat({ panel: panel.filter((_, index) => index !== gone) });
    announce(`${panel[gone]} has left`);
    document.getElementById("ask-panel")?.focus();
  };
  return (
    <ol class="seats">
      {panel.map((slug, index) => (
        <li key={`${index} ${slug}`} class={`seat-${index % 8}`}>
          <div><span class="slug">{slug}</span><Facts slug={slug} /></div>
          <button type="button" class="quiet" aria-label={`Remove ${slug} from seat ${index + 1}`} onClick={() => leave(index)}>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function Facts({ slug }: { slug: string }) {
  const model = bySlug.value.get(slug);
  if (!model) return null;
  return (
    <span class="soft facts">
      <span>{prices(model)}</span>
      {model.context === null ? null : <span>{tokens(model.context)} context</span>}
      {abilities(model) ? <span>{abilities(model)}</span> : null}
    </span>
  );
}
