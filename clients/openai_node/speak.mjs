// openai-node as its users call it, on both of its protocols.
import OpenAI from "openai";
import { KEY, URL, speak } from "./speech.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });

async function whole(ask) {
  if (ask.wire === "responses") {
    const response = await client.responses.create({ model: ask.model, input: ask.question, ...ask.extra });
    return { text: response.output_text, model: response.model, cost: response.usage.cost };
  }
  const reply = await client.chat.completions.create({ model: ask.model, messages: ask.messages, ...ask.extra });
  return { text: reply.choices[0].message.content, model: reply.model, cost: reply.usage.cost };
}

async function* streamed(ask) {
  if (ask.wire === "responses") {
    for await (const event of await client.responses.create({ model: ask.model, input: ask.question, stream: true })) {
      yield event.type === "response.output_text.delta" ? event.delta : { seen: event.type };
    }
    return;
  }
  const wish = { model: ask.model, messages: ask.messages, stream: true, ...ask.extra };
  for await (const chunk of await client.chat.completions.create(wish)) {
    if (chunk.choices.length && chunk.fusion) yield { seen: chunk.fusion.type };
    yield chunk.choices[0]?.delta.content;
  }
}

await speak({ whole, streamed });
