"""The FastAPI application: completions, health and metrics."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.routing import Route

from . import metrics
from .engine import Engine, create_engine


class CompletionRequest(BaseModel):
    prompt: str = Field(max_length=100_000)
    max_tokens: int = Field(default=16, ge=1, le=4096)
    stream: bool = False


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_engine(metrics.BATCH_SIZE.observe)
    await engine.start()
    app.state.engine = engine
    try:
        yield
    finally:
        await engine.stop()


def create_app() -> FastAPI:
    """One application per process."""
    app = FastAPI(lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(metrics.MetricsMiddleware)
    # A route, not a mount: a mount would answer /metrics with a redirect to /metrics/.
    app.router.routes.append(Route("/metrics", endpoint=_MetricsEndpoint()))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/completions", response_model=None)
    async def completions(request: Request, body: CompletionRequest) -> StreamingResponse | dict[str, object]:
        tokens = _measured(request.app.state.engine, body)
        if body.stream:
            return StreamingResponse(_events(tokens), media_type="text/event-stream")
        text = " ".join([token async for token in tokens])
        return {"object": "text_completion", "choices": [{"index": 0, "text": text, "finish_reason": "length"}]}

    return app


class _MetricsEndpoint:
    """The metrics' ASGI application as the endpoint of a route: Starlette would call a function with a request instead.

    It is made at the first scrape, because under Ray the application comes from another process, with another environment.
    """

    def __init__(self) -> None:
        self._app = None

    async def __call__(self, scope, receive, send) -> None:
        if self._app is None:
            self._app = metrics.metrics_app()
        await self._app(scope, receive, send)


async def _measured(engine: Engine, body: CompletionRequest) -> AsyncIterator[str]:
    start = time.perf_counter()
    first = last = start
    count = 0
    metrics.PROMPT_TOKENS.inc(len(body.prompt.split()))
    try:
        async for token in engine.generate(body.prompt, body.max_tokens):
            last = time.perf_counter()
            if count == 0:
                first = last
                metrics.FIRST_TOKEN.observe(first - start)
            count += 1
            # One by one, so that the rate is even while a long answer is written.
            metrics.GENERATED_TOKENS.inc()
            yield token
    finally:
        if count > 1 and last > first:
            metrics.TOKEN_RATE.observe((count - 1) / (last - first))


async def _events(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    async for token in tokens:
        yield f"data: {json.dumps({'choices': [{'index': 0, 'text': token}]})}\n\n"
    yield "data: [DONE]\n\n"
