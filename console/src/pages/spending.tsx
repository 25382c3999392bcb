/** Spending. */

export function Spending() {
  return <h1>Spending</h1>;
}
