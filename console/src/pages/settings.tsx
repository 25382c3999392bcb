/** Settings: what this browser keeps of the reader's wishes, and where everything else is set. */

import { api } from "../api";
import { Chips } from "../parts/field";
import { ShortcutList } from "../parts/help";
import { begin, layout, session, shortcuts, streaming, theme, trouble } from "../session";
import "./settings.css";

export function Settings() {
  return (
    <div class="settings">
      <h1>Settings</h1>
      <section class="card" aria-labelledby="settings-page">
        <h2 id="settings-page">This page</h2>
        <Preferences />
      </section>
      <section class="card" aria-labelledby="settings-keys">
        <h2 id="settings-keys">Shortcuts</h2>
        <ShortcutList />
      </section>
      <section class="card" aria-labelledby="settings-providers">
        <h2 id="settings-providers">Keys of providers</h2>
        <Providers />
      </section>
      <About />
    </div>
  );
}

function Preferences() {
  return (
    <>
      <Chips
        legend="Colours" name="theme" value={theme.value} onChoose={(one) => (theme.value = one)}
        options={[["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]}
      />
      <Chips
        legend="Panel answers" name="layout" value={layout.value} onChoose={(one) => (layout.value = one)}
        options={[["columns", "Columns"], ["tabs", "Tabs"], ["stack", "One below the other"]]}
      />
      <Chips
        legend="Arriving text" name="streaming" value={streaming.value} onChoose={(one) => (streaming.value = one)}
        options={[["live", "As it is written"], ["whole", "When it is complete"]]}
      />
      <Chips
        legend="Single-key shortcuts" name="shortcuts" value={shortcuts.value} onChoose={(one) => (shortcuts.value = one)}
        options={[["on", "On"], ["off", "Off"]]}
      />
      <p class="hint">Kept in this browser.</p>
    </>
  );
}

function Providers() {
  return (
    <>
      <p>
        Keys never pass through this page. Give them to the gateway on its own machine, in one of two ways, and start it again:
      </p>
      <dl class="ways">
        <dt><code>fuseline keys set openrouter</code></dt>
        <dd>asks for the key of an endpoint and keeps it in a file that only you can read.</dd>
        <dt><code>export OPENROUTER_API_KEY=...</code></dt>
        <dd>in the environment that starts the gateway; it comes before the file.</dd>
      </dl>
      <p><code>fuseline doctor</code> says what can be called, what cannot, and what to do about it.</p>
    </>
  );
}

function About() {
  const now = session.value;
  if (!now) return null;
  return (
    <footer class="row">
      <span class="soft">Fuseline {now.version}</span>
      {now.auth === "key" ? <button type="button" onClick={() => void leave()}>Sign out</button> : null}
    </footer>
  );
}

async function leave(): Promise<void> {
  try {
    await api.signOut();
    await begin();
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
  }
}
