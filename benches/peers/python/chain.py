"""What the programs in Python share: the chain in numbers, and the line of figures that each prints
(`src/lib.rs` says more, and reads it)."""

import sys
import time

GAP = 1e-3  # seconds between two arrivals, on average
HOP = 0.5e-3  # seconds from one node to the next, either way
GATEWAY = 0.2e-3  # seconds of work of the gateway, which serves any number at once
STATIONS = {"a": (8, 4e-3), "b": (8, 5e-3), "db": (16, 3e-3)}  # workers, mean work in seconds


def main(run):
    """`PROGRAM [REQUESTS [RUNS]]`: `run(requests, seed)` returns latencies in seconds."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    latencies = []
    fastest = float("inf")
    for seed in range(1, runs + 1):
        start = time.process_time_ns()
        seen = run(requests, seed)
        fastest = min(fastest, (time.process_time_ns() - start) / len(seen))
        latencies.extend(seen)
    latencies.sort()
    count = len(latencies)
    print(
        f"requests {count} mean {sum(latencies) / count * 1e3:.3f}"
        f" p50 {latencies[count // 2] * 1e3:.2f} p99 {latencies[count * 99 // 100] * 1e3:.2f}"
        f" ns {fastest:.1f}"
    )
