"""One busy mediator, against the same redemptions spread over all mediators; 16 clients.

Both sides are pgbench with the application's statements (benchmarks.statements) on the real
schema, with commit_delay=2000: commits that wait for each other a moment are flushed together. If
anything in a redemption were locked by mediator, the busy one would be slower.
"""

from benchmarks import statements
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, in_turn

CLIENTS = 16
TARGET = 0.8


def measure(bench: Bench) -> list[Figure]:
    """The rate at one mediator as a share of the rate at many."""
    each = bench.sizes.redemptions
    heard = statements.one_redemption(bench)
    with bench.circulating() as (name, world):
        bench.cluster.execute(f'alter database "{name}" set commit_delay = 2000')
        taken = iter(range(world.passes_by_http, world.passes, CLIENTS * each))

        def rate(mediators: int) -> float:
            return bench.cluster.pgbench(
                name,
                heard.script(mediators=mediators),
                clients=CLIENTS,
                transactions=each,
                variables={"first": next(taken), "stride": each, "n": 0},
            )

        pairs = in_turn(
            lambda: rate(1), lambda: rate(bench.sizes.mediators), times=bench.sizes.pairs
        )
    return [
        Figure(
            f"one mediator / {bench.sizes.mediators} mediators, {CLIENTS} clients",
            pairs.ratio,
            target=at_least(TARGET),
            remark=f"{pairs.said('redemptions/s')}; commit_delay=2000",
        )
    ]
