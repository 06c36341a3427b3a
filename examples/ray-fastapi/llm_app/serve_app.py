"""The same application under Ray Serve: import path `llm_app.serve_app:deployment`.

Replicas are processes on several pods, and the Serve proxy sends /metrics to any of them. Prometheus must not scrape
through it: each scrape would read the replicas of one pod or another. So each replica also listens on METRICS_PORT of its
own pod. The kernel gives a connection to one of the replicas there, and each answers for all of its pod.
"""

import os
import socket
import threading

import uvicorn
from ray import serve

from .app import create_app
from .metrics import metrics_app

METRICS_PORT = int(os.environ.get("LLM_APP_METRICS_PORT", "9464"))


class _Replica:
    def __init__(self) -> None:
        listener = socket.create_server(("0.0.0.0", METRICS_PORT), reuse_port=True)
        config = uvicorn.Config(metrics_app(), lifespan="off", access_log=False, log_level="warning")
        # In a thread, where uvicorn leaves the signals to Ray.
        threading.Thread(target=uvicorn.Server(config).run, args=([listener],), daemon=True).start()


LlmApp = serve.deployment(max_ongoing_requests=128)(serve.ingress(create_app())(_Replica))

deployment = LlmApp.bind()
