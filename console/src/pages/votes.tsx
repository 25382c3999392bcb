/** Votes. */

export function Votes() {
  return <h1>Votes</h1>;
}
