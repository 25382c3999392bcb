"""pydantic-ai as its users call it: its model for OpenRouter on chat, its model for OpenAI on Responses."""

from collections.abc import AsyncGenerator

from openai import AsyncOpenAI
from pydantic_ai import Agent, ModelSettings
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider
from speech import KEY, URL, Ask, Seen, Told, speak


def agent(ask: Ask) -> Agent:
    """The agent that is asked."""
    settings = ModelSettings(extra_body=ask.extra) if ask.extra else None
    if ask.wire == "responses":
        provider = OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY)
        return Agent(OpenAIResponsesModel(ask.model, provider=provider), model_settings=settings)
    client = AsyncOpenAI(base_url=f"{URL}/api/v1", api_key=KEY)
    model = OpenRouterModel(ask.model, provider=OpenRouterProvider(openai_client=client))
    return Agent(model, model_settings=settings)


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    result = agent(ask).run_sync(ask.question)
    return Told(result.output, result.response.model_name)


async def streamed(ask: Ask) -> AsyncGenerator[str | Seen]:
    """Ask for an answer as a stream."""
    async with agent(ask).run_stream(ask.question) as result:
        async for text in result.stream_text(delta=True, debounce_by=None):
            yield text


speak(whole, streamed)
