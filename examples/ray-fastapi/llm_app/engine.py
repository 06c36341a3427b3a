"""The model behind the application: one batch for all requests of a process, one token for each per step.

`create_engine` is the one place to change for a real model. This one needs no GPU, so that the example runs anywhere: it
answers with the words of the prompt, in turn, and batches as an engine with continuous batching does.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field


@dataclass
class _Sequence:
    words: list[str]
    remaining: int
    tokens: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    position: int = 0


class Engine:
    """Runs every waiting request in one batch of at most `max_batch_size`."""

    def __init__(self, step_seconds: float, max_batch_size: int, on_step: Callable[[int], None]) -> None:
        self._step_seconds = step_seconds
        self._max_batch_size = max_batch_size
        self._on_step = on_step
        self._sequences: list[_Sequence] = []
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def generate(self, prompt: str, max_tokens: int) -> AsyncIterator[str]:
        """Yields tokens as they are made; a caller that goes away leaves the batch."""
        sequence = _Sequence(prompt.split() or [""], max_tokens)
        self._sequences.append(sequence)
        self._work.set()
        try:
            while (token := await sequence.tokens.get()) is not None:
                yield token
        finally:
            if sequence in self._sequences:
                self._sequences.remove(sequence)

    async def _run(self) -> None:
        while True:
            if not self._sequences:
                self._work.clear()
                await self._work.wait()
            batch = self._sequences[: self._max_batch_size]
            self._on_step(len(batch))
            await asyncio.sleep(self._step_seconds)
            for sequence in batch:
                sequence.tokens.put_nowait(sequence.words[sequence.position % len(sequence.words)])
                sequence.position += 1
                sequence.remaining -= 1
                if sequence.remaining == 0:
                    sequence.tokens.put_nowait(None)
                    # The caller may have gone meanwhile, and taken it out.
                    if sequence in self._sequences:
                        self._sequences.remove(sequence)


def create_engine(on_step: Callable[[int], None]) -> Engine:
    """The engine of this process. `on_step` is told the size of each batch."""
    step_seconds = float(os.environ.get("LLM_APP_STEP_SECONDS", "0.005"))
    max_batch_size = int(os.environ.get("LLM_APP_MAX_BATCH_SIZE", "64"))
    return Engine(step_seconds, max_batch_size, on_step)
