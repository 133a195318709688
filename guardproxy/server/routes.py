"""The guarded routes: one endpoint for each dialect. Shared by the proxy and by the middleware."""

from __future__ import annotations

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.server.closing import Closing
from guardproxy.server.embeddings import EmbeddingsEndpoint
from guardproxy.server.endpoint import Endpoint, Names
from guardproxy.server.upstream import Asked
from guardproxy.wire.dialects import codecs
from guardproxy.wire.embeddings import Embeddings


def paths() -> frozenset[str]:
    """The paths of all guarded routes."""
    return frozenset((*(codec.route for codec in codecs()), Embeddings().route))


def endpoints(
    settings: Settings, guard: Guard, upstream: Asked, models: Names, closing: Closing
) -> dict[str, Endpoint]:
    """Every guarded route, by path."""
    extra = frozenset(settings.parameters)
    made = [Endpoint(codec, settings, guard, upstream, models, closing) for codec in codecs(extra)]
    made.append(EmbeddingsEndpoint(Embeddings(extra), settings, guard, upstream, models, closing))
    return {one.codec.route: one for one in made}
