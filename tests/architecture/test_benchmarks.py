"""The benchmarks still run: every figure is there, with toy sizes, so its value means nothing."""

from collections.abc import Iterator

import pytest

from benchmarks import (
    allocation,
    arrival,
    batch,
    clearing,
    hot_mediator,
    printing,
    redemption,
    register,
    report_pages,
    role_pages,
    sealing,
    serials,
    takeover,
)
from benchmarks.bench import TOY, Bench
from benchmarks.figures import Bound, Figure, Pairs, at_least, at_most
from benchmarks.postgresql import Cluster
from tests.databases import Databases


@pytest.fixture(scope="module")
def bench(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("benchmarks")
    cluster = Cluster(databases.server_url, None, folder)
    yield Bench(cluster, folder, TOY)
    cluster.stop()


@pytest.mark.parametrize(
    "module",
    [
        allocation,
        batch,
        hot_mediator,
        takeover,
        *(
            pytest.param(module, marks=pytest.mark.deep)
            for module in (
                arrival,
                clearing,
                printing,
                redemption,
                register,
                report_pages,
                role_pages,
                sealing,
                serials,
            )
        ),
    ],
)
def test_a_benchmark_measures_what_it_says(bench: Bench, module: object) -> None:
    figures: list[Figure] = module.measure(bench)  # type: ignore[attr-defined]  # one of the above

    assert figures
    assert all(figure.value >= 0 for figure in figures)


def test_a_figure_says_whether_its_target_is_met_and_by_how_much_it_is_missed() -> None:
    assert Figure("rate", 0.5, target=at_least(0.5)).verdict == "met"
    assert Figure("rate", 0.25, target=at_least(0.5)).verdict == "missed: 0.50 of the target"
    assert Figure("time", 3, "s", at_most(2)).verdict == "missed: 1.50 of the target"
    assert Figure("time", 3, "s").verdict == ""
    assert Figure("left out", 3, target=at_most(0)).verdict == "missed"


def test_a_ratio_is_the_median_of_neighbours_and_not_the_ratio_of_medians() -> None:
    pairs = Pairs(measured=[10, 20, 90], reference=[20, 40, 100])

    assert pairs.ratio == 0.5
    assert Bound.AT_LEAST.value == "≥"
