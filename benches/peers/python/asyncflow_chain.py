"""asyncflow-sim 0.1: the builder `AsyncFlow` with servers and edges, as its quick start does it.

It has no random work: a step of an endpoint takes a constant time. But a server picks one of its
endpoints at random for each request, so a server of a thousand endpoints, each with the mean of one
thousandth of the exponential distribution, works as good as exponentially. The gateway's step is
I/O, which needs no core. An answer goes from the last server to the client over one edge (there are
no others), so that it takes one hop of 2 ms instead of four of 0.5 ms; and a constant latency is a
normal one of variance 0. The generator has an edge to the client, of next to nothing. The number of
users, and with it the rate, is drawn anew each minute: many users make that next to constant.

Left out: what can be left out of its metrics (all are mandatory; the sampling period is the longest
allowed), and its own analysis of the results. It takes no seed."""

import math

import chain
import simpy
from asyncflow import AsyncFlow
from asyncflow.components import Client, Edge, Endpoint, Server
from asyncflow.runtime.simulation_runner import SimulationRunner
from asyncflow.settings import SimulationSettings
from asyncflow.workload import RqsGenerator

SLICES = 1_000
USERS = 1_000_000


def exponential(mean):
    """The means of `SLICES` slices of the exponential distribution, each as probable as the others."""

    def above(x):  # integral of t / mean * exp(-t / mean) from x on
        return 0.0 if math.isinf(x) else (x + mean) * math.exp(-x / mean)

    edges = [-mean * math.log1p(-i / SLICES) for i in range(SLICES)] + [math.inf]
    return [(above(low) - above(high)) * SLICES for low, high in zip(edges, edges[1:])]


def server(name, cores, kind, what, times):
    endpoints = [
        Endpoint(endpoint_name=str(i), steps=[{"kind": kind, "step_operation": {what: time}}])
        for i, time in enumerate(times)
    ]
    return Server(id=name, server_resources={"cpu_cores": cores}, endpoints=endpoints)


def edge(source, target, latency):
    latency = {"mean": latency, "distribution": "normal", "variance": 0}
    name = f"{source}-{target}"
    return Edge(id=name, source=source, target=target, latency=latency, dropout_rate=0)


SERVERS = [server("gateway", 1, "io_wait", "io_waiting_time", [chain.GATEWAY])] + [
    server(name, workers, "cpu_bound_operation", "cpu_time", exponential(mean))
    for name, (workers, mean) in chain.STATIONS.items()
]


def run(requests, _seed):
    nodes = ["client", "gateway", *chain.STATIONS]
    edges = [edge(source, target, chain.HOP) for source, target in zip(nodes, nodes[1:])]
    edges += [edge("generator", "client", 1e-9), edge(nodes[-1], "client", 4 * chain.HOP)]
    per_minute = 60 / chain.GAP / USERS
    payload = (
        AsyncFlow()
        .add_generator(
            RqsGenerator(
                id="generator",
                avg_active_users={"mean": USERS},
                avg_request_per_minute_per_user={"mean": per_minute},
            )
        )
        .add_client(Client(id="client"))
        .add_servers(*SERVERS)
        .add_edges(*edges)
        .add_simulation_settings(
            SimulationSettings(
                total_simulation_time=max(5, round(requests * chain.GAP)), sample_period_s=0.1
            )
        )
        .build_payload()
    )
    results = SimulationRunner(env=simpy.Environment(), simulation_input=payload).run()
    results.process_all_metrics()
    return results.latencies


chain.main(run)
