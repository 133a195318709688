"""The guarded routes: one endpoint for each dialect. Shared by the proxy and by the middleware."""

from __future__ import annotations

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approvals
from guardproxy.server.closing import Closing
from guardproxy.server.destinations import Destinations
from guardproxy.server.embeddings import EmbeddingsEndpoint
from guardproxy.server.endpoint import Endpoint, Names
from guardproxy.server.quota import Quotas
from guardproxy.wire.dialects import codecs
from guardproxy.wire.embeddings import Embeddings


def paths() -> frozenset[str]:
    """The paths of all guarded routes."""
    return frozenset((*(codec.route for codec in codecs()), Embeddings().route))


def endpoints(
    settings: Settings,
    upstreams: Destinations,
    models: Names,
    closing: Closing,
    approvals: Approvals | None = None,
    quotas: Quotas | None = None,
) -> dict[str, Endpoint]:
    """Every guarded route, by path. `approvals`: where replies wait for a person."""
    extra = frozenset(settings.parameters)
    shared = (settings, upstreams, models, closing, approvals, None, None, quotas)
    made = [Endpoint(codec, *shared) for codec in codecs(extra)]
    made.append(EmbeddingsEndpoint(Embeddings(extra), *shared))
    return {one.codec.route: one for one in made}
