/** Figures and times in words, the same everywhere on the page. */

/** Dollars of a string such as "0.0312": two digits from a dollar on, four below it. */
export function money(dollars: string | null): string {
  if (dollars === null) return "unknown";
  const value = Number(dollars);
  return `$${value.toFixed(value >= 1 || value === 0 ? 2 : 4)}`;
}

export function seconds(value: number | null): string {
  if (value === null) return "–";
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** The short name of a model, for narrow places; its slug is the title. */
export function short(slug: string): string {
  return slug.replace(/^~/, "").split("/").at(-1) ?? slug;
}

export function when(at: number): string {
  const date = new Date(at * 1000);
  const today = new Date().toDateString() === date.toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { year: "numeric", month: "short", day: "numeric" });
}

/** Text without signs that show all behind them in another order than it has: an address could pose as another by that. */
export const upright = (text: string) => text.replace(/[\u202D\u202E]/g, "\uFFFD");
