"""simpy 4.1: a process per request, a `Resource` per station, `timeout` for hops and work, as its
documentation models a bank or a car wash. Draws by the standard library's `random`, as there.

Left out: monitoring."""

import random

import chain
import simpy


def request(env, gateway_to_db, draw, latencies):
    since = env.now
    yield env.timeout(chain.HOP)
    yield env.timeout(chain.GATEWAY)
    for station, mean in gateway_to_db:
        yield env.timeout(chain.HOP)
        with station.request() as worker:
            yield worker
            yield env.timeout(draw(1 / mean))
    for _ in range(len(gateway_to_db) + 1):
        yield env.timeout(chain.HOP)
    latencies.append(env.now - since)


def client(env, requests, gateway_to_db, draw, latencies):
    for _ in range(requests):
        yield env.timeout(draw(1 / chain.GAP))
        env.process(request(env, gateway_to_db, draw, latencies))


def run(requests, seed):
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    stations = [(simpy.Resource(env, workers), mean) for workers, mean in chain.STATIONS.values()]
    latencies = []
    env.process(client(env, requests, stations, draw, latencies))
    env.run()
    return latencies


chain.main(run)
