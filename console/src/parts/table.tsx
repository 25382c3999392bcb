/** A table that reads as cards where there is no room for columns, and says the same to a screen reader either way. */

import type { ComponentChildren } from "preact";
import "./table.css";

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly kind?: "lead" | "figure" | "tool";
  /** `lead` names its row, `figure` holds a number, `tool` something to press, whose heading only screen readers need. */
  readonly place?: string;
  /** Where the cell goes in a card; the style sheet of the page lays these places out. */
}

interface Told<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly id: (row: T) => string;
  readonly cards?: boolean;
}

// The roles are spelled out, since some browsers forget a table's meaning once it is laid out as cards.
export function Table<T>({ caption, columns, rows, id, cards = false }: Told<T>) {
  return (
    <table role="table" class={cards ? "listing cards" : "listing"}>
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">{columns.map((column) => <Heading key={column.name} {...column} />)}</tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" key={id(row)}>
            {columns.map((column) => <Cell key={column.name} column={column} row={row} />)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const classes = <T,>({ kind, place }: Column<T>) => `${kind ?? ""} ${place ?? ""}`.trim();

function Heading<T>(column: Column<T>) {
  const { name, kind } = column;
  return (
    <th role="columnheader" scope="col" class={classes(column)}>
      {kind === "tool" ? <span class="unseen">{name}</span> : name}
    </th>
  );
}

function Cell<T>({ column, row }: { column: Column<T>; row: T }) {
  const told = { class: classes(column) };
  if (column.kind === "lead") return <th role="rowheader" scope="row" {...told}>{column.cell(row)}</th>;
  return <td role="cell" {...told}>{column.cell(row)}</td>;
}
