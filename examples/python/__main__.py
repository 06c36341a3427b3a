"""A model, from Python. Needs the packages of requirements.txt and the generated SDK:

pip install --require-hashes --no-deps -r requirements.txt
npm install vllm-monitoring && pulumi package add ./node_modules/vllm-monitoring

requirements.txt is made from requirements.in, for Python 3.11, with
uv pip compile --generate-hashes --python-version 3.11 --no-annotate --no-header -o requirements.txt requirements.in
"""

import pulumi
import pulumi_kubernetes as k8s
import pulumi_vllm_monitoring as vllm_monitoring

serving = k8s.core.v1.Namespace("serving", metadata={"name": "serving"})

llama = vllm_monitoring.VllmDeployment(
    "llama",
    namespace=serving.metadata.name,
    owner="search",
    image="vllm/vllm-openai:v0.33.0@sha256:0000000000000000000000000000000000000000000000000000000000000330",
    model={
        "source": {
            "kind": "hub",
            "hub": {
                "id": "Qwen/Qwen2.5-0.5B-Instruct",
                "revision": "0000000000000000000000000000000000000a01",
            },
        },
    },
    replicas=2,
)

pulumi.export("endpoint", llama.endpoint)
