"""Runs a Python program with the real engine, which the SDK's Automation API starts: python run_program.py PROGRAM.

Prints the operations of an update, of a second one, and the outputs, as JSON.
"""

import json
import runpy
import sys

from pulumi import automation


def program() -> None:
    runpy.run_path(sys.argv[1], run_name="__main__")


stack = automation.create_or_select_stack(
    stack_name="python", project_name="vllm-example-python", program=program
)
first = stack.up()
second = stack.up()
print(
    json.dumps(
        {
            "first": first.summary.resource_changes,
            "second": second.summary.resource_changes,
            "outputs": {name: output.value for name, output in first.outputs.items()},
        }
    )
)
