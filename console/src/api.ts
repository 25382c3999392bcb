/** How the page speaks with the server: the shapes of `/console/api`, one function for each route, errors as one type. */

import { upright } from "./words";

export interface Source { url: string; title: string }
export interface Citation extends Source { start: number; end: number; excerpt: string }

export interface Call {
  id: string; role: "outer" | "panel" | "analyst" | "writer"; seat: number | null; model: string; served_by: string;
  started_at: number; duration_s: number | null; ttft_s: number | null; cost: string | null; cost_source: string;
  tokens_in: number | null; tokens_out: number | null; finish_reason: string; error: string;
}

export interface Lookup {
  kind: "search" | "fetch"; role: string; seat: number | null; asked: string; engine: string; verdict: string;
  sources: Source[]; bytes: number; duration_s: number; cost: string; started_at: number;
}

export type SeatState = "waiting" | "thinking" | "looking" | "writing" | "done" | "failed" | "kept";

export interface Seat {
  seat: number; model: string; state: SeatState; content: string; preamble: string; reasoning: string;
  error: string; reason: string; truncated: boolean; sources: Source[];
}

export interface Claim {
  id: string; kind: "consensus" | "partial" | "unique"; text: string; seats: number[]; quote: string; urls: string[];
}
export interface Stance { seat: number; text: string; evidence: string }
export interface Contradiction { id: string; topic: string; stances: Stance[]; better_supported: number | null }
export interface Analysis { claims: Claim[]; contradictions: Contradiction[]; blind_spots: string[]; warnings: string[] }

export interface Support { seat: number; model: string; score: number; start: number; end: number }
export interface Sentence {
  start: number; end: number; standing: "single" | "shared" | "none" | "unsure"; margin: number; supports: Support[];
}
export interface Flag { kind: "new_number" | "unknown_url"; text: string; start: number; end: number }
export interface Dropped { seat: number; text: string; start: number; end: number; claim: string }
export interface Provenance { sentences: Sentence[]; flags: Flag[]; dropped: Dropped[]; carried: number; shares: number[] }

export type RunStatus = "running" | "completed" | "failed" | "cancelled";

/** A run as lists show it. */
export interface Header {
  id: string; title: string; prompt: string; status: RunStatus; created_at: number; finished_at: number | null;
  cost: string; cost_known: boolean; panel: string[]; preset: string; model: string; starred: boolean;
  degraded: string; error: string; error_kind: string; parent: string | null;
}

/** Everything that is kept of a run. */
export interface Run extends Header {
  seats: Seat[]; analyst: string; analysis: Analysis | null; analysis_failure: string;
  writer: string; answer: string; citations: Citation[]; provenance: Provenance | null;
  calls: Call[]; lookups: Lookup[]; warnings: string[]; votes: Vote[];
  /** What was asked, in the form in which it can be asked again; `null` where that is not kept. */
  request: Wish | null;
  /** What goes along with it that a wish has no words for. */
  carried: string[];
  /** Why it cannot be repeated exactly, or empty. */
  unrepeatable: string;
}

/** An event of a run as the server has kept it, in a line. */
export interface Kept { n: number; at: number; kind: string; brief: string; size: number }

/** A piece of what somebody says. */
export type Piece = { type: "seat.delta" | "seat.reasoning"; seat: number; text: string } | { type: "answer.delta" | "answer.reasoning"; text: string };

/** What happens in a run, each with its number, from which a page that was away goes on. */
export type RunEvent = { n: number; at: number } & (
  | { type: "started"; run: Header; seats: string[] }
  | { type: "seat.joined"; seat: number; model: string }
  | { type: "seat.delta"; seat: number; text: string }
  | { type: "seat.reasoning"; seat: number; text: string }
  | { type: "seat.tool"; seat: number; name: string; arguments: string }
  | { type: "lookup"; lookup: Lookup }
  | { type: "seat.done"; seat: Seat }
  | { type: "analysis.started"; model: string }
  | { type: "analysis.made"; analysis: Analysis }
  | { type: "analysis.failed"; reason: string }
  | { type: "writer.started"; model: string }
  | { type: "answer.delta"; text: string }
  | { type: "answer.reasoning"; text: string }
  | { type: "words"; said: Piece[] }
  | { type: "call.settled"; call: Call }
  | { type: "finished"; run: Run }
  | { type: "failed"; run: Run; error: string; kind: string }
);

export interface Preset {
  name: string; title: string; panel: string[]; analyst: string; writer: string; default: boolean; warning: string;
}
export interface Model {
  slug: string; endpoint: string; context: number | null; max_output: number | null;
  price_in: string | null; price_out: string | null; tools: boolean; thinks: boolean;
}
export interface Desk {
  presets: Preset[]; models: Model[]; problem: { message: string; next: string } | null;
  engines: string[]; collections: string[]; seats: number;
}
export interface Wish {
  prompt: string; preset?: string; panel?: string[]; analyst?: string; writer?: string; tools?: "on" | "off";
  max_cost?: number; max_tokens?: number; deadline_s?: number; stop_after_panel?: boolean; repair?: boolean; system?: string; collections?: string[];
  /** A run whose conversation and settings go along, as far as nothing else is said. */
  like?: string;
  /** Answers of a run that are taken as they are. */
  given?: { run: string; seats: number[] };
}
export interface Refusion {
  writer?: string; analyst?: string; keep?: number[]; edits?: Record<string, string>; note?: string;
}
export interface Estimate {
  calls: number; low: string | null; high: string | null; unknown: string[];
  single: { slug: string; low: string; high: string } | null;
}
export interface Session { auth: "open" | "key"; signed_in: boolean; csrf: string | null; version: string }
export interface Side { run: string; seat: number | null }
export type Choice = "left" | "right" | "tie" | "neither";
export interface Vote { id: string; at: number; left: Side; right: Side; choice: Choice }
export interface Rate { name: string; wins: number; losses: number; ties: number; rate: number | null; low: number; high: number }
export interface Rates { votes: number; by_preset: Rate[]; by_panelist: Rate[]; by_writer: Rate[] }
export interface Sum { name: string; cost: string; calls: number }
export interface Spend {
  today: string; month: string; by_model: Sum[]; by_role: Sum[]; by_day: { day: string; cost: string }[];
  fused: { runs: number; cost: string; single_cost: string };
}
export interface Filter {
  search?: string; status?: RunStatus | ""; model?: string; error?: string; starred?: boolean;
  before?: number; before_id?: string; limit?: number;
}

/** A refusal of the server, in its own words. */
export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly kind: string, readonly param = "") {
    super(message);
  }
}

const ROOT = "/console/api";
let csrf = "";

/** Ask once; where the server was started anew, so that our token is old, ask for a new one and once more. */
async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  try {
    return await ask<T>(method, path, body);
  } catch (error) {
    if (!(error instanceof Refused && error.kind === "csrf" && method !== "GET")) throw error;
    await api.session();
    return ask<T>(method, path, body);
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Fuseline-CSRF"] = csrf;
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(0, "The server does not answer. Is fuseline still running?", "unreachable");
  }
  const told: unknown = response.status === 204 ? null : await response.text().then(upright).then(JSON.parse).catch(() => null);
  if (!response.ok) {
    const error = (told as { error?: { message?: string; kind?: string; param?: string } } | null)?.error;
    throw new Refused(response.status, error?.message ?? `The server answered ${response.status}.`, error?.kind ?? "", error?.param ?? "");
  }
  return told as T;
}

const at = (id: string) => `/runs/${encodeURIComponent(id)}`;

export const api = {
  async session(): Promise<Session> {
    const told = await call<Session>("GET", "/session");
    csrf = told.csrf ?? "";
    return told;
  },
  async signIn(key: string): Promise<Session> {
    const told = await call<Session>("POST", "/session", { key });
    csrf = told.csrf ?? "";
    return told;
  },
  signOut: () => call<null>("DELETE", "/session"),
  desk: () => call<Desk>("GET", "/desk"),
  estimate: (wish: Wish) => call<Estimate>("POST", "/estimate", wish),
  ask: (wish: Wish) => call<{ id: string }>("POST", "/runs", wish),
  stop: (id: string) => call<null>("POST", `${at(id)}/stop`, {}),
  fuse: (id: string, wish: Refusion) => call<{ id: string }>("POST", `${at(id)}/fuse`, wish),
  run: (id: string) => call<Run>("GET", at(id)),
  runs(filter: Filter): Promise<{ runs: Header[]; more: boolean }> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
    return call("GET", `/runs?${query}`);
  },
  record: (id: string) => call<{ events: Kept[] }>("GET", `${at(id)}/record`),
  recorded: (id: string, n: number) => call<{ body: unknown }>("GET", `${at(id)}/record/${n}`),
  mark: (id: string, marks: { title?: string; starred?: boolean }) => call<Header>("PATCH", at(id), marks),
  remove: (id: string) => call<null>("DELETE", at(id)),
  exported: (id: string, format: "md" | "json" | "html") => `${ROOT}${at(id)}/export?format=${format}`,
  /** Several runs as files in one archive. */
  bundled: (ids: readonly string[], format: "md" | "json" | "html") =>
    `${ROOT}/export?${new URLSearchParams([["format", format], ...ids.map((id) => ["run", id])])}`,
  vote: (run: string, left: Side, right: Side, choice: Choice) => call<Vote>("POST", "/votes", { run, left, right, choice }),
  rates: () => call<Rates>("GET", "/votes/summary"),
  spend: (days: number) => call<Spend>("GET", `/spend?days=${days}`),
  events: (id: string, after: number) => new EventSource(`${ROOT}${at(id)}/events?after=${after}`),
};
