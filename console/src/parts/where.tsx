/** What is known of the chosen claim: the words it is taken from, its pages, and where it was found again. */

import { highlighted, type Highlighted } from "./highlight";
import type { Point, Voice } from "./points";
import type { Place } from "./whereabouts";

const HOW: Record<Place["how"], string> = { exact: "word for word", matched: "matched by text" };

export function Where({ point, voices }: { point: Point | null; voices: readonly Voice[] }) {
  const found = highlighted.value;
  if (!point || found?.id !== point.id) {
    return <div class="where"><p class="soft">Choose a claim to see where it stands in the answers. <kbd>j</kbd> and <kbd>k</kbd> go through them, <kbd>x</kbd> to what is contested.</p></div>;
  }
  return (
    <div class="where">
      {point.claim?.quote && <blockquote dir="auto">{point.claim.quote}</blockquote>}
      {point.claim && point.claim.urls.length > 0 && <Pages urls={point.claim.urls} />}
      <Found point={point} voices={voices} found={found} />
    </div>
  );
}

function Found({ point, voices, found }: { point: Point; voices: readonly Voice[]; found: Highlighted }) {
  if (point.kind === "blind") return <p class="soft">No seat covers this, so there is nothing to show.</p>;
  const seats = voices.filter(({ seat }) => speakers(point).includes(seat));
  return (
    <ul class="found">
      {seats.map(({ seat, name }) => <One key={seat} name={name} place={found.seats.get(seat)?.[0]} />)}
      <One name="The final answer" place={found.answer[0]} />
    </ul>
  );
}

function One({ name, place }: { name: string; place: Place | undefined }) {
  return <li><span class={`key ${place?.how ?? "none"}`}>{name}</span> <span class="soft">{place ? HOW[place.how] : "not found"}</span></li>;
}

function Pages({ urls }: { urls: readonly string[] }) {
  return <p class="pages">{urls.filter((url) => /^https?:/u.test(url)).map((url) => <a key={url} href={url} target="_blank" rel="noopener noreferrer nofollow">{url}</a>)}</p>;
}

function speakers({ claim, contradiction }: Point): number[] {
  return claim?.seats ?? contradiction?.stances.map((one) => one.seat) ?? [];
}

/** The same as one sentence, for screen readers. */
export function told(point: Point, voices: readonly Voice[], found: Highlighted): string {
  if (point.kind === "blind") return "Covered by nobody.";
  const seats = voices.filter(({ seat }) => found.seats.has(seat)).map(({ seat, name }) => `${name} (${HOW[found.seats.get(seat)![0]!.how]})`);
  const answer = found.answer[0] ? `in the final answer (${HOW[found.answer[0].how]})` : "not found in the final answer";
  return `${seats.length > 0 ? `Marked in ${seats.join(", ")}` : "Found in no seat's answer"}; ${answer}.`;
}
