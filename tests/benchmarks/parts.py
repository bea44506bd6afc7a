"""All parts of the benchmark, in the order in which they are measured."""

from __future__ import annotations

from tests.benchmarks.bytes_a_tick import BYTES
from tests.benchmarks.capture import CAPTURE
from tests.benchmarks.filtering import FILTERING
from tests.benchmarks.fleet import FLEET
from tests.benchmarks.flows import FLOWS
from tests.benchmarks.frames import FRAMES
from tests.benchmarks.growth import GROWTH
from tests.benchmarks.idle import IDLE
from tests.benchmarks.keys import KEYS
from tests.benchmarks.memory import MEMORY
from tests.benchmarks.once import ONE_SNAPSHOT
from tests.benchmarks.peers import PEERS_BESIDE
from tests.benchmarks.recording import RECORDING
from tests.benchmarks.start import START
from tests.benchmarks.ticks import STEADY_TICKS
from tests.benchmarks.trace import TRACE

PARTS = (
    ONE_SNAPSHOT,
    STEADY_TICKS,
    MEMORY,
    START,
    FRAMES,
    KEYS,
    FLEET,
    BYTES,
    IDLE,
    GROWTH,
    PEERS_BESIDE,
    CAPTURE,
    TRACE,
    FLOWS,
    RECORDING,
    FILTERING,
)
