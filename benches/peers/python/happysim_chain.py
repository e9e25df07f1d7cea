"""happysim 0.2: `Source.poisson`, a `Server` per node and a `NetworkLink` per hop, each forwarding to
the next, into a `Sink` that knows the latencies, as its quick start does it. The gateway is a server
of more workers than there are requests; an answer passes four links in a row.

Left out: probes, and the visual debugger. The library logs nothing unless asked to."""

import random

import chain
from happysimulator import ConstantLatency, ExponentialLatency, Instant, NetworkLink, Server
from happysimulator import Simulation, Sink, Source


def run(requests, seed):
    random.seed(seed)
    sink = Sink()
    entities = [sink]

    def link(name, egress):
        entities.append(NetworkLink(name, latency=ConstantLatency(chain.HOP), egress=egress))
        return entities[-1]

    def server(name, workers, work, downstream):
        entities.append(Server(name, concurrency=workers, service_time=work, downstream=downstream))
        return entities[-1]

    below = sink
    for name in ["client", "gateway", "a", "b"]:
        below = link(f"to {name}", below)
    for name, (workers, mean) in reversed(chain.STATIONS.items()):
        below = link(f"at {name}", server(name, workers, ExponentialLatency(mean), below))
    gateway = server("gateway", requests, ConstantLatency(chain.GATEWAY), below)
    first = link("at gateway", gateway)

    span = requests * chain.GAP
    source = Source.poisson(rate=1 / chain.GAP, target=first, stop_after=span)
    end = Instant.from_seconds(span + 10)
    Simulation(sources=[source], entities=entities, end_time=end).run()
    return sink.latencies_s


chain.main(run)
