"""The look-up of endpoints: who would be asked for the models of the list."""

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.doors.http.lookups.shapes import Shown, reply


class Provider(Shown):
    """An endpoint that can be called. Its operator's papers are not known here."""

    name: str
    slug: str
    privacy_policy_url: None = None
    terms_of_service_url: None = None
    status_page_url: None = None
    headquarters: None = None
    datacenters: None = None


class ProvidersReply(Shown):
    """The endpoints that can be called."""

    data: list[Provider]


async def list_providers(house: House, request: HTTPRequest) -> Response:
    """List the endpoints that serve the models of the list."""
    titles = {model.endpoint.name: model.endpoint.title for model in house.catalog.reachable()}
    return reply(ProvidersReply(data=[Provider(name=titles[slug] or slug, slug=slug) for slug in titles]))
