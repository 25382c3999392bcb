/** The limits that somebody may set for a run: what each is called, and which figures it takes. */

export type Limit = "max_cost" | "max_tokens" | "deadline_s";

interface Bounds {
  readonly label: string;
  readonly usual: string;
  /** What holds where nothing is said. */
  readonly whole: boolean;
  readonly most: number;
  readonly wrong: string;
}

export const LIMITS: Readonly<Record<Limit, Bounds>> = {
  max_cost: {
    label: "Cost (US dollars)", usual: "no limit", whole: false, most: 1_000_000, wrong: "Give dollars above zero, such as 0.50.",
  },
  deadline_s: {
    label: "Time (seconds)", usual: "no limit", whole: false, most: 3600, wrong: "Give seconds, at most 3600.",
  },
  max_tokens: {
    label: "Tokens of each seat", usual: "16000", whole: true, most: 10_000_000, wrong: "Give a whole number of tokens, such as 8000.",
  },
};
export const NAMES = Object.keys(LIMITS) as Limit[];
export const NONE: Readonly<Record<Limit, string>> = { max_cost: "", deadline_s: "", max_tokens: "" };

/** The figure of a limit; `null` where none is set, and where what is written is none. */
export function figureOf(limit: Limit, text: string): number | null {
  const { whole, most } = LIMITS[limit];
  const figure = Number(text);
  return text.trim() && figure > 0 && figure <= most && (!whole || Number.isInteger(figure)) ? figure : null;
}

/** What is wrong with the limits as they are written. */
export function mistakenIn(texts: Readonly<Record<Limit, string>>): Partial<Record<Limit, string>> {
  const wrong = NAMES.filter((one) => texts[one].trim() && figureOf(one, texts[one]) === null);
  return Object.fromEntries(wrong.map((one) => [one, LIMITS[one].wrong]));
}
