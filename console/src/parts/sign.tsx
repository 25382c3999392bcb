/** A seat in one or two letters and its colour, which tell seats apart where their names do not fit. */

import { initials } from "./initials";
import { short } from "../words";
import "./sign.css";

/** The letters of each seat of a panel; seats that would share them get their number, too. */
export function signsOf(models: readonly string[]): string[] {
  const letters = models.map(initials);
  return letters.map((one, seat) => (letters.filter((other) => other === one).length > 1 ? `${one[0]}${seat + 1}` : one));
}

/** The name of each seat in words; seats of the same model get their number, too. */
export function namesOf(models: readonly string[]): string[] {
  const names = models.map(short);
  return names.map((one, seat) => (names.filter((other) => other === one).length > 1 ? `${one} (seat ${seat + 1})` : one));
}

/** For those who see it only; whoever uses it says the name in words beside it. */
export function Sign({ seat, sign }: { seat: number; sign: string }) {
  return <span class={`sign hue-${seat % 8}`} aria-hidden="true">{sign}</span>;
}
