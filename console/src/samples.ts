/** A wish as code: the same request to `/v1/chat/completions`, for a shell, Python and JavaScript. */

import type { Wish } from "./api";

export type Language = "curl" | "Python" | "JavaScript";
export const LANGUAGES: readonly Language[] = ["curl", "Python", "JavaScript"];

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The request in a language. Where the server wants no key, the clients still want a word in its place. */
export function sample(language: Language, wish: Wish, origin: string, keyed: boolean): string {
  switch (language) {
    case "curl":
      return curl(wish, origin, keyed);
    case "Python":
      return python(wish, origin, keyed);
    case "JavaScript":
      return javascript(wish, origin, keyed);
  }
}

function messages(wish: Wish): Json {
  return [...(wish.system ? [{ role: "system", content: wish.system }] : []), { role: "user", content: wish.prompt }];
}

function plugins(wish: Wish): Json {
  const told: Record<string, Json | undefined> = {
    id: "fusion", preset: wish.preset, analysis_models: wish.panel, model: wish.analyst, writer: wish.writer,
    tools: wish.tools === "off" ? [] : undefined, collections: wish.collections, max_cost: wish.max_cost,
    max_completion_tokens: wish.max_tokens, deadline_s: wish.deadline_s,
    repair: wish.repair ? "on" : undefined, panel_only: wish.stop_after_panel,
  };
  return [Object.fromEntries(Object.entries(told).filter((one): one is [string, Json] => one[1] !== undefined))];
}

function curl(wish: Wish, origin: string, keyed: boolean): string {
  const body = json({ model: "fuseline/fusion", messages: messages(wish), plugins: plugins(wish) });
  const key = keyed ? `  -H "Authorization: Bearer $FUSELINE_KEY" \\\n` : "";
  const quoted = body.replaceAll("'", `'\\''`);
  return `curl ${origin}/v1/chat/completions \\
${key}  -H 'Content-Type: application/json' \\
  -d '${quoted}'`;
}

function python(wish: Wish, origin: string, keyed: boolean): string {
  const key = keyed ? `os.environ["FUSELINE_KEY"]` : `"none"`;
  return `${keyed ? "import os\n\n" : ""}from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=${key})
reply = client.chat.completions.create(
    model="fuseline/fusion",
    messages=${literal(messages(wish), "    ")},
    extra_body={"plugins": ${literal(plugins(wish), "    ")}},
)
print(reply.choices[0].message.content)`;
}

function javascript(wish: Wish, origin: string, keyed: boolean): string {
  const key = keyed ? "process.env.FUSELINE_KEY" : `"none"`;
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: ${key} });
const reply = await client.chat.completions.create({
  model: "fuseline/fusion",
  messages: ${json(messages(wish), "  ")},
  plugins: ${json(plugins(wish), "  ")},
});
console.log(reply.choices[0].message.content);`;
}

function json(value: Json, indent = ""): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
}

/** A value as Python writes it. */
function literal(value: Json, indent: string): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const listed = Array.isArray(value);
  const items = listed
    ? (value as readonly Json[]).map((one) => literal(one, deeper))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one as Json, deeper)}`);
  const [left, right] = listed ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return left + right;
  return `${left}\n${items.map((item) => `${deeper}${item},`).join("\n")}\n${indent}${right}`;
}
