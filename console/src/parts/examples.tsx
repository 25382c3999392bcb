/** Questions of the kinds that gain most from several models, to begin with. */

import { eager, prompt } from "../draft";
import "./examples.css";

const EXAMPLES: readonly (readonly [kind: string, title: string, text: string])[] = [
  [
    "Deep research", "Hydrogen in salt caverns",
    "What is known today about storing hydrogen in salt caverns for a season or longer? Which sites operate, what does a stored kilowatt-hour cost there, how much leaks, and where do the studies disagree? Give the source and the year of every figure, and say which figures are estimates.",
  ],
  [
    "Compare", "Three ways to grow a database",
    "Our booking service runs on one PostgreSQL server with 40 million rows and grows by half each year. Compare staying on one larger server, splitting the data by customer, and moving to a distributed SQL database. Judge the cost over three years, the work for a team of four, and what goes wrong most often. End with a recommendation and with what would change it.",
  ],
  [
    "Expert critique", "A plan before it goes live",
    "Read this plan as three sceptics would: one from security, one from operations, one from the legal side. Customers upload spreadsheets, a language model turns them into invoices, and the invoices are sent without a person looking. Say first what is wrong, then what is missing, then describe the smallest version that you would let go live, and how we would notice that it fails.",
  ],
  [
    "Several fields", "Waste heat for a town",
    "A town of 30,000 people wants to heat its centre for 25 years with the waste heat of a data centre four kilometres away. What has to hold in engineering, in money, in contracts and in planning law for that to work? Which of these breaks first if the data centre closes after ten years, and what should stand in the contract today because of it?",
  ],
];

/** Gone as soon as there is a question of one's own, which a press here would overwrite. */
export function Examples() {
  if (prompt.value && !EXAMPLES.some(([, , text]) => text === prompt.value)) return null;
  const begin = (text: string) => {
    prompt.value = text;
    eager.value = true;
  };
  return (
    <section class="examples" aria-labelledby="examples">
      <h2 id="examples">To begin with</h2>
      <ul>
        {EXAMPLES.map(([kind, title, text]) => (
          <li key={kind}>
            <button type="button" onClick={() => begin(text)}>
              <span class="soft">{kind}</span><span>{title}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
