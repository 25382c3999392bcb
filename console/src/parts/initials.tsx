/** The models of a panel as initials, for places where their names do not fit. */

import { short } from "../words";
import "./initials.css";

/** The first letters of a name's first two parts: `claude-opus-4` is CO. */
export function initials(slug: string): string {
  return short(slug).split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(0, 2).map((part) => part[0]).join("").toUpperCase() || "?";
}

export function Panel({ models }: { models: readonly string[] }) {
  if (models.length === 0) return <span class="soft">none</span>;
  return (
    <ul class="initials">
      {models.map((slug, seat) => (
        <li key={seat} class={`seat-${seat % 8}`} title={slug}>
          <span aria-hidden="true">{initials(slug)}</span>
          <span class="unseen">{slug}</span>
        </li>
      ))}
    </ul>
  );
}
