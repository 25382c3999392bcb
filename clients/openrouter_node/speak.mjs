// OpenRouter's own SDK for Node, with the time limits and retries that it comes with.
import { OpenRouter } from "@openrouter/sdk";
import { KEY, URL, speak } from "./speech.mjs";

const client = new OpenRouter({ serverURL: `${URL}/api/v1`, apiKey: KEY });

// The SDK spells names in its own way, and turns them into those of the wire.
const camel = (value) =>
  Array.isArray(value)
    ? value.map(camel)
    : value && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value).map(([name, inner]) => [
            name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
            camel(inner),
          ]),
        )
      : value;

async function whole(ask) {
  const extra = camel(ask.extra);
  if (ask.wire === "responses") {
    const response = await client.responses.send({
      responsesRequest: { model: ask.model, input: ask.question, ...extra },
    });
    const messages = response.output.filter((item) => item.type === "message");
    const text = messages.flatMap((message) => message.content.map((part) => part.text)).join("");
    return { text, model: response.model, cost: response.usage.cost };
  }
  const reply = await client.chat.send({ chatRequest: { model: ask.model, messages: ask.messages, ...extra } });
  return { text: reply.choices[0].message.content, model: reply.model, cost: reply.usage.cost };
}

async function* streamed(ask) {
  if (ask.wire === "responses") {
    const wish = { model: ask.model, input: ask.question, stream: true };
    for await (const event of await client.responses.send({ responsesRequest: wish })) {
      yield event.type === "response.output_text.delta" ? event.delta : { seen: event.type };
    }
    return;
  }
  const wish = { model: ask.model, messages: ask.messages, stream: true };
  for await (const chunk of await client.chat.send({ chatRequest: wish })) {
    yield chunk.choices[0]?.delta.content;
  }
}

await speak({ whole, streamed });
