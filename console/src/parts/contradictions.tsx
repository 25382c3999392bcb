/** What the seats disagree on: a card for each topic with its sides, their evidence, and which is better supported. */

import type { Contradiction } from "../api";
import { sidesOf, type Voice } from "./points";
import { Sign } from "./sign";
import "./contradictions.css";

interface Told {
  readonly contradictions: readonly Contradiction[];
  readonly voices: readonly Voice[];
  readonly chosen: string;
  readonly choose: (id: string, seat: number | null) => void;
}

export function Contradictions({ contradictions, ...told }: Told) {
  if (contradictions.length === 0) return null;
  return (
    <section class="contradictions" aria-label="Contradictions">
      <h3>Contradictions</h3>
      <div class="cards">
        {contradictions.map((one) => <Clash key={one.id} clash={one} {...told} />)}
      </div>
    </section>
  );
}

type One = Omit<Told, "contradictions"> & { readonly clash: Contradiction };

function Clash({ clash, voices, chosen, choose }: One) {
  const better = clash.better_supported;
  return (
    <article class={chosen === clash.id ? "card clash chosen" : "card clash"}>
      <h4 dir="auto">{clash.topic}</h4>
      <ul>
        {sidesOf(clash).map((side) => (
          <li key={side.letter} class={better !== null && side.seats.includes(better) ? "better" : ""}>
            <Side side={side} voices={voices} better={better !== null && side.seats.includes(better)} seek={(seat) => choose(clash.id, seat)} />
          </li>
        ))}
      </ul>
      {better === null && <p class="verdict soft">Undecided: no side has clearly better evidence.</p>}
    </article>
  );
}

interface SideTold {
  readonly side: ReturnType<typeof sidesOf>[number];
  readonly voices: readonly Voice[];
  readonly better: boolean;
  readonly seek: (seat: number) => void;
}

function Side({ side, voices, better, seek }: SideTold) {
  return (
    <>
      <div class="row who">
        <b class="letter">{side.letter}</b>
        {voices.filter(({ seat }) => side.seats.includes(seat)).map(({ seat, sign, name }) => (
          <button key={seat} type="button" class="quiet holder" title="Show where it says so" onClick={() => seek(seat)}>
            <Sign seat={seat} sign={sign} />{name}
          </button>
        ))}
        {better && <span class="verdict good">✓ better supported</span>}
      </div>
      <p dir="auto">{side.text}</p>
      {side.evidence.length > 0 && <p class="evidence soft" dir="auto"><span class="label">Evidence: </span>{side.evidence.join(" · ")}</p>}
    </>
  );
}
